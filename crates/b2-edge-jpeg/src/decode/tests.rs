//! Complete files: the vectors of this repository, whole, cut off and changed.

use std::ops::ControlFlow;

use super::*;
use crate::header::{memory, read_header};

macro_rules! vectors {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_bytes!(concat!("../../vectors/", $name)).as_slice())),*]
    };
}

const VECTORS: [(&str, &[u8]); 14] = vectors![
    "16-bit-tables.jpg",
    "411.jpg",
    "420-progressive.jpg",
    "420-three-scans.jpg",
    "420.jpg",
    "422-restart.jpg",
    "440.jpg",
    "444-optimized.jpg",
    "444-progressive-restart.jpg",
    "cmyk.jpg",
    "grey.jpg",
    "rgb.jpg",
    "uneven.jpg",
    "ycck.jpg",
];
const CHECKSUMS: &str = include_str!("../../vectors/checksums.txt");
const ARITHMETIC: &[u8] = include_bytes!("../../vectors/arithmetic.jpg");

const LIMITS: Limits = Limits {
    pixels: 1 << 20,
    scans: 20,
    memory: 16 << 20,
};

fn vector(name: &str) -> Vec<u8> {
    let (_, file) = VECTORS
        .iter()
        .find(|(other, _)| *other == name)
        .expect("a vector");
    file.to_vec()
}

fn decoded(file: &[u8], scale: Scale) -> Result<Decoded, Error> {
    decode(file, scale, &LIMITS, &mut |_| ControlFlow::Continue(()))
}

/// FNV-1a.
fn checksum(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What djpeg writes for a picture.
fn as_djpeg(picture: &Decoded) -> Vec<u8> {
    if picture.channels != 4 {
        return picture.pixels.clone();
    }
    let light = |ink: u8| 255 - u32::from(ink);
    let rgb = picture
        .pixels
        .as_chunks()
        .0
        .iter()
        .flat_map(|&[c, m, y, k]| {
            [c, m, y].map(|ink| (light(ink) * light(k) * 2 + 255) / (255 * 2))
        });
    rgb.map(|level| u8::try_from(level).expect("a byte"))
        .collect()
}

/// The index of the first marker of a kind.
fn find(file: &[u8], marker: u8) -> usize {
    let pairs = file.windows(2);
    pairs
        .into_iter()
        .position(|pair| pair == [0xff, marker])
        .expect("the marker")
}

#[test]
fn the_vectors_have_the_pixels_of_djpeg() {
    let lines: Vec<_> = CHECKSUMS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    assert_eq!(lines.len(), VECTORS.len());
    for line in lines {
        let mut words = line.split(' ');
        let name = words.next().expect("a name");
        for scale in Scale::ALL {
            let picture = decoded(&vector(name), scale).expect("a picture");
            let sum = format!("{:016x}", checksum(as_djpeg(&picture).into_iter()));
            assert_eq!(words.next(), Some(sum.as_str()), "{name} at {scale:?}");
        }
    }
}

#[test]
fn the_header_says_what_is_decoded() {
    let cases = [
        ("420.jpg", Color::YCbCr, false),
        ("420-progressive.jpg", Color::YCbCr, true),
        ("grey.jpg", Color::Grey, false),
        ("rgb.jpg", Color::Rgb, false),
        ("cmyk.jpg", Color::Cmyk, false),
        ("ycck.jpg", Color::Ycck, false),
    ];
    for (name, color, is_progressive) in cases {
        let file = vector(name);
        let header = read_header(&file).expect("a header");
        assert_eq!(
            (header.color, header.is_progressive),
            (color, is_progressive),
            "{name}"
        );
        for scale in Scale::ALL {
            let picture = decoded(&file, scale).expect("a picture");
            let scaled = |length| usize::try_from(scale.apply(length)).expect("small");
            assert_eq!(picture.width, scaled(header.width), "{name} at {scale:?}");
            assert_eq!(picture.height, scaled(header.height), "{name} at {scale:?}");
            assert_eq!(picture.channels, color.channels(), "{name}");
            let pixels = picture.width * picture.height * picture.channels;
            assert_eq!(picture.pixels.len(), pixels, "{name} at {scale:?}");
        }
    }
}

#[test]
fn the_true_size_is_the_one_in_the_header_times_the_scale() {
    let picture = decoded(&vector("420.jpg"), Scale::Eighth).expect("a picture");
    assert_eq!((picture.width, picture.height), (6, 4));
    let size = (picture.true_width, picture.true_height);
    assert_eq!(size, (41.0 / 8.0, 27.0 / 8.0));
}

#[test]
fn a_file_that_is_cut_off_is_an_error_at_every_length() {
    for (name, file) in VECTORS {
        let is_progressive = read_header(file).expect("a header").is_progressive;
        // Only the EOI marker can be absent, and only if nothing could have followed.
        let complete = if is_progressive {
            file.len()
        } else {
            file.len() - 2
        };
        for length in 0..complete {
            for scale in [Scale::Eighth, Scale::Full] {
                let outcome = decoded(&file[..length], scale);
                assert_eq!(
                    outcome,
                    Err(Error::Truncated),
                    "{length} bytes of {name} at {scale:?}"
                );
            }
        }
        for length in complete..file.len() {
            let outcome = decoded(&file[..length], Scale::Eighth);
            assert!(outcome.is_ok(), "{length} bytes of {name}: {outcome:?}");
        }
    }
}

#[test]
fn a_file_that_is_cut_off_and_ended_is_an_error() {
    let file = vector("420.jpg");
    for length in find(&file, marker::SOS) + 14..file.len() - 3 {
        let ended = [&file[..length], &[0xff, marker::EOI]].concat();
        let outcome = decoded(&ended, Scale::Eighth);
        // After a byte of 0xff, the marker is stuffed.
        let is_error = matches!(outcome, Err(Error::Corrupt(_) | Error::Truncated));
        assert!(is_error, "{length} bytes: {outcome:?}");
    }
}

#[test]
fn oddities_without_harm_are_accepted() {
    let file = vector("422-restart.jpg");
    let expected = decoded(&file, Scale::Full);
    let table = find(&file, marker::DQT);
    let restart = find(&file, marker::RST0);
    let end = file.len() - 2;
    let with = |at: usize, bytes: &[u8]| [&file[..at], bytes, &file[at..]].concat();
    let cases = [
        ("bytes after the end", with(file.len(), b"more")),
        ("fill bytes before a segment", with(table, &[0xff; 3])),
        (
            "fill bytes before a restart marker",
            with(restart, &[0xff; 3]),
        ),
        ("bytes between segments", with(table, b"--")),
        ("a few bytes after a scan", with(end, &[0; 3])),
        ("a restart marker after a scan", with(end, &[0xff, 0xd0])),
        (
            "a segment of an application",
            with(table, b"\xff\xe5\0\x05abc"),
        ),
    ];
    for (name, changed) in cases {
        assert_eq!(decoded(&changed, Scale::Full), expected, "{name}");
    }
}

#[test]
fn what_contradicts_itself_is_corrupt() {
    let file = vector("422-restart.jpg");
    let without = |marker| {
        let at = find(&file, marker);
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        [&file[..at], &file[at + 2 + length..]].concat()
    };
    let changed = |at: usize, byte: u8| {
        let mut file = file.clone();
        file[at] = byte;
        file
    };
    let (frame, scan) = (find(&file, marker::SOF0), find(&file, marker::SOS));
    let restart = find(&file, marker::RST0);
    let end = file.len() - 2;
    let cases = [
        ("no quantization table", without(marker::DQT)),
        ("no Huffman table", without(marker::DHT)),
        ("no restart interval", without(marker::DRI)),
        ("no frame", without(marker::SOF0)),
        ("no scan", [&file[..scan], &file[end..]].concat()),
        (
            "another restart marker",
            changed(restart + 1, marker::RST0 + 1),
        ),
        (
            "no restart marker",
            [&file[..restart], &file[restart + 2..]].concat(),
        ),
        ("an unknown component", changed(scan + 5, 9)),
        ("a width of 0", {
            let mut file = changed(frame + 7, 0);
            file[frame + 8] = 0;
            file
        }),
        (
            "two frames",
            [&file[..scan], &file[frame..frame + 19], &file[scan..]].concat(),
        ),
        (
            "a scan that continues",
            [&file[..end], &[0x55; 4], &file[end..]].concat(),
        ),
    ];
    for (name, changed) in cases {
        let outcome = decoded(&changed, Scale::Eighth);
        assert!(
            matches!(outcome, Err(Error::Corrupt(_))),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn every_component_needs_a_scan() {
    for name in ["420-three-scans.jpg", "444-progressive-restart.jpg"] {
        let mut file = vector(name);
        let scan = find(&file, marker::SOS);
        // The first scan of the first component, or of all three: it becomes one of a single component.
        let next = file[scan + 2..]
            .windows(2)
            .position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff));
        file.truncate(scan + 2 + next.expect("another segment"));
        if name.contains("progressive") {
            let at = scan + 4;
            assert_eq!(file[at], 3);
            file.drain(at + 3..at + 7);
            file[at] = 1;
            file[at - 1] = 8;
        }
        file.extend([0xff, marker::EOI]);
        let outcome = decoded(&file, Scale::Eighth);
        assert!(
            matches!(outcome, Err(Error::Corrupt(_))),
            "{name}: {outcome:?}"
        );
    }
}

#[test]
fn a_progressive_file_can_end_after_its_first_scan() {
    let mut file = vector("420-progressive.jpg");
    let first = find(&file, marker::SOS);
    let second = first + 2 + find(&file[first + 2..], marker::SOS);
    // Its Huffman table comes before it.
    let table = first + find(&file[first..second], marker::DHT);
    file.truncate(table);
    assert_eq!(decoded(&file, Scale::Full), Err(Error::Truncated));
    file.extend([0xff, marker::EOI]);
    let picture = decoded(&file, Scale::Full).expect("a picture");
    // Blocks without AC coefficients are flat.
    assert_eq!(picture.pixels[0..3], picture.pixels[3 * 7..3 * 8]);
}

#[test]
fn what_is_not_implemented_is_named() {
    assert_eq!(
        decoded(ARITHMETIC, Scale::Full),
        Err(Error::Unsupported("arithmetic coding"))
    );
    assert_eq!(
        read_header(ARITHMETIC),
        Err(Error::Unsupported("arithmetic coding"))
    );
}

#[test]
fn limits_come_before_pixels() {
    let mut file = vector("420-progressive.jpg");
    let scans = Limits { scans: 3, ..LIMITS };
    let outcome = decode(&file, Scale::Full, &scans, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(outcome, Err(Error::Limit("scans")));
    let frame = find(&file, marker::SOF2);
    let size = 65_500_u16.to_be_bytes();
    file[frame + 5..frame + 9].copy_from_slice(&[size, size].concat());
    let header = read_header(&file).expect("a header");
    for scale in Scale::ALL {
        assert_eq!(
            decoded(&file, scale),
            Err(Error::Limit("pixels")),
            "{scale:?}"
        );
        let needed = memory(&header, scale);
        assert!(needed > 65_500 * 65_500 / 64 * 3, "{scale:?}: {needed}");
        let limits = Limits {
            pixels: u64::MAX,
            memory: needed - 1,
            ..LIMITS
        };
        let outcome = decode(&file, scale, &limits, &mut |_| ControlFlow::Continue(()));
        assert_eq!(outcome, Err(Error::Limit("memory")), "{scale:?}");
    }
}

#[test]
fn the_caller_follows_and_stops_decoding() {
    for (name, file) in VECTORS {
        let mut seen = Vec::new();
        let outcome = decode(file, Scale::Quarter, &LIMITS, &mut |progress| {
            seen.push(progress);
            ControlFlow::Continue(())
        });
        assert!(outcome.is_ok(), "{name}: {outcome:?}");
        assert!(
            seen.is_sorted_by_key(|progress| progress.done),
            "{name}: {seen:?}"
        );
        let last = seen.last().expect("a call");
        assert_eq!((last.done, last.total), (file.len(), file.len()), "{name}");
        for stop in 0..seen.len() {
            let mut calls = 0;
            let outcome = decode(file, Scale::Quarter, &LIMITS, &mut |_| {
                calls += 1;
                if calls > stop {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert_eq!(outcome, Err(Error::Stopped), "{name}");
            assert_eq!(calls, stop + 1, "{name}");
        }
    }
}

#[test]
fn changed_files_are_pictures_or_errors() {
    let mut state = 1_u32;
    let mut random = move |end: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % end
    };
    let count = 50_000;
    let mut pictures = 0;
    for (name, original) in VECTORS.iter().cycle().take(count) {
        let mut file = original.to_vec();
        for _ in 0..=random(4) {
            let at = random(file.len());
            match random(6) {
                0 => file[at] = [0, 0xff, 0x7f, 0x80][random(4)],
                1 => file[at] ^= 1 << random(8),
                2 => file[at] = u8::try_from(random(256)).expect("a byte"),
                3 => drop(file.drain(at..(at + random(9)).min(file.len()))),
                4 => {
                    let copied = file[at..(at + random(40)).min(file.len())].to_vec();
                    let to = random(file.len());
                    file.splice(to..to, copied);
                }
                // Headers are a small part of the file.
                _ => {
                    let at = find(&file, marker::SOI) + random(file.len().min(700));
                    file[at] = u8::try_from(random(256)).expect("a byte");
                }
            }
            if !file.starts_with(&[0xff, marker::SOI]) {
                file = original.to_vec();
            }
        }
        let scale = Scale::ALL[random(4)];
        if let Ok(picture) = decoded(&file, scale) {
            let pixels = picture.width * picture.height * picture.channels;
            assert_eq!(picture.pixels.len(), pixels, "{name}");
            pictures += 1;
        }
    }
    // Neither all: most changes are errors. Nor none: the changes are small.
    assert!(
        (count / 50..count * 9 / 10).contains(&pictures),
        "{pictures} of {count}"
    );
}

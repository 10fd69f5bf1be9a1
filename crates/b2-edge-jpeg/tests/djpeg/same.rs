//! The same pixels as djpeg, at all scales.

use std::ops::ControlFlow;

use b2_edge_jpeg::{Limits, Scale, decode};

use crate::pictures::{Content, draw};
use crate::programs::{Picture, cjpeg, djpeg};

const LIMITS: Limits = Limits {
    pixels: 1 << 30,
    scans: 100,
    memory: 1 << 30,
};

const SCALES: [(Scale, &str); 4] = [
    (Scale::Eighth, "1/8"),
    (Scale::Quarter, "1/4"),
    (Scale::Half, "1/2"),
    (Scale::Full, "1/1"),
];

fn decoded(file: &[u8], scale: Scale) -> Picture {
    let decoded = decode(file, scale, &LIMITS, &mut |_| ControlFlow::Continue(()));
    Picture::new(decoded.expect("a picture"))
}

/// Mean and maximum difference of two pictures.
fn difference(one: &Picture, other: &Picture) -> (f64, u8) {
    let size = |picture: &Picture| (picture.width, picture.height, picture.channels);
    assert_eq!(size(one), size(other));
    let differences = one
        .pixels
        .iter()
        .zip(&other.pixels)
        .map(|(a, b)| a.abs_diff(*b));
    let sum: u64 = differences.clone().map(u64::from).sum();
    #[expect(clippy::cast_precision_loss, reason = "the pictures are small")]
    let mean = sum as f64 / one.pixels.len() as f64;
    (mean, differences.max().unwrap_or_default())
}

fn check(picture: &Picture, args: &str, name: &str) {
    let file = cjpeg(picture, args);
    for (scale, of_djpeg) in SCALES {
        let expected = djpeg(&file, of_djpeg).expect("djpeg decodes it");
        let (mean, max) = difference(&decoded(&file, scale), &expected);
        assert!(
            max == 0,
            "{name}, cjpeg {args}, at {of_djpeg}: mean difference {mean}, maximum {max}"
        );
    }
}

#[test]
fn kinds_of_files_are_decoded_like_djpeg() {
    let kinds = [
        "-quality 30",
        "-quality 75",
        "-quality 100",
        "-quality 90 -optimize",
        "-quality 85 -grayscale",
        "-quality 85 -grayscale -progressive",
        "-quality 85 -rgb",
        "-quality 85 -rgb -progressive",
        "-quality 85 -progressive",
        "-quality 98 -progressive",
        "-quality 85 -restart 1",
        "-quality 85 -restart 7B",
        "-quality 85 -restart 3B -progressive",
        "-quality 85 -baseline -quality 5",
        "-quality 3",
    ];
    for content in Content::ALL {
        let picture = draw(content, 150, 117);
        for kind in kinds {
            check(&picture, kind, &format!("{content:?}"));
        }
    }
}

#[test]
fn sampling_factors_are_decoded_like_djpeg() {
    let factors = [
        "1x1",
        "2x1",
        "1x2",
        "2x2",
        "4x1",
        "1x4",
        "4x2",
        "2x4",
        "2x2,1x2,2x1",
        "2x2,2x1,1x1",
        "1x1,2x2,1x1",
        "4x1,2x1,1x1",
        "2x1,1x1,2x1",
    ];
    for content in Content::ALL {
        let picture = draw(content, 93, 70);
        for factors in factors {
            for kind in ["-quality 90", "-quality 90 -progressive"] {
                let args = format!("{kind} -sample {factors}");
                check(&picture, &args, &format!("{content:?}"));
            }
        }
    }
}

#[test]
fn small_and_odd_sizes_are_decoded_like_djpeg() {
    for size in 1..=40 {
        for (width, height) in [(size, 41 - size), (size, size), (1, size), (size, 2)] {
            let picture = draw(Content::Photograph, width, height);
            for args in [
                "-quality 90 -sample 2x2",
                "-quality 90 -sample 2x1 -progressive",
                "-quality 90 -sample 1x2",
            ] {
                check(&picture, args, &format!("{width} × {height}"));
            }
        }
    }
}

//! Sources that are truncated, corrupt or too large: an error, never a part of a picture, and never a panic.

use std::ops::ControlFlow;

use b2_edge_render::{
    Excess, Format, Kind, Limits, NoImage, RenderError, Request, Step, inspect, render,
};

use crate::corpus::{
    Jpeg, Picture, QUARTERS, gif, jpeg, png, png_palette, png_with, png16, webp, webp_animated,
};
use crate::support::{inside, rendered, with_limits};

fn sources() -> Vec<(&'static str, Vec<u8>)> {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let progressive = Jpeg {
        is_progressive: true,
        ..Jpeg::default()
    };
    vec![
        ("JPEG", jpeg(&picture.rgb(), &Jpeg::default())),
        ("progressive JPEG", jpeg(&picture.rgb(), &progressive)),
        ("PNG", png(&picture)),
        ("PNG with 16 bits", png16(&picture.rgb())),
        ("PNG with a palette", png_palette(&picture, QUARTERS, true)),
        (
            "interlaced PNG",
            include_bytes!("../data/interlaced.png").to_vec(),
        ),
        ("WebP", webp(&picture)),
        (
            "animated WebP",
            webp_animated(&[picture.clone(), picture.clone()]),
        ),
        ("GIF", gif(std::slice::from_ref(&picture))),
        ("animated GIF", gif(&[picture.clone(), picture])),
    ]
}

#[test]
fn a_source_that_is_cut_off_anywhere_is_broken() {
    for (name, source) in sources() {
        let complete = rendered(&source, &inside(20), None);
        assert!(complete.is_ok(), "{name}: {complete:?}");
        // A JPEG whose last scan is complete is complete, also without the marker of its end.
        let end = source.len() - if name.contains("JPEG") { 2 } else { 0 };
        for length in 0..end {
            match rendered(&source[..length], &inside(20), None) {
                Err(RenderError::Broken(..)) => {}
                Err(RenderError::Unsupported(_)) if length < 12 => {}
                other => panic!("{name}, {length} of {end} bytes: {other:?}"),
            }
        }
    }
}

#[test]
fn a_png_with_a_wrong_checksum_is_broken() {
    let source = png(&Picture::quarters(60, 40, QUARTERS));
    let start = source
        .windows(4)
        .position(|window| window == b"IDAT")
        .expect("pixels");
    let length = u32::from_be_bytes(source[start - 4..start].try_into().expect("four bytes"));
    for (name, position) in [
        ("IHDR", 29),
        ("IDAT", start + 4 + length as usize),
        ("pixels", start + 10),
    ] {
        let mut source = source.clone();
        source[position] ^= 1;
        let result = rendered(&source, &inside(20), None);
        assert!(
            matches!(result, Err(RenderError::Broken(Kind::Png, _))),
            "{name}: {result:?}"
        );
    }
}

/// Found by changing sources at random: the decoder panicked.
#[test]
fn a_palette_that_does_not_consist_of_colours_is_broken() {
    for bytes in [0, 1, 4, 13, 3 * 257] {
        let picture = Picture::quarters(60, 40, QUARTERS).grey();
        let black = Picture {
            data: vec![0; picture.data.len()],
            ..picture
        };
        let source = png_with(&black, |info| {
            info.color_type = png::ColorType::Indexed;
            info.palette = Some(vec![0; bytes].into());
        });
        let result = rendered(&source, &inside(20), None);
        assert!(
            matches!(result, Err(RenderError::Broken(Kind::Png, _))),
            "{bytes} bytes: {result:?}"
        );
    }
}

#[test]
fn what_is_not_an_image_is_unsupported() {
    for (source, reason) in [
        (&b""[..], "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", "avif"),
        (b"hello, world", "not_an_image"),
    ] {
        let error = rendered(source, &inside(20), None).expect_err(reason);
        assert!(matches!(error, RenderError::Unsupported(_)), "{error:?}");
        assert_eq!(error.reason(), reason);
    }
    let mut lossless = jpeg(&Picture::quarters(60, 40, QUARTERS).rgb(), &Jpeg::default());
    let frame = lossless
        .windows(2)
        .position(|window| window == [0xff, 0xc0])
        .expect("a frame");
    lossless[frame + 1] = 0xc3;
    let error = rendered(&lossless, &inside(20), None);
    assert!(
        matches!(
            error,
            Err(RenderError::Unsupported(NoImage::JpegProcess(_)))
        ),
        "{error:?}"
    );
}

/// The sides in the header of each type are replaced by the largest ones.
#[test]
fn a_header_with_gigantic_sides_is_too_large() {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let mut giant = jpeg(&picture.rgb(), &Jpeg::default());
    let frame = giant
        .windows(2)
        .position(|window| window == [0xff, 0xc0])
        .expect("a frame");
    giant[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    let png = png_with(
        &Picture {
            width: 16_384,
            height: 16_384,
            channels: 1,
            data: vec![0; 16_384 * 16_384 / 8],
        },
        |info| info.bit_depth = png::BitDepth::One,
    );
    let mut webp = webp(&picture);
    webp[21..25].copy_from_slice(&[0xff, 0xff, 0xff, 0x0f]);
    let mut gif_screen = gif(std::slice::from_ref(&picture));
    gif_screen[6..10].copy_from_slice(&[0xff; 4]);
    let mut gif_frame = gif(&[picture]);
    let frame = gif_frame
        .windows(10)
        .position(|window| window == [0x2c, 0, 0, 0, 0, 60, 0, 40, 0, 0x81])
        .expect("a frame");
    gif_frame[frame + 5..frame + 9].copy_from_slice(&[0xff; 4]);
    for (name, source) in [
        ("JPEG", giant),
        ("PNG", png),
        ("WebP", webp),
        ("screen of a GIF", gif_screen),
        ("frame of a GIF", gif_frame),
    ] {
        for limits in [Limits::guest(), Limits::service()] {
            let result = with_limits(&source, &inside(20), None, &limits);
            let expected = RenderError::TooLarge(Excess::Pixels);
            assert_eq!(result, Err(expected), "{name}");
        }
    }
}

#[test]
fn a_limit_is_what_may_just_be() {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let pixels = 60 * 40;
    for (name, source) in [
        ("JPEG", jpeg(&picture.rgb(), &Jpeg::default())),
        ("PNG", png(&picture)),
        ("WebP", webp(&picture)),
        ("GIF", gif(std::slice::from_ref(&picture))),
    ] {
        let limits = |pixels, bytes, decoded| Limits {
            source_bytes: bytes,
            jpeg_pixels: pixels,
            png_pixels: pixels,
            webp_pixels: pixels,
            gif_pixels: pixels,
            decoded_pixels: decoded,
            ..Limits::service()
        };
        let bytes = source.len();
        for (limits, expected) in [
            (limits(pixels, bytes, pixels), None),
            (limits(pixels - 1, bytes, pixels), Some(Excess::Pixels)),
            (limits(pixels, bytes - 1, pixels), Some(Excess::Bytes)),
            (limits(pixels, bytes, pixels - 1), Some(Excess::Pixels)),
        ] {
            // Half of the size needs the JPEG at its full size, too.
            let result = with_limits(&source, &inside(30), None, &limits);
            let expected = expected.map(RenderError::TooLarge);
            assert_eq!(result.err(), expected, "{name}");
        }
    }
}

#[test]
fn only_what_is_decoded_of_a_jpeg_counts() {
    let picture = Picture::quarters(640, 480, QUARTERS).rgb();
    let limits = Limits {
        decoded_pixels: 80 * 60,
        ..Limits::service()
    };
    let source = jpeg(&picture, &Jpeg::default());
    assert!(with_limits(&source, &inside(66), None, &limits).is_ok());
    let result = with_limits(&source, &inside(67), None, &limits);
    assert_eq!(result, Err(RenderError::TooLarge(Excess::Pixels)));
}

/// An iCCP chunk of a few kilobytes that is decompressed to a gigabyte counts as no profile.
#[test]
fn a_profile_is_decompressed_up_to_a_limit() {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let bomb = png_with(&picture, |info| {
        info.icc_profile = Some(vec![0; 64 << 20].into());
    });
    assert!(bomb.len() < 1 << 20);
    assert!(rendered(&bomb, &inside(20), None).is_ok());
}

#[test]
fn of_many_frames_one_is_decoded() {
    let picture = Picture::quarters(2, 2, QUARTERS);
    let source = gif(&vec![picture; 10_000]);
    let info = inspect(&source).expect("a header");
    assert!(info.is_animated);
    assert!(rendered(&source, &inside(20), None).is_ok());
}

#[test]
fn the_caller_stops_a_rendering_at_every_step() {
    for (name, source) in sources() {
        let preset = inside(20);
        let limits = Limits::service();
        let request = Request {
            source: &source,
            preset: &preset,
            format: Some(Format::Jpeg),
            limits: &limits,
        };
        let mut calls = Vec::new();
        let result = render(&request, &mut |progress| {
            calls.push(progress);
            ControlFlow::Continue(())
        });
        assert!(result.is_ok(), "{name}");
        let steps: Vec<Step> = calls.iter().map(|progress| progress.step).collect();
        assert!(steps.is_sorted(), "{name}: {steps:?}");
        for step in [Step::Decode, Step::Resize, Step::Finish, Step::Encode] {
            assert!(steps.contains(&step), "{name}: {step:?}");
        }
        for pair in calls.windows(2) {
            assert!(
                pair[1].remaining_vcpu_ms <= pair[0].remaining_vcpu_ms,
                "{name}: {pair:?}"
            );
        }
        for stop in 0..calls.len() {
            let mut call = 0;
            let result = render(&request, &mut |_| {
                call += 1;
                if call > stop {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            assert_eq!(result, Err(RenderError::Stopped), "{name}, call {stop}");
            assert_eq!(call, stop + 1, "{name}: it is not called again");
        }
    }
}

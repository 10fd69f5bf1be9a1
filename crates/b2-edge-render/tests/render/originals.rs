//! When the source itself is the result, and what of it.

use b2_edge_core::images::preset::Animated;
use b2_edge_render::{Format, MediaType};

use crate::corpus::{
    Jpeg, Picture, QUARTERS, exif, gif, jpeg, png_with, webp_animated, webp_extended, webp_pixels,
};
use crate::support::{decoded, inside, rendered};

fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

/// A segment with a comment after the first marker of a JPEG.
fn with_comment(file: &[u8]) -> Vec<u8> {
    [&file[..2], b"\xff\xfe\0\x08secret", &file[2..]].concat()
}

#[test]
fn a_variant_that_would_only_be_larger_is_the_source_without_metadata() {
    let picture = Picture::textured(60, 40);
    let plain = jpeg(&picture, &Jpeg::default());
    let options = Jpeg {
        orientation: Some(1),
        ..Jpeg::default()
    };
    let mut preset = inside(60);
    // Larger than the source, which has a quality of 95.
    preset.quality = 100;
    let source = with_comment(&jpeg(&picture, &options));
    let variant = rendered(&source, &preset, None).expect("a variant");
    assert!(variant.is_original);
    assert_eq!(variant.format, MediaType::Jpeg);
    assert_eq!((variant.width, variant.height), (60, 40));
    assert_eq!(variant.bytes, plain);

    for (name, source, preset, format) in [
        ("another size", source.clone(), inside(59), None),
        (
            "fewer bytes",
            source.clone(),
            {
                let mut preset = inside(60);
                preset.quality = 10;
                preset
            },
            None,
        ),
        ("another format", source, preset.clone(), Some(Format::Png)),
        (
            "turned",
            jpeg(
                &picture,
                &Jpeg {
                    orientation: Some(3),
                    ..Jpeg::default()
                },
            ),
            preset,
            None,
        ),
    ] {
        let variant = rendered(&source, &preset, format).expect(name);
        assert!(!variant.is_original, "{name}");
        assert!(!contains(&variant.bytes, b"Exif"), "{name}");
        assert!(!contains(&variant.bytes, b"secret"), "{name}");
    }
}

#[test]
fn a_png_that_is_passed_on_is_the_same_picture() {
    let picture = Picture::quarters(60, 40, QUARTERS).rgb();
    let source = png_with(&picture, |info| {
        info.exif_metadata = Some(exif(1).into());
        info.uncompressed_latin1_text
            .push(png::text_metadata::TEXtChunk {
                keyword: "Author".to_owned(),
                text: "secret".to_owned(),
            });
    });
    assert!(contains(&source, b"secret") && contains(&source, b"eXIf"));
    let mut preset = inside(60);
    preset.quality = 100;
    let variant = rendered(&source, &preset, Some(Format::Png)).expect("a variant");
    assert!(!contains(&variant.bytes, b"secret") && !contains(&variant.bytes, b"eXIf"));
    assert_eq!(decoded(&variant), picture);
    assert!(variant.bytes.len() <= source.len());
}

#[test]
fn an_animated_source_is_passed_on_if_the_preset_says_so() {
    let first = Picture::quarters(60, 40, QUARTERS);
    let second = Picture::quarters(60, 40, [[0, 0, 0, 255]; 4]);
    let frames = [first.clone(), second];
    let mut preset = inside(20);
    preset.animated = Animated::Original;
    let animated_gif = gif(&frames);
    let comment = b"\x21\xfe\x06secret\0";
    let with_comment = [&animated_gif[..animated_gif.len() - 1], comment, b";"].concat();
    let animated_webp = webp_animated(&frames);
    for (name, source, expected, media_type) in [
        ("GIF", with_comment, Some(animated_gif), MediaType::Gif),
        (
            "WebP",
            animated_webp.clone(),
            Some(animated_webp),
            MediaType::Webp,
        ),
        ("APNG", apng(&first.rgb()), None, MediaType::Png),
    ] {
        for format in [None, Some(Format::Jpeg), Some(Format::Avif)] {
            let variant = rendered(&source, &preset, format).expect(name);
            assert!(variant.is_original, "{name}");
            assert_eq!(variant.format, media_type, "{name}");
            assert_eq!((variant.width, variant.height), (60, 40), "{name}");
            assert_eq!(
                &variant.bytes,
                expected.as_ref().unwrap_or(&source),
                "{name}"
            );
        }
        let variant = rendered(&source, &inside(20), None).expect(name);
        assert!(!variant.is_original, "{name}");
        assert_eq!((variant.width, variant.height), (20, 13), "{name}");
    }
}

#[test]
fn a_source_with_one_frame_is_never_passed_on_for_being_animated() {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let mut preset = inside(20);
    preset.animated = Animated::Original;
    for source in [
        gif(std::slice::from_ref(&picture)),
        webp_animated(&[picture]),
    ] {
        let variant = rendered(&source, &preset, None).expect("a variant");
        assert!(!variant.is_original);
    }
}

#[test]
fn a_webp_that_is_passed_on_has_no_metadata() {
    let picture = Picture::quarters(60, 40, QUARTERS);
    let pixels = webp_pixels(&picture);
    let source = webp_extended(
        &picture,
        0x18,
        &[
            (b"VP8L", &pixels),
            (b"EXIF", &exif(1)),
            (b"XMP ", b"secret"),
        ],
    );
    let variant = rendered(&source, &inside(60), Some(Format::Webp));
    if b2_edge_render::can_encode(Format::Webp) {
        let variant = variant.expect("a variant");
        assert!(!contains(&variant.bytes, b"EXIF") && !contains(&variant.bytes, b"secret"));
    } else {
        assert!(variant.is_err());
    }
}

/// A PNG with two frames of the same picture.
fn apng(picture: &Picture) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, 60, 40);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_animated(2, 0).expect("two frames");
    let mut writer = encoder.write_header().expect("a header");
    for _ in 0..2 {
        writer.write_image_data(&picture.data).expect("a frame");
    }
    writer.finish().expect("an end");
    file
}

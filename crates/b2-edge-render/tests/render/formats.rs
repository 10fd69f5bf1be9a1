//! Every type of source, with the size, the format and the colours of its variant.

use b2_edge_core::images::preset::{Background, Fit};
use b2_edge_render::{Format, Lack, MediaType, Preset, RenderError};
use jpeg_encoder::{ColorType, SamplingFactor};

use crate::corpus::{
    Jpeg, MIDDLES, Picture, QUARTERS, gif, jpeg, png, png_palette, png_with, png16, webp,
    webp_animated, webp_extended,
};
use crate::support::{assert_color, decoded, inside, rendered};

/// Quarters of which one is transparent and one is translucent.
const TRANSLUCENT: [[u8; 4]; 4] = [
    QUARTERS[0],
    [40, 180, 60, 0],
    [50, 60, 210, 128],
    QUARTERS[3],
];

fn opaque() -> Picture {
    Picture::quarters(96, 64, QUARTERS)
}

fn translucent() -> Picture {
    Picture::quarters(96, 64, TRANSLUCENT)
}

/// The colours of quarters in grey, as [`Picture::grey`] makes them.
fn grey(colors: [[u8; 4]; 4]) -> [[u8; 4]; 4] {
    colors.map(|[_, green, _, alpha]| [green, green, green, alpha])
}

#[test]
fn an_opaque_source_becomes_a_jpeg_with_its_colours() {
    let other = Picture::quarters(96, 64, [[0, 0, 0, 255]; 4]);
    let options = Jpeg::default;
    for (name, source, colors) in [
        ("JPEG", jpeg(&opaque().rgb(), &options()), QUARTERS),
        (
            "progressive JPEG",
            jpeg(
                &opaque().rgb(),
                &Jpeg {
                    is_progressive: true,
                    ..options()
                },
            ),
            QUARTERS,
        ),
        (
            "JPEG with all of its colours",
            jpeg(
                &opaque().rgb(),
                &Jpeg {
                    sampling: SamplingFactor::R_4_4_4,
                    ..options()
                },
            ),
            QUARTERS,
        ),
        (
            "grey JPEG",
            jpeg(
                &opaque().grey(),
                &Jpeg {
                    color: ColorType::Luma,
                    ..options()
                },
            ),
            grey(QUARTERS),
        ),
        ("PNG", png(&opaque().rgb()), QUARTERS),
        ("PNG with opaque alpha", png(&opaque()), QUARTERS),
        ("grey PNG", png(&opaque().grey()), grey(QUARTERS)),
        (
            "grey PNG with opaque alpha",
            png(&opaque().grey_alpha()),
            grey(QUARTERS),
        ),
        ("PNG with 16 bits", png16(&opaque().rgb()), QUARTERS),
        (
            "PNG with a palette",
            png_palette(&opaque(), QUARTERS, false),
            QUARTERS,
        ),
        ("WebP", webp(&opaque().rgb()), QUARTERS),
        ("WebP with opaque alpha", webp(&opaque()), QUARTERS),
        ("GIF", gif(&[opaque()]), QUARTERS),
        ("animated GIF", gif(&[opaque(), other.clone()]), QUARTERS),
        ("animated WebP", webp_animated(&[opaque(), other]), QUARTERS),
    ] {
        let variant = rendered(&source, &inside(48), None).expect(name);
        assert_eq!(
            (variant.format, variant.width, variant.height),
            (MediaType::Jpeg, 48, 32),
            "{name}"
        );
        assert!(!variant.is_original);
        let picture = decoded(&variant);
        assert_eq!((picture.width, picture.height), (48, 32), "{name}");
        for (at, color) in MIDDLES.into_iter().zip(colors) {
            assert_color(&picture, at, color, name);
        }
    }
}

#[test]
fn a_source_with_alpha_becomes_a_png_with_its_colours() {
    let palette = png_palette(&translucent(), TRANSLUCENT, true);
    for (name, source, colors) in [
        ("PNG", png(&translucent()), TRANSLUCENT),
        (
            "grey PNG",
            png(&translucent().grey_alpha()),
            grey(TRANSLUCENT),
        ),
        ("PNG with 16 bits", png16(&translucent()), TRANSLUCENT),
        ("PNG with a palette", palette, TRANSLUCENT),
        ("WebP", webp(&translucent()), TRANSLUCENT),
    ] {
        let variant = rendered(&source, &inside(48), None).expect(name);
        assert_eq!(variant.format, MediaType::Png, "{name}");
        let picture = decoded(&variant);
        for (at, color) in MIDDLES.into_iter().zip(colors) {
            // What is transparent has no colour.
            let color = if color[3] == 0 { [0; 4] } else { color };
            assert_color(&picture, at, color, name);
        }
        let flat = rendered(&source, &inside(48), Some(Format::Jpeg)).expect(name);
        assert_eq!(flat.format, MediaType::Jpeg, "{name}");
        let white = [255, 255, 255, 255];
        assert_color(&decoded(&flat), MIDDLES[1], white, "a JPEG is on white");
    }
}

#[test]
fn the_transparent_colour_of_a_gif_and_a_png_is_transparent() {
    let colors = [QUARTERS[0], [0, 0, 0, 0], QUARTERS[2], QUARTERS[3]];
    let picture = Picture::quarters(96, 64, colors);
    let key = png_with(&picture.rgb(), |info| {
        info.trns = Some(vec![0, 0, 0, 0, 0, 0].into());
    });
    for (name, source) in [("GIF", gif(std::slice::from_ref(&picture))), ("PNG", key)] {
        let variant = rendered(&source, &inside(48), None).expect(name);
        assert_eq!(variant.format, MediaType::Png, "{name}");
        for (at, color) in MIDDLES.into_iter().zip(colors) {
            assert_color(&decoded(&variant), at, color, name);
        }
    }
}

/// Without premultiplied alpha, the black of the transparent pixels would darken the edge.
#[test]
fn the_colour_of_transparent_pixels_does_not_show_at_edges() {
    let colors = [
        [250, 250, 250, 255],
        [0, 0, 0, 0],
        [250, 250, 250, 255],
        [0, 0, 0, 0],
    ];
    let picture = Picture::quarters(90, 90, colors);
    for source in [png(&picture), png(&picture.grey_alpha()), webp(&picture)] {
        let variant = rendered(&source, &inside(40), None).expect("a PNG");
        let picture = decoded(&variant);
        for pixel in picture.data.chunks_exact(picture.channels) {
            if pixel[picture.channels - 1] > 0 {
                assert!(pixel[0] >= 245, "{pixel:?}");
            }
        }
    }
}

#[test]
fn an_interlaced_png_is_the_same_picture() {
    let interlaced = include_bytes!("../data/interlaced.png");
    let plain = include_bytes!("../data/plain.png");
    let variant = |source| rendered(source, &inside(20), None).expect("a variant");
    assert_eq!(interlaced[28], 1);
    assert_eq!(plain[28], 0);
    assert_eq!(variant(interlaced), variant(plain));
}

/// Some encoders set the flag for alpha for all files.
#[test]
fn a_lossy_webp_that_only_claims_alpha_is_opaque() {
    let lossy = include_bytes!("../data/lossy.webp");
    let chunk = |kind: &[u8; 4]| {
        let start = lossy.windows(4).position(|window| window == kind)?;
        let length = u32::from_le_bytes(lossy[start + 4..start + 8].try_into().ok()?);
        lossy.get(start + 8..start + 8 + length as usize)
    };
    assert!(chunk(b"ALPH").is_some());
    let pixels = chunk(b"VP8 ").expect("pixels");
    let size = Picture::quarters(45, 37, QUARTERS);
    let source = webp_extended(&size, 0x10, &[(b"VP8 ", pixels)]);
    let with_alpha = rendered(lossy, &inside(20), None).expect("a variant");
    assert_eq!(with_alpha.format, MediaType::Png);
    let variant = rendered(&source, &inside(20), None).expect("a variant");
    assert_eq!(variant.format, MediaType::Jpeg);
}

#[test]
fn contain_puts_the_whole_picture_on_its_background() {
    let preset = |background| {
        Preset::new(Fit::Contain {
            width: 120,
            height: 40,
            background: Background(background),
        })
    };
    let source = png(&opaque().rgb());
    for (background, format, expected, media_type) in [
        (
            [200, 10, 30, 255],
            None,
            [200, 10, 30, 255],
            MediaType::Jpeg,
        ),
        ([200, 10, 30, 0], None, [200, 10, 30, 0], MediaType::Png),
        (
            [200, 10, 30, 0],
            Some(Format::Jpeg),
            [255, 255, 255, 255],
            MediaType::Jpeg,
        ),
    ] {
        let variant = rendered(&source, &preset(background), format).expect("a variant");
        assert_eq!(
            (variant.format, variant.width, variant.height),
            (media_type, 120, 40)
        );
        let picture = decoded(&variant);
        assert_eq!((picture.width, picture.height), (120, 40));
        // The picture is 60 × 40, in the middle.
        for (at, color) in [
            ((5, 50), expected),
            ((95, 50), expected),
            ((35, 25), QUARTERS[0]),
            ((65, 25), QUARTERS[1]),
            ((35, 75), QUARTERS[2]),
            ((65, 75), QUARTERS[3]),
        ] {
            assert_color(&picture, at, color, &format!("{background:?} {format:?}"));
        }
    }
}

#[test]
fn a_build_without_an_encoder_says_so() {
    for format in Format::ALL {
        let result = rendered(&png(&opaque()), &inside(48), Some(format));
        if b2_edge_render::can_encode(format) {
            assert_eq!(result.expect("a variant").format, MediaType::from(format));
        } else {
            assert_eq!(result, Err(RenderError::NotHere(Lack::Format)));
        }
    }
}

//! Colour profiles: what becomes of each, in both builds.

use b2_edge_core::images::preset::{Background, Fit};
use b2_edge_render::{Format, Lack, Preset, RenderError};
use jpeg_encoder::ColorType;

use crate::corpus::{Jpeg, MIDDLES, Picture, jpeg, png_with, webp_extended, webp_pixels};
use crate::support::{assert_color, decoded, inside, rendered};

const IS_FULL: bool = cfg!(feature = "full");

/// The red, green and blue of sRGB, and a grey, as Display P3 has them (the CSS Color 4 specification converts them so).
const IN_P3: [[u8; 4]; 4] = [
    [234, 51, 35, 255],
    [117, 251, 76, 255],
    [0, 0, 245, 255],
    [128, 128, 128, 255],
];
const IN_SRGB: [[u8; 4]; 4] = [
    [255, 0, 0, 255],
    [0, 255, 0, 255],
    [0, 0, 255, 255],
    [128, 128, 128, 255],
];

/// The primaries relative to D50, X, Y and Z of each (<https://www.color.org/chardata/rgb/DisplayP3.xalter>).
const P3: [[f64; 3]; 3] = [
    [0.515_12, 0.241_20, -0.001_05],
    [0.291_98, 0.692_25, 0.041_89],
    [0.157_10, 0.066_57, 0.784_07],
];
const SRGB: [[f64; 3]; 3] = [
    [0.436_07, 0.222_49, 0.013_92],
    [0.385_15, 0.716_87, 0.097_08],
    [0.143_07, 0.060_61, 0.714_10],
];

fn fixed(value: f64) -> [u8; 4] {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the numbers are between -1 and 3"
    )]
    let bits = (value * 65_536.0).round() as i32;
    bits.to_be_bytes()
}

fn xyz(values: [f64; 3]) -> Vec<u8> {
    let mut tag = b"XYZ \0\0\0\0".to_vec();
    tag.extend(values.into_iter().flat_map(fixed));
    tag
}

/// The curve of sRGB, as a parametric one.
fn srgb_curve() -> Vec<u8> {
    let mut tag = b"para\0\0\0\0\0\x03\0\0".to_vec();
    let parameters = [2.4, 1.0 / 1.055, 0.055 / 1.055, 1.0 / 12.92, 0.040_45];
    tag.extend(parameters.into_iter().flat_map(fixed));
    tag
}

fn gamma(gamma: f64) -> Vec<u8> {
    let mut tag = b"para\0\0\0\0\0\0\0\0".to_vec();
    tag.extend(fixed(gamma));
    tag
}

/// A profile with these tags, and padding up to a size.
fn profile(space: [u8; 4], tags: &[(&[u8; 4], Vec<u8>)], size: usize) -> Vec<u8> {
    let mut header = vec![0; 128];
    header[8..12].copy_from_slice(&[4, 0x30, 0, 0]);
    header[12..16].copy_from_slice(b"mntr");
    header[16..20].copy_from_slice(&space);
    header[20..24].copy_from_slice(b"XYZ ");
    header[36..40].copy_from_slice(b"acsp");
    // The illuminant D50.
    header[68..80].copy_from_slice(&[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    let count = u32::try_from(tags.len()).expect("a count");
    let mut table = count.to_be_bytes().to_vec();
    let mut content = Vec::new();
    for (name, tag) in tags {
        let start = 128 + 4 + 12 * tags.len() + content.len();
        table.extend(*name);
        table.extend(u32::try_from(start).expect("a start").to_be_bytes());
        table.extend(u32::try_from(tag.len()).expect("a length").to_be_bytes());
        content.extend(tag);
    }
    let mut profile = [header, table, content].concat();
    profile.resize(profile.len().max(size), 0);
    let length = u32::try_from(profile.len()).expect("a length");
    profile[..4].copy_from_slice(&length.to_be_bytes());
    profile
}

fn rgb(primaries: [[f64; 3]; 3], curve: &[u8], size: usize) -> Vec<u8> {
    let [red, green, blue] = primaries;
    let tags = [
        (b"wtpt", xyz([0.9642, 1.0, 0.8249])),
        (b"rXYZ", xyz(red)),
        (b"gXYZ", xyz(green)),
        (b"bXYZ", xyz(blue)),
        (b"rTRC", curve.to_vec()),
        (b"gTRC", curve.to_vec()),
        (b"bTRC", curve.to_vec()),
    ];
    profile(*b"RGB ", &tags, size)
}

fn grey(curve: Vec<u8>) -> Vec<u8> {
    let tags = [(b"wtpt", xyz([0.9642, 1.0, 0.8249])), (b"kTRC", curve)];
    profile(*b"GRAY", &tags, 0)
}

/// The picture in each container, with a profile.
fn sources(picture: &Picture, icc: &[u8]) -> [(&'static str, Vec<u8>); 3] {
    let color = if picture.channels == 1 {
        ColorType::Luma
    } else {
        ColorType::Rgb
    };
    let options = Jpeg {
        color,
        profile: Some(icc),
        ..Jpeg::default()
    };
    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"ICCP", icc), (b"VP8L", &webp_pixels(picture))];
    [
        ("JPEG", jpeg(picture, &options)),
        (
            "PNG",
            png_with(picture, |info| info.icc_profile = Some(icc.to_vec().into())),
        ),
        ("WebP", webp_extended(picture, 0x20, &chunks)),
    ]
}

fn contains(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

#[test]
fn p3_keeps_its_colours() {
    let icc = rgb(P3, &srgb_curve(), 0);
    let picture = Picture::quarters(200, 160, IN_P3).rgb();
    for (name, source) in sources(&picture, &icc) {
        let variant = rendered(&source, &inside(100), None).expect(name);
        assert_eq!(contains(&variant.bytes, &icc), !IS_FULL, "{name}");
        let colors = if IS_FULL { IN_SRGB } else { IN_P3 };
        for (at, color) in MIDDLES.into_iter().zip(colors) {
            assert_color(&decoded(&variant), at, color, name);
        }
        let variant = rendered(&source, &inside(100), Some(Format::Png)).expect(name);
        assert_eq!(contains(&variant.bytes, b"iCCP"), !IS_FULL, "{name}");
    }
}

#[test]
fn a_profile_for_srgb_is_dropped_and_changes_nothing() {
    let picture = Picture::quarters(200, 160, IN_P3).rgb();
    // Large enough that a build which passes profiles on would refuse any other one.
    let icc = rgb(SRGB, &srgb_curve(), 8000);
    for (name, source) in sources(&picture, &icc) {
        let variant = rendered(&source, &inside(100), None).expect(name);
        assert!(!contains(&variant.bytes, b"acsp"), "{name}");
        for (at, color) in MIDDLES.into_iter().zip(IN_P3) {
            assert_color(&decoded(&variant), at, color, name);
        }
    }
}

#[test]
fn a_large_profile_is_for_the_build_that_converts() {
    let icc = rgb(P3, &srgb_curve(), 4097);
    let picture = Picture::quarters(200, 160, IN_P3).rgb();
    for (name, source) in sources(&picture, &icc) {
        let result = rendered(&source, &inside(100), None);
        if IS_FULL {
            let variant = decoded(&result.expect(name));
            assert_color(&variant, MIDDLES[0], IN_SRGB[0], name);
        } else {
            let expected = RenderError::NotHere(Lack::ColorProfile);
            assert_eq!(result, Err(expected), "{name}");
        }
    }
}

/// Grey with a gamma of 1 is linear light: half of it is 188 in sRGB.
#[test]
fn a_profile_for_grey_counts_for_grey() {
    let picture = Picture::quarters(200, 160, [[128, 128, 128, 255]; 4]).grey();
    let icc = grey(gamma(1.0));
    for (name, source) in sources(&picture, &icc).into_iter().take(2) {
        let variant = rendered(&source, &inside(100), None).expect(name);
        let expected = if IS_FULL { 188 } else { 128 };
        let picture = decoded(&variant);
        assert_eq!(picture.channels, 1, "{name}");
        let color = [expected, expected, expected, 255];
        assert_color(&picture, MIDDLES[0], color, name);
        assert_eq!(contains(&variant.bytes, &icc), !IS_FULL, "{name}");

        let preset = Preset::new(Fit::Contain {
            width: 300,
            height: 200,
            background: Background([255, 0, 0, 255]),
        });
        let result = rendered(&source, &preset, None);
        if IS_FULL {
            assert_color(&decoded(&result.expect(name)), (50, 50), color, name);
        } else {
            // A file in red cannot have a profile for grey.
            let expected = RenderError::NotHere(Lack::ColorProfile);
            assert_eq!(result, Err(expected), "{name}");
        }
    }
}

#[test]
fn a_broken_profile_and_one_for_other_samples_count_as_none() {
    let mut without_curves = rgb(P3, &srgb_curve(), 0);
    without_curves.truncate(150);
    let picture = Picture::quarters(200, 160, IN_P3).rgb();
    let mut profiles = vec![
        ("for grey", grey(gamma(1.0))),
        ("no profile", b"hello".to_vec()),
    ];
    if IS_FULL {
        profiles.push(("cut off", without_curves));
    }
    for (what, icc) in profiles {
        for (name, source) in sources(&picture, &icc) {
            let name = format!("{name}: {what}");
            let variant = rendered(&source, &inside(100), None).expect(&name);
            assert!(!contains(&variant.bytes, &icc), "{name}");
            for (at, color) in MIDDLES.into_iter().zip(IN_P3) {
                assert_color(&decoded(&variant), at, color, &name);
            }
        }
    }
}

#[test]
fn cmyk_is_for_the_build_that_converts() {
    // No ink, cyan, black, and yellow with magenta.
    let inks = [
        [0, 0, 0, 0],
        [255, 0, 0, 0],
        [0, 0, 0, 255],
        [0, 255, 255, 0],
    ];
    let picture = Picture::quarters(200, 160, inks);
    for color in [ColorType::Cmyk, ColorType::CmykAsYcck] {
        let source = jpeg(
            &picture,
            &Jpeg {
                color,
                ..Jpeg::default()
            },
        );
        let result = rendered(&source, &inside(100), None);
        if !IS_FULL {
            assert_eq!(result, Err(RenderError::NotHere(Lack::Cmyk)));
            continue;
        }
        let variant = decoded(&result.expect("a variant"));
        let [white, [_, cyan_green, cyan_blue, _], black, red] =
            MIDDLES.map(|at| variant.color(at));
        assert!(white[..3].iter().all(|&sample| sample > 245), "{white:?}");
        assert!(cyan_green > 100 && cyan_blue > 150);
        assert!(black[..3].iter().all(|&sample| sample < 60), "{black:?}");
        assert!(red[0] > 180 && red[1] < 90 && red[2] < 90, "{red:?}");
    }
}

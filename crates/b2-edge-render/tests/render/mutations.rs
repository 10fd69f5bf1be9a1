//! Sources with changed bytes: a variant or an error, never a panic, within memory and time that the header allows.
//!
//! `B2_EDGE_MUTATIONS` is the number of changed files of each source; `cargo xtask fuzz` changes more of them.

use std::env;

use b2_edge_render::{Limits, RenderError};
use fastrand::Rng;

use crate::corpus::{
    Jpeg, Picture, QUARTERS, exif, gif, jpeg, png, png_palette, png_with, png16, webp,
    webp_animated, webp_extended, webp_pixels,
};
use crate::support::{inside, with_limits};

const MUTATIONS: usize = 1000;

fn sources() -> Vec<(&'static str, Vec<u8>)> {
    let picture = Picture::quarters(40, 30, QUARTERS);
    let textured = Picture::textured(40, 30);
    let options = Jpeg {
        orientation: Some(6),
        ..Jpeg::default()
    };
    let chunks: [(&[u8; 4], &[u8]); 2] = [(b"VP8L", &webp_pixels(&textured)), (b"EXIF", &exif(5))];
    vec![
        ("JPEG", jpeg(&textured, &options)),
        ("PNG", png(&picture)),
        ("PNG with 16 bits", png16(&textured)),
        ("PNG with a palette", png_palette(&picture, QUARTERS, true)),
        (
            "PNG with a profile",
            png_with(&textured, |info| {
                info.icc_profile = Some(vec![1; 500].into());
                info.exif_metadata = Some(exif(3).into());
            }),
        ),
        (
            "interlaced PNG",
            include_bytes!("../data/interlaced.png").to_vec(),
        ),
        ("WebP", webp(&textured)),
        ("lossy WebP", include_bytes!("../data/lossy.webp").to_vec()),
        ("extended WebP", webp_extended(&textured, 8, &chunks)),
        (
            "animated WebP",
            webp_animated(&[picture.clone(), picture.clone()]),
        ),
        ("GIF", gif(std::slice::from_ref(&picture))),
        ("animated GIF", gif(&[picture.clone(), picture])),
    ]
}

/// Changes up to eight bytes, cuts off the end, or repeats a part.
fn mutate(random: &mut Rng, source: &[u8]) -> Vec<u8> {
    let mut file = source.to_vec();
    for _ in 0..random.usize(1..=8) {
        let position = random.usize(..file.len());
        file[position] = match random.u8(..4) {
            0 => file[position] ^ (1 << random.u8(..8)),
            1 => 0,
            2 => 0xff,
            _ => random.u8(..),
        };
    }
    match random.u8(..8) {
        0 => file.truncate(random.usize(..file.len())),
        1 => {
            let start = random.usize(..file.len());
            let end = random.usize(start..file.len());
            file.extend_from_within(start..end);
        }
        _ => {}
    }
    file
}

/// Makes the checksums of a PNG right, so that what was changed is looked at.
fn with_checksums(mut file: Vec<u8>) -> Vec<u8> {
    let mut start = 8;
    while let Some(length) = file.get(start..start + 4) {
        let length = u32::from_be_bytes(length.try_into().expect("four bytes")) as usize;
        let end = start.saturating_add(length).saturating_add(8);
        let Some(content) = file.get(start + 4..end) else {
            break;
        };
        let checksum = crc32(content).to_be_bytes();
        if let Some(place) = file.get_mut(end..end + 4) {
            place.copy_from_slice(&checksum);
        }
        start = end + 4;
    }
    file
}

/// <https://www.w3.org/TR/png-3/#D-CRCAppendix>
fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    })
}

#[test]
fn a_changed_source_never_panics() {
    let count = env::var("B2_EDGE_MUTATIONS").map_or(MUTATIONS, |text| {
        text.parse().expect("a number in B2_EDGE_MUTATIONS")
    });
    // More pixels are only slow.
    let limits = Limits {
        jpeg_pixels: 1 << 16,
        png_pixels: 1 << 16,
        webp_pixels: 1 << 16,
        gif_pixels: 1 << 16,
        decoded_pixels: 1 << 16,
        ..Limits::guest()
    };
    let mut random = Rng::with_seed(2026);
    for (name, source) in sources() {
        assert_eq!(
            with_limits(&source, &inside(20), None, &limits).err(),
            None,
            "{name}"
        );
        let mut rendered = 0;
        for _ in 0..count {
            let mut file = mutate(&mut random, &source);
            if name.contains("PNG") {
                file = with_checksums(file);
            }
            match with_limits(&file, &inside(random.u32(1..50)), None, &limits) {
                Ok(variant) => {
                    rendered += 1;
                    assert!(variant.width > 0 && variant.height > 0 && !variant.bytes.is_empty());
                }
                Err(error) => assert_ne!(error, RenderError::Stopped, "{name}"),
            }
        }
        assert!(rendered > 0, "{name}: some changes are harmless");
    }
}

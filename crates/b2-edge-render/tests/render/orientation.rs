//! The orientation in EXIF, in each container that can have it.

use b2_edge_core::images::preset::{Fit, Gravity};
use b2_edge_render::{Preset, inspect};

use crate::corpus::{
    Jpeg, MIDDLES, Picture, QUARTERS, exif, jpeg, png_with, webp_extended, webp_pixels,
};
use crate::support::{assert_color, decoded, inside, rendered};

/// Which quarter of the stored picture is in each quarter of the upright one: EXIF 2.32, tag 0x0112. Quarters are
/// counted from the top left, row by row.
const UPRIGHT: [(u16, [usize; 4]); 8] = [
    (1, [0, 1, 2, 3]),
    (2, [1, 0, 3, 2]),
    (3, [3, 2, 1, 0]),
    (4, [2, 3, 0, 1]),
    (5, [0, 2, 1, 3]),
    (6, [2, 0, 3, 1]),
    (7, [3, 1, 2, 0]),
    (8, [1, 3, 0, 2]),
];

fn sources(orientation: u16) -> [(&'static str, Vec<u8>); 3] {
    let picture = Picture::quarters(200, 100, QUARTERS).rgb();
    let options = Jpeg {
        orientation: Some(orientation),
        ..Jpeg::default()
    };
    let exif = exif(orientation);
    [
        ("JPEG", jpeg(&picture, &options)),
        (
            "PNG",
            png_with(&picture, |info| {
                info.exif_metadata = Some(exif.clone().into());
            }),
        ),
        (
            "WebP",
            webp_extended(
                &picture,
                0x08,
                &[(b"VP8L", &webp_pixels(&picture)), (b"EXIF", &exif)],
            ),
        ),
    ]
}

#[test]
fn a_variant_is_upright() {
    for (orientation, quarters) in UPRIGHT {
        for (name, source) in sources(orientation) {
            let name = format!("{name} with orientation {orientation}");
            let turned = orientation >= 5;
            let sides = if turned { (100, 200) } else { (200, 100) };
            assert_eq!(inspect(&source).expect(&name).upright(), sides, "{name}");
            let variant =
                rendered(&source, &inside(if turned { 80 } else { 160 }), None).expect(&name);
            let expected = if turned { (80, 160) } else { (160, 80) };
            assert_eq!((variant.width, variant.height), expected, "{name}");
            let picture = decoded(&variant);
            for (at, quarter) in MIDDLES.into_iter().zip(quarters) {
                assert_color(&picture, at, QUARTERS[quarter], &name);
            }
        }
    }
}

#[test]
fn a_part_is_cut_from_the_upright_picture() {
    for (orientation, quarters) in UPRIGHT {
        for (gravity, corner) in [
            (Gravity::NorthWest, 0),
            (Gravity::NorthEast, 1),
            (Gravity::SouthWest, 2),
            (Gravity::SouthEast, 3),
        ] {
            // A source that is cut on both sides, because it is not enlarged.
            for (name, source) in sources(orientation) {
                let name = format!("{name} with orientation {orientation}, {gravity:?}");
                let preset = Preset::new(Fit::Cover {
                    width: 50,
                    height: 50,
                    gravity,
                });
                let variant = rendered(&source, &preset, None).expect(&name);
                assert_eq!((variant.width, variant.height), (50, 50), "{name}");
                let corner_at = [(5, 5), (95, 5), (5, 95), (95, 95)][corner];
                let color = QUARTERS[quarters[corner]];
                assert_color(&decoded(&variant), corner_at, color, &name);
            }
        }
    }
}

//! The photos of the gallery, painted once for all buckets.

use std::sync::LazyLock;

use bytes::Bytes;

use super::landscape::{Landscape, Ridge, Sun};
use super::page::{KEY, page};
use super::photo::{Held, jpeg, png, round_png};
use crate::b2::object::Object;

const JPEG: &str = "image/jpeg";
const PNG: &str = "image/png";

/// The gallery: its page for the guest engine alone, and the photos.
pub(crate) fn objects() -> Vec<(&'static str, Object)> {
    let page = (KEY, page(false));
    let photos = PHOTOS.iter().map(|(key, content_type, bytes)| {
        let object = Object::of_type(content_type, bytes.clone());
        (*key, object)
    });
    photos.chain([page]).collect()
}

static PHOTOS: LazyLock<Vec<(&str, &str, Bytes)>> = LazyLock::new(|| {
    let lake = jpeg(&LAKE, 1500, 1000, Held::Upright);
    let half = lake.get(..lake.len() / 2).unwrap_or_default().to_vec();
    let text = b"This text is stored with the name and the type of a picture.\n".to_vec();
    [
        ("photo/lake.jpg", JPEG, lake),
        ("photo/dunes.jpg", JPEG, jpeg(&DUNES, 600, 900, Held::Left)),
        (
            "photo/harbor.jpg",
            JPEG,
            jpeg(&HARBOR, 900, 600, Held::UpsideDown),
        ),
        ("photo/night.jpg", JPEG, jpeg(&NIGHT, 600, 900, Held::Right)),
        ("photo/badge.png", PNG, round_png(&LAKE, 480)),
        // More pixels than the guest engine decodes of a PNG.
        ("photo/panorama.png", PNG, png(&DUNES, 2000, 800)),
        ("photo/broken.jpg", JPEG, half),
        ("photo/text.jpg", JPEG, text),
    ]
    .map(|(key, content_type, bytes)| (key, content_type, Bytes::from(bytes)))
    .into()
});

const fn ridge(color: [u8; 3], height: i64, relief: i64, spacing: i64) -> Ridge {
    Ridge {
        color,
        height,
        relief,
        spacing,
    }
}

const LAKE: Landscape = Landscape {
    sky: ([52, 84, 148], [250, 196, 150]),
    sun: Sun {
        color: [255, 236, 190],
        x: 380,
        y: 360,
        radius: 62,
    },
    ridges: &[
        ridge([150, 132, 168], 470, 110, 620),
        ridge([104, 98, 146], 380, 90, 450),
        ridge([62, 72, 116], 290, 60, 700),
        ridge([38, 60, 92], 180, 4, 900),
        ridge([16, 26, 38], 60, 45, 520),
    ],
};

const DUNES: Landscape = Landscape {
    sky: ([92, 150, 196], [246, 226, 190]),
    sun: Sun {
        color: [255, 250, 226],
        x: 180,
        y: 180,
        radius: 48,
    },
    ridges: &[
        ridge([214, 164, 108], 430, 40, 900),
        ridge([196, 128, 76], 340, 60, 1100),
        ridge([158, 92, 54], 210, 80, 1400),
        ridge([104, 58, 42], 90, 60, 800),
    ],
};

const HARBOR: Landscape = Landscape {
    sky: ([118, 168, 196], [232, 240, 236]),
    sun: Sun {
        color: [255, 255, 244],
        x: 1120,
        y: 200,
        radius: 56,
    },
    ridges: &[
        ridge([132, 164, 164], 420, 70, 540),
        ridge([84, 128, 124], 330, 50, 380),
        ridge([46, 106, 128], 240, 2, 700),
        ridge([30, 78, 104], 120, 8, 260),
    ],
};

const NIGHT: Landscape = Landscape {
    sky: ([10, 14, 44], [84, 66, 120]),
    sun: Sun {
        color: [244, 240, 224],
        x: 470,
        y: 170,
        radius: 52,
    },
    ridges: &[
        ridge([64, 56, 104], 430, 120, 340),
        ridge([42, 40, 80], 330, 100, 260),
        ridge([24, 26, 54], 210, 70, 420),
        ridge([10, 12, 28], 100, 60, 150),
    ],
};

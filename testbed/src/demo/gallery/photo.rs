//! Photos as files: JPEG as a camera stores it, and PNG.

use jpeg_encoder::{ColorType, Encoder};

use super::landscape::{Landscape, Rgb};

/// How a camera was held, as EXIF says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// Orientation 1.
    Upright,
    /// Orientation 3.
    UpsideDown,
    /// Orientation 6: the picture has to be turned clockwise.
    Left,
    /// Orientation 8: the picture has to be turned counterclockwise.
    Right,
}

impl Held {
    /// The value of the EXIF tag 0x0112.
    const fn orientation(self) -> u8 {
        match self {
            Self::Upright => 1,
            Self::UpsideDown => 3,
            Self::Left => 6,
            Self::Right => 8,
        }
    }
}

/// A JPEG that shows the landscape at this size when it is seen upright.
///
/// # Panics
///
/// For a size of zero.
pub(crate) fn jpeg(landscape: &Landscape, width: u16, height: u16, held: Held) -> Vec<u8> {
    let painted = landscape.at_size(width, height);
    let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
    let (stored_width, stored_height) = match held {
        Held::Upright | Held::UpsideDown => (width, height),
        Held::Left | Held::Right => (height, width),
    };
    let pixels = all_pixels(stored_width, stored_height, |x, y| match held {
        Held::Upright => painted.pixel(x, y),
        Held::UpsideDown => painted.pixel(right - x, bottom - y),
        Held::Left => painted.pixel(right - y, x),
        Held::Right => painted.pixel(y, bottom - x),
    });
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 88);
    if held != Held::Upright {
        encoder
            .add_app_segment(1, exif(held))
            .expect("a short segment");
    }
    encoder
        .encode(&pixels, stored_width, stored_height, ColorType::Rgb)
        .expect("a JPEG");
    bytes
}

/// A PNG that shows the landscape.
///
/// # Panics
///
/// For a size of zero.
pub(crate) fn png(landscape: &Landscape, width: u16, height: u16) -> Vec<u8> {
    let painted = landscape.at_size(width, height);
    let pixels = all_pixels(width, height, |x, y| painted.pixel(x, y));
    encode_png(&pixels, width, height, png::ColorType::Rgb)
}

/// A PNG with alpha: the landscape through a round window, with nothing around it.
///
/// # Panics
///
/// For a size of zero.
pub(crate) fn round_png(landscape: &Landscape, side: u16) -> Vec<u8> {
    let painted = landscape.at_size(side, side);
    let radius = i64::from(side) / 2;
    let mut pixels = Vec::new();
    for (y, x) in (0..side).flat_map(|y| (0..side).map(move |x| (y, x))) {
        let (across, down) = (i64::from(x) - radius, i64::from(y) - radius);
        let outside = across * across + down * down - radius * radius;
        // About two pixels wide.
        let edge = 4 * radius.max(1);
        let alpha = (-outside).clamp(0, edge) * 255 / edge;
        pixels.extend(painted.pixel(x, y));
        pixels.push(u8::try_from(alpha).unwrap_or(u8::MAX));
    }
    encode_png(&pixels, side, side, png::ColorType::Rgba)
}

fn all_pixels(width: u16, height: u16, pixel: impl Fn(u16, u16) -> Rgb) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(3 * usize::from(width) * usize::from(height));
    for y in 0..height {
        for x in 0..width {
            pixels.extend(pixel(x, y));
        }
    }
    pixels
}

fn encode_png(pixels: &[u8], width: u16, height: u16, color: png::ColorType) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width.into(), height.into());
    encoder.set_color(color);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(pixels).expect("pixels");
    writer.finish().expect("a PNG");
    bytes
}

/// An EXIF segment that has the orientation alone: a TIFF header, and a directory with one entry
/// (<https://www.cipa.jp/std/documents/download_e.html?DC-008-Translation-2023-E>).
fn exif(held: Held) -> Vec<u8> {
    let mut exif = b"Exif\0\0".to_vec();
    // Big-endian, with the directory at offset 8.
    exif.extend(*b"MM\0\x2a\0\0\0\x08");
    // One entry: tag 0x0112, a SHORT, one value.
    exif.extend([0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    exif.extend([0, held.orientation(), 0, 0]);
    // No directory follows.
    exif.extend([0; 4]);
    exif
}

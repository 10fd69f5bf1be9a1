//! Pictures for the tests, and what is on them.

use std::io::Cursor;
use std::ops::ControlFlow;

use b2_edge_testbed::{Object, Response};
use jpeg_encoder::{ColorType, Encoder};

pub(super) const RED: [u8; 3] = [220, 30, 30];
pub(super) const BLUE: [u8; 3] = [30, 30, 220];
pub(super) const GREEN: [u8; 3] = [0, 255, 0];

/// A picture as it was decoded.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    channels: usize,
    pixels: Vec<u8>,
}

impl Picture {
    pub(super) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// The colour at a place, as fractions of width and height.
    pub(super) fn at(&self, across: f64, down: f64) -> [u8; 3] {
        let place = |part: f64, count: usize| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a small picture"
            )]
            let place = (part * count as f64) as usize;
            place.min(count - 1)
        };
        let start =
            (place(down, self.height) * self.width + place(across, self.width)) * self.channels;
        match self.channels {
            1 | 2 => [self.pixels[start]; 3],
            _ => [
                self.pixels[start],
                self.pixels[start + 1],
                self.pixels[start + 2],
            ],
        }
    }

    /// Asserts a colour, within what JPEG changes.
    #[track_caller]
    pub(super) fn assert_at(&self, across: f64, down: f64, expected: [u8; 3]) {
        let found = self.at(across, down);
        let is_close = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 12);
        assert!(
            is_close,
            "{found:?} at {across}, {down} instead of {expected:?}"
        );
    }
}

/// A JPEG whose left half is red and whose right half is blue.
pub(super) fn jpeg(width: u16, height: u16) -> Object {
    Object::new(halves(width, height, RED)).content_type("image/jpeg")
}

/// The same with another colour on the left.
pub(super) fn jpeg_of(width: u16, height: u16, left: [u8; 3]) -> Object {
    Object::new(halves(width, height, left)).content_type("image/jpeg")
}

/// The bytes of a JPEG whose halves have different colours.
pub(super) fn halves(width: u16, height: u16, left: [u8; 3]) -> Vec<u8> {
    let mut pixels = Vec::new();
    for _ in 0..height {
        for x in 0..width {
            pixels.extend(if x < width / 2 { left } else { BLUE });
        }
    }
    let mut bytes = Vec::new();
    let encoder = Encoder::new(&mut bytes, 90);
    encoder
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("a JPEG");
    bytes
}

/// The JPEG with an EXIF orientation, in an APP1 segment after SOI.
pub(super) fn with_orientation(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
    let length = u16::try_from(exif.len() + 2).expect("a short segment");
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xff, 0xe1]);
    bytes.extend(length.to_be_bytes());
    bytes.extend(exif);
    bytes.extend(&jpeg[2..]);
    bytes
}

/// A PNG in one colour.
pub(super) fn png(width: u32, height: u32, color: [u8; 4]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header().expect("a header");
    let pixels = color.repeat(width as usize * height as usize);
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("a PNG");
    bytes
}

/// The picture of a response, read by a decoder for its `Content-Type`.
#[track_caller]
pub(super) fn decode(response: &Response) -> Picture {
    let bytes = &response.body;
    match response.header("content-type") {
        Some("image/jpeg") => {
            let limits = b2_edge_jpeg::Limits {
                pixels: 10_000_000,
                scans: 100,
                memory: 100_000_000,
            };
            let mut watch = |_| ControlFlow::Continue(());
            let decoded =
                b2_edge_jpeg::decode(bytes, b2_edge_jpeg::Scale::Full, &limits, &mut watch);
            let decoded = decoded.expect("a JPEG");
            Picture {
                width: decoded.width,
                height: decoded.height,
                channels: decoded.channels,
                pixels: decoded.pixels,
            }
        }
        Some("image/png") => {
            let mut reader = png::Decoder::new(Cursor::new(bytes))
                .read_info()
                .expect("a PNG");
            let mut pixels = vec![0; reader.output_buffer_size().expect("a small PNG")];
            let info = reader.next_frame(&mut pixels).expect("pixels");
            Picture {
                width: info.width as usize,
                height: info.height as usize,
                channels: info.color_type.samples(),
                pixels,
            }
        }
        other => panic!("not a picture: {other:?}"),
    }
}

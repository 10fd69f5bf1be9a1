//! Pixels to AVIF, with the crate `ravif`.

use ravif::{Encoder, Img, RGB8, RGBA8};

use crate::error::{Excess, RenderError};
use crate::number::index;
use crate::pixels::{Layout, Pixels};

/// How much is tried to make the file small: 1 is the slowest, 10 the fastest. Without assembler, which is what makes
/// other encoders fast, the slower ones would take seconds for a picture.
const SPEED: u8 = 10;

/// Encodes a picture.
pub(super) fn encode(pixels: Pixels, quality: u8) -> Result<Vec<u8>, RenderError> {
    let quality = f32::from(quality.clamp(1, 100));
    let encoder = Encoder::new()
        .with_quality(quality)
        .with_alpha_quality(quality)
        .with_speed(SPEED)
        .with_num_threads(Some(1));
    let pixels = pixels.into_color();
    let (width, height) = (index(pixels.width), index(pixels.height));
    let result = if pixels.layout == Layout::Rgba {
        let samples: Vec<RGBA8> = pixels
            .pixels()
            .filter_map(|pixel| <[u8; 4]>::try_from(pixel).ok())
            .map(RGBA8::from)
            .collect();
        encoder.encode_rgba(Img::new(&samples[..], width, height))
    } else {
        let samples: Vec<RGB8> = pixels
            .pixels()
            .filter_map(|pixel| <[u8; 3]>::try_from(pixel).ok())
            .map(RGB8::from)
            .collect();
        encoder.encode_rgb(Img::new(&samples[..], width, height))
    };
    // Fails only for sizes that AV1 does not have.
    result
        .map(|image| image.avif_file)
        .map_err(|_| RenderError::TooLarge(Excess::Sides))
}

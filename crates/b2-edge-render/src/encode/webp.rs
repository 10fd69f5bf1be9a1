//! Pixels to lossy WebP, with libwebp through the crate `webp`.

use webp::Encoder;

use crate::error::{Excess, RenderError};
use crate::pixels::{Layout, Pixels};

/// The longest side (RFC 6386, section 9.1).
const MAX_SIDE: u32 = 16_383;

/// Encodes a picture.
pub(super) fn encode(pixels: Pixels, quality: u8) -> Result<Vec<u8>, RenderError> {
    let too_large = RenderError::TooLarge(Excess::Sides);
    if pixels.width.max(pixels.height) > MAX_SIDE {
        return Err(too_large);
    }
    let pixels = pixels.into_color();
    let encoder = if pixels.layout == Layout::Rgba {
        Encoder::from_rgba(&pixels.data, pixels.width, pixels.height)
    } else {
        Encoder::from_rgb(&pixels.data, pixels.width, pixels.height)
    };
    // Fails only for sizes that WebP does not have.
    encoder
        .encode_simple(false, quality.into())
        .map(|bytes| bytes.to_vec())
        .map_err(|_| too_large)
}

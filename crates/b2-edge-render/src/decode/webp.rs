//! WebP to pixels, with the crate `image-webp`.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::decoded::Decoded;
use crate::color::Profile;
use crate::error::{Excess, RenderError};
use crate::media_type::Kind;
use crate::pixels::{Layout, Pixels};

/// The most that a chunk with a colour profile may have.
const CHUNK_BYTES: usize = 16 << 20;

/// Decodes the picture, or the first frame.
pub(super) fn decode(source: &[u8]) -> Result<Decoded, RenderError> {
    let mut decoder = WebPDecoder::new(Cursor::new(source)).map_err(|error| failure(&error))?;
    decoder.set_memory_limit(CHUNK_BYTES);
    if decoder.is_animated() {
        // What a frame does not cover is transparent, whatever the file suggests, as in browsers.
        decoder
            .set_background_color([0; 4])
            .map_err(|error| failure(&error))?;
    }
    let layout = if decoder.has_alpha() {
        Layout::Rgba
    } else {
        Layout::Rgb
    };
    let profile = decoder.icc_profile().map_err(|error| failure(&error))?;
    let profile = Profile::new(profile.as_deref(), layout)?;
    let (width, height) = decoder.dimensions();
    let bytes = decoder
        .output_buffer_size()
        .ok_or(RenderError::TooLarge(Excess::Memory))?;
    let mut data = vec![0; bytes];
    decoder
        .read_image(&mut data)
        .map_err(|error| failure(&error))?;
    let pixels = Pixels {
        width,
        height,
        layout,
        data,
    };
    Ok(Decoded::full(pixels, profile))
}

fn failure(error: &DecodingError) -> RenderError {
    match error {
        DecodingError::MemoryLimitExceeded => RenderError::TooLarge(Excess::Memory),
        error => RenderError::Broken(Kind::Webp, error.to_string()),
    }
}

//! WebP to pixels, with the crate `image-webp`.

use std::borrow::Cow;
use std::io::Cursor;
use std::ops::Range;

use image_webp::{DecodingError, WebPDecoder};

use super::decoded::Decoded;
use crate::color::Profile;
use crate::container::riff::Chunks;
use crate::error::{Excess, RenderError};
use crate::media_type::Kind;
use crate::pixels::{Layout, Pixels};

/// The most that a chunk with a colour profile may have.
const CHUNK_BYTES: usize = 16 << 20;

/// Where the type of the first chunk is.
const FORMAT: Range<usize> = 12..16;
/// Where the flags of the extended format are (RFC 9649, section 2.7.1), and which one is for alpha.
const FLAGS: usize = 20;
const ALPHA_FLAG: u8 = 0x10;

/// Decodes the picture, or the first frame.
pub(super) fn decode(source: &[u8]) -> Result<Decoded, RenderError> {
    let source = without_false_alpha(source);
    let mut decoder =
        WebPDecoder::new(Cursor::new(&source[..])).map_err(|error| failure(&error))?;
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

/// The file without the flag for alpha, if it is lossy and has no alpha. Some encoders set it for all files; `libwebp`
/// then shows the picture without alpha, and the crate finds that a chunk is missing.
fn without_false_alpha(source: &[u8]) -> Cow<'_, [u8]> {
    let has = |kind: &[u8; 4]| {
        Chunks::new(source)
            .map_while(Result::ok)
            .any(|chunk| &chunk.kind == kind)
    };
    let is_false = source.get(FORMAT) == Some(b"VP8X") && has(b"VP8 ") && !has(b"ALPH");
    let mut source = Cow::Borrowed(source);
    if is_false && let Some(flags) = source.to_mut().get_mut(FLAGS) {
        *flags &= !ALPHA_FLAG;
    }
    source
}

fn failure(error: &DecodingError) -> RenderError {
    match error {
        DecodingError::MemoryLimitExceeded => RenderError::TooLarge(Excess::Memory),
        error => RenderError::Broken(Kind::Webp, error.to_string()),
    }
}

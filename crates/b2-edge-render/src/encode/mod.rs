//! Pixels to files, without metadata but for a colour profile.

mod jpeg;
mod png;

use b2_edge_core::images::format::Format;

use crate::background::flatten;
use crate::color::Profile;
use crate::error::{Lack, RenderError};
use crate::pixels::Pixels;

/// Whether this build writes a format.
#[must_use]
pub const fn can_encode(format: Format) -> bool {
    match format {
        Format::Jpeg | Format::Png => true,
        Format::Webp | Format::Avif => false,
    }
}

/// Encodes a picture. JPEG has no alpha: there, the picture is on white.
///
/// # Errors
///
/// [`RenderError::NotHere`] for a format that this build does not write; [`RenderError::TooLarge`] for a picture that
/// is wider or higher than the format allows.
pub(crate) fn encode(
    pixels: Pixels,
    format: Format,
    quality: u8,
    profile: &Profile,
) -> Result<Vec<u8>, RenderError> {
    match format {
        Format::Jpeg => {
            let pixels = flatten(pixels);
            jpeg::encode(&pixels, quality, profile.for_file(pixels.layout)?)
        }
        Format::Png => png::encode(&pixels, profile.for_file(pixels.layout)?),
        Format::Webp | Format::Avif => Err(RenderError::NotHere(Lack::Format)),
    }
}

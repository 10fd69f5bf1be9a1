//! Pixels to files, without metadata but for a colour profile.

#[cfg(feature = "full")]
mod avif;
mod jpeg;
mod png;
#[cfg(feature = "full")]
mod webp;

use b2_edge_core::images::format::Format;

use crate::background::flatten;
use crate::color::Profile;
#[cfg(not(feature = "full"))]
use crate::error::Lack;
use crate::error::RenderError;
use crate::pixels::Pixels;

/// Whether this build writes a format.
#[must_use]
pub const fn can_encode(format: Format) -> bool {
    match format {
        Format::Jpeg | Format::Png => true,
        Format::Webp | Format::Avif => cfg!(feature = "full"),
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
        #[cfg(feature = "full")]
        Format::Webp => webp::encode(pixels, quality),
        #[cfg(feature = "full")]
        Format::Avif => avif::encode(pixels, quality),
        #[cfg(not(feature = "full"))]
        Format::Webp | Format::Avif => Err(RenderError::NotHere(Lack::Format)),
    }
}

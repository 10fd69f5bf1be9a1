//! A source without its metadata, and with every bit of its pixels: for a source that is passed on.
//!
//! What is not needed to show the picture is dropped: places and names of people, thumbnails of what was cut off, and
//! everything behind its end. What is needed are pixels, frames with their times, transparency and colours.

mod gif;
mod jpeg;
mod png;
mod webp;

use crate::container::Incomplete;
use crate::media_type::Kind;

/// The source without its metadata.
///
/// # Errors
///
/// [`Incomplete`] if it ends too early.
pub(crate) fn strip(kind: Kind, source: &[u8]) -> Result<Vec<u8>, Incomplete> {
    match kind {
        Kind::Jpeg => jpeg::strip(source),
        Kind::Png => png::strip(source),
        Kind::Webp => webp::strip(source),
        Kind::Gif => gif::strip(source),
    }
}

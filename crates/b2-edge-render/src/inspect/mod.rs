//! What a source is, from its header alone: its type by content, its size, its orientation.
//!
//! Nothing is decoded or allocated for pixels, so that a file whose header promises a gigantic picture is cheap.

mod exif;
mod gif;
mod info;
mod jpeg;
mod png;
mod signature;
mod webp;

pub use self::info::Info;
use crate::error::RenderError;
use crate::media_type::Kind;

/// Reads the header of a source.
///
/// # Errors
///
/// [`RenderError::Unsupported`] for a content that is not read; [`RenderError::Broken`] if the header is incomplete or
/// says impossible things.
pub fn inspect(source: &[u8]) -> Result<Info, RenderError> {
    let kind = signature::recognize(source)?;
    let found = match kind {
        Kind::Jpeg => jpeg::inspect(source)?,
        Kind::Png => png::inspect(source)?,
        Kind::Webp => webp::inspect(source)?,
        Kind::Gif => gif::inspect(source)?,
    };
    if found.width == 0 || found.height == 0 {
        return Err(info::broken(kind, "a side has no pixels"));
    }
    Ok(found)
}

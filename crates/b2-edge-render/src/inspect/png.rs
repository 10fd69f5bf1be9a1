//! The header of a PNG: `IHDR`, and what other chunks say of orientation and frames.

use super::exif;
use super::info::{Info, broken};
use crate::container::be32;
use crate::container::png::Chunks;
use crate::error::RenderError;
use crate::media_type::Kind;
use crate::orientation::Orientation;

/// Reads the header.
pub(super) fn inspect(source: &[u8]) -> Result<Info, RenderError> {
    let mut chunks = Chunks::new(source);
    let header = match chunks.next() {
        Some(Ok(chunk)) if &chunk.kind == b"IHDR" => chunk.data,
        _ => return Err(broken(Kind::Png, "it has no header")),
    };
    let read = || {
        let (&color, &interlace) = (header.get(9)?, header.get(12)?);
        Some((be32(header, 0)?, be32(header, 4)?, color, interlace))
    };
    let (width, height, color, interlace) =
        read().ok_or_else(|| broken(Kind::Png, "its header is too short"))?;
    let mut orientation = Orientation::default();
    let mut frames = 0;
    let mut has_transparency = false;
    // Orientation may also follow the pixels. What ends too early is found out when it is decoded.
    for chunk in chunks.map_while(Result::ok) {
        match &chunk.kind {
            b"eXIf" => orientation = exif::orientation(chunk.data),
            b"acTL" => frames = be32(chunk.data, 0).unwrap_or_default(),
            b"tRNS" => has_transparency = true,
            _ => {}
        }
    }
    let channels = match color {
        0 => 1,
        4 => 2,
        6 => 4,
        _ => 3,
    };
    Ok(Info {
        kind: Kind::Png,
        width,
        height,
        orientation,
        is_lossy: false,
        is_animated: frames > 1,
        is_progressive: interlace != 0,
        channels: channels + u8::from(has_transparency && channels % 2 == 1),
    })
}

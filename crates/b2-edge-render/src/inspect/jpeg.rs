//! The header of a JPEG: its segments before the first scan.

use b2_edge_jpeg::read_header;

use super::exif;
use super::info::Info;
use crate::container::jpeg::{APP1, EXIF, SOS, Segments};
use crate::error::RenderError;
use crate::media_type::Kind;
use crate::orientation::Orientation;

/// Reads the header.
pub(super) fn inspect(source: &[u8]) -> Result<Info, RenderError> {
    let header = read_header(source)?;
    let orientation = Segments::new(source)
        .map_while(Result::ok)
        .take_while(|segment| segment.marker != SOS)
        .filter(|segment| segment.marker == APP1)
        .find_map(|segment| segment.payload.strip_prefix(EXIF))
        .map_or_else(Orientation::default, exif::orientation);
    Ok(Info {
        kind: Kind::Jpeg,
        width: header.width,
        height: header.height,
        orientation,
        is_lossy: true,
        is_animated: false,
        is_progressive: header.is_progressive,
        channels: header.components,
    })
}

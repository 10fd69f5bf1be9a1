//! The header of a GIF: the logical screen, and the first two frames.

use super::info::{Info, broken};
use crate::container::gif::{BlockKind, Blocks};
use crate::container::le16;
use crate::error::RenderError;
use crate::media_type::Kind;
use crate::orientation::Orientation;

/// Reads the header.
pub(super) fn inspect(source: &[u8]) -> Result<Info, RenderError> {
    let incomplete = || broken(Kind::Gif, "it ends within its header");
    let width = le16(source, 6).ok_or_else(incomplete)?;
    let height = le16(source, 8).ok_or_else(incomplete)?;
    let mut first = None;
    let mut is_animated = false;
    // What ends too early is found out when it is decoded.
    for block in Blocks::new(source).map_while(Result::ok) {
        if let BlockKind::Frame { width, height } = block.kind {
            if first.is_some() {
                is_animated = true;
                break;
            }
            first = Some((width, height));
        }
    }
    let frame = first.ok_or_else(|| broken(Kind::Gif, "it has no complete frame"))?;
    // Like browsers, take the size of the first frame where the screen has none.
    let (width, height) = if width == 0 || height == 0 {
        frame
    } else {
        (width, height)
    };
    Ok(Info {
        kind: Kind::Gif,
        width: width.into(),
        height: height.into(),
        orientation: Orientation::default(),
        is_lossy: false,
        is_animated,
        is_progressive: false,
        channels: 4,
    })
}

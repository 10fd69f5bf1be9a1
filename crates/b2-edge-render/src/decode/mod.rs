//! Sources to pixels. What is truncated or corrupt is an error, never a part of a picture.

mod decoded;
mod gif;
mod jpeg;
mod png;
mod webp;

use b2_edge_jpeg::Scale;

pub(crate) use self::decoded::Decoded;
pub(crate) use self::decoded::DecodedSize;
use crate::error::RenderError;
use crate::geometry::{Plan, Size};
use crate::inspect::Info;
use crate::limits::Limits;
use crate::media_type::Kind;
use crate::progress::Watcher;

/// Decodes a source for a plan, at the smallest scale that is good enough for it.
pub(crate) fn decode(
    source: &[u8],
    info: &Info,
    plan: &Plan,
    limits: &Limits,
    watcher: &mut Watcher<'_>,
) -> Result<Decoded, RenderError> {
    limits.check_decoded(size(info, plan).size.pixels())?;
    match info.kind {
        Kind::Jpeg => jpeg::decode(source, info, plan, limits, watcher),
        Kind::Png => png::decode(source, watcher),
        Kind::Webp => webp::decode(source),
        Kind::Gif => gif::decode(source, info, limits),
    }
}

/// The scale at which a JPEG is decoded for a plan.
pub(crate) fn scale(info: &Info, plan: &Plan) -> Scale {
    jpeg::scale(info, plan)
}

/// The size at which a source is decoded for a plan.
pub(crate) fn size(info: &Info, plan: &Plan) -> DecodedSize {
    let size = Size {
        width: info.width,
        height: info.height,
    };
    match info.kind {
        Kind::Jpeg => jpeg::size(info, plan),
        // Rows are decoded one after the other.
        Kind::Png => DecodedSize {
            size,
            working_bytes: 1 << 20,
        },
        // A lossy one is decoded into planes, a lossless one with alpha; frames of an animation are drawn on a canvas.
        Kind::Webp => DecodedSize {
            size,
            working_bytes: 8 * size.pixels(),
        },
        Kind::Gif => DecodedSize {
            size,
            working_bytes: 4 * size.pixels(),
        },
    }
}

//! Sources to pixels. What is truncated or corrupt is an error, never a part of a picture.

mod gif;
mod jpeg;
mod png;
mod webp;

use b2_edge_jpeg::Scale;

use crate::color::Profile;
use crate::error::RenderError;
use crate::geometry::{Plan, Size};
use crate::inspect::Info;
use crate::limits::Limits;
use crate::media_type::Kind;
use crate::pixels::{Layout, Pixels};
use crate::progress::Watcher;

/// A decoded source, as stored.
pub(crate) struct Decoded {
    /// Its pixels.
    pub(crate) pixels: Pixels,
    /// Where the picture ends, in pixels: within the last column, if it was decoded at a smaller scale.
    pub(crate) true_width: f64,
    /// Where the picture ends, in pixels: within the last row.
    pub(crate) true_height: f64,
    /// What its samples mean.
    pub(crate) profile: Profile,
}

/// The size at which a source is decoded.
pub(crate) struct DecodedSize {
    /// The size of the pixels.
    pub(crate) size: Size,
    /// The bytes that the decoder needs besides the pixels.
    pub(crate) working_bytes: u64,
}

impl Decoded {
    /// The same picture in sRGB, if its samples are inks. Light adds up, and inks do not: pixels of inks cannot be
    /// averaged.
    pub(crate) fn without_inks(self) -> Self {
        if self.pixels.layout != Layout::Cmyk {
            return self;
        }
        Self {
            pixels: self.profile.apply(self.pixels),
            profile: Profile::SRGB,
            ..self
        }
    }

    /// Pixels of a source that is decoded at its full size.
    const fn full(pixels: Pixels, profile: Profile) -> Self {
        Self {
            true_width: pixels.width as f64,
            true_height: pixels.height as f64,
            pixels,
            profile,
        }
    }
}

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

//! The pixels of a source, and how many there will be.

use crate::color::Profile;
use crate::geometry::Size;
use crate::pixels::{Layout, Pixels};

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
    pub(super) const fn full(pixels: Pixels, profile: Profile) -> Self {
        Self {
            true_width: pixels.width as f64,
            true_height: pixels.height as f64,
            pixels,
            profile,
        }
    }
}

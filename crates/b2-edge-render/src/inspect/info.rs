//! What a header says.

use crate::error::RenderError;
use crate::geometry::Size;
use crate::media_type::Kind;
use crate::orientation::Orientation;

/// What the header of a source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The type, by content.
    pub kind: Kind,
    /// Pixels in a row, as stored.
    pub width: u32,
    /// Rows, as stored.
    pub height: u32,
    /// How the stored picture is to be seen.
    pub orientation: Orientation,
    /// Whether it has several frames.
    pub is_animated: bool,
    /// Whether it is a progressive JPEG or an interlaced PNG.
    pub is_progressive: bool,
    /// Whether it was compressed with loss: a JPEG, or a WebP that has a lossy picture.
    pub is_lossy: bool,
    /// The samples of a pixel, where the header says it: 1 to 4.
    pub channels: u8,
}

impl Info {
    /// The pixels of the (first) picture.
    #[must_use]
    pub const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Width and height of the upright picture.
    #[must_use]
    pub const fn upright(&self) -> (u32, u32) {
        self.orientation.turn(self.width, self.height)
    }

    pub(crate) const fn upright_size(&self) -> Size {
        let (width, height) = self.upright();
        Size { width, height }
    }
}

/// The error for a header that is not there, or not right.
pub(super) fn broken(kind: Kind, detail: &str) -> RenderError {
    RenderError::Broken(kind, detail.to_owned())
}

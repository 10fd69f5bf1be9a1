//! A preset: how a variant is made of its source.

use super::format::Format;

/// A named way to make variants. Nothing but presets can be requested, so nobody can walk through all sizes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preset {
    /// The size, in pixels, and how the picture gets it.
    pub fit: Fit,
    /// Whether a picture that is smaller than the size is enlarged.
    pub enlarge: bool,
    /// The quality of lossy formats, 1 to 100.
    pub quality: u8,
    /// The formats to choose from by `Accept`, the last for clients that name none of them. Empty: JPEG, and PNG for
    /// a picture with alpha.
    pub formats: Vec<Format>,
    /// `Cache-Control` of the variant.
    pub cache_control: Option<String>,
    /// What becomes of a picture that moves.
    pub animated: Animated,
}

/// How a picture gets the size of a preset. The picture is seen upright, after its EXIF orientation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// The whole picture, within the width and the height that are given. At least one of them is.
    Inside {
        /// The most pixels in a row.
        width: Option<u32>,
        /// The most rows.
        height: Option<u32>,
    },
    /// The size is filled, and what does not fit is cut off.
    Cover {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The part of the picture that remains.
        gravity: Gravity,
    },
    /// The whole picture on a background of exactly this size.
    Contain {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The colour around the picture.
        background: Background,
    },
}

/// The side or corner of a picture that `cover` keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gravity {
    /// The middle.
    #[default]
    Center,
    /// The top.
    North,
    /// The top right corner.
    NorthEast,
    /// The right side.
    East,
    /// The bottom right corner.
    SouthEast,
    /// The bottom.
    South,
    /// The bottom left corner.
    SouthWest,
    /// The left side.
    West,
    /// The top left corner.
    NorthWest,
}

impl Gravity {
    /// Every direction with its name in the configuration.
    pub const NAMES: [(&'static str, Self); 9] = [
        ("center", Self::Center),
        ("north", Self::North),
        ("northeast", Self::NorthEast),
        ("east", Self::East),
        ("southeast", Self::SouthEast),
        ("south", Self::South),
        ("southwest", Self::SouthWest),
        ("west", Self::West),
        ("northwest", Self::NorthWest),
    ];

    /// Where what remains is, from 0 (left, top) to 1 (right, bottom): across and down.
    #[must_use]
    pub const fn position(self) -> (f64, f64) {
        match self {
            Self::Center => (0.5, 0.5),
            Self::North => (0.5, 0.0),
            Self::NorthEast => (1.0, 0.0),
            Self::East => (1.0, 0.5),
            Self::SouthEast => (1.0, 1.0),
            Self::South => (0.5, 1.0),
            Self::SouthWest => (0.0, 1.0),
            Self::West => (0.0, 0.5),
            Self::NorthWest => (0.0, 0.0),
        }
    }
}

/// A colour in sRGB: red, green, blue and alpha, each 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Background(pub [u8; 4]);

impl Default for Background {
    /// White.
    fn default() -> Self {
        Self([255; 4])
    }
}

/// What becomes of a picture with several frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Animated {
    /// The variant shows its first frame.
    #[default]
    First,
    /// The variant is the source itself.
    Original,
}

/// The quality where a preset gives none.
pub const DEFAULT_QUALITY: u8 = 80;

/// The largest width and height, in pixels.
pub const MAX_SIDE: u32 = 8192;

impl Preset {
    /// A preset with this size, and defaults for the rest.
    #[must_use]
    pub const fn new(fit: Fit) -> Self {
        Self {
            fit,
            enlarge: false,
            quality: DEFAULT_QUALITY,
            formats: Vec::new(),
            cache_control: None,
            animated: Animated::First,
        }
    }
}

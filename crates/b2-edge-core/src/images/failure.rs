//! Why a source has no variant, whoever asks.

use serde::{Deserialize, Serialize};

/// Why no engine makes a variant of a source. The same version of the source fails again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RenderFailure {
    /// The source is too large for every engine.
    TooLarge,
    /// The source is no picture, or of a type that is not read.
    Unsupported,
    /// The source is truncated or corrupt.
    Broken,
}

impl RenderFailure {
    /// The status code of the response.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::TooLarge => 413,
            Self::Unsupported => 415,
            Self::Broken => 422,
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::TooLarge => "image_too_large",
            Self::Unsupported => "image_unsupported",
            Self::Broken => "image_broken",
        }
    }

    /// The text of the response where there is no picture for it.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::TooLarge => "The picture is too large to be resized here.",
            Self::Unsupported => "The object is no picture of a type that can be resized.",
            Self::Broken => "The picture is damaged and cannot be resized.",
        }
    }
}

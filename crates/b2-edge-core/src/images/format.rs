//! The formats that a variant can have.

/// An image format that is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// JPEG (ITU-T T.81). It has no alpha channel.
    Jpeg,
    /// PNG (<https://www.w3.org/TR/png-3/>).
    Png,
    /// WebP (RFC 9649), lossy.
    Webp,
    /// AVIF (<https://aomediacodec.github.io/av1-avif/>).
    Avif,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Jpeg, Self::Png, Self::Webp, Self::Avif];

    /// The name in the configuration and in `{format}` of a stored key.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Avif => "avif",
        }
    }

    /// The format with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The media type (<https://www.iana.org/assignments/media-types/>).
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Avif => "image/avif",
        }
    }
}

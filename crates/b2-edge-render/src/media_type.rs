//! The types of pictures: of a source, and of what is sent.

use b2_edge_core::images::format::Format;

/// The type of a source, by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG (<https://www.w3.org/TR/png-3/>), also with several frames.
    Png,
    /// WebP (RFC 9649), also with several frames.
    Webp,
    /// `GIF89a` (<https://www.w3.org/Graphics/GIF/spec-gif89a.txt>) and `GIF87a`.
    Gif,
}

impl Kind {
    /// The name in messages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Webp => "WebP",
            Self::Gif => "GIF",
        }
    }

    /// The type of a source that is passed on.
    #[must_use]
    pub const fn media_type(self) -> MediaType {
        match self {
            Self::Jpeg => MediaType::Jpeg,
            Self::Png => MediaType::Png,
            Self::Webp => MediaType::Webp,
            Self::Gif => MediaType::Gif,
        }
    }
}

/// The type of a result: a [`Format`], or GIF where the source is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `image/jpeg`
    Jpeg,
    /// `image/png`
    Png,
    /// `image/webp`
    Webp,
    /// `image/avif`
    Avif,
    /// `image/gif`
    Gif,
}

impl MediaType {
    /// The value of `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => Format::Jpeg.media_type(),
            Self::Png => Format::Png.media_type(),
            Self::Webp => Format::Webp.media_type(),
            Self::Avif => Format::Avif.media_type(),
            Self::Gif => "image/gif",
        }
    }
}

impl From<Format> for MediaType {
    fn from(format: Format) -> Self {
        match format {
            Format::Jpeg => Self::Jpeg,
            Format::Png => Self::Png,
            Format::Webp => Self::Webp,
            Format::Avif => Self::Avif,
        }
    }
}

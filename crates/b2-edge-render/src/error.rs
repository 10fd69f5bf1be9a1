//! Why there is no variant.

use std::fmt;

use crate::media_type::Kind;

/// Why a source has no variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The source is of a type that is not read: status 415.
    Unsupported(NoImage),
    /// The source is truncated or corrupt: status 422. The text says where, in the words of its decoder.
    Broken(Kind, String),
    /// The source exceeds a limit of this engine: status 413.
    TooLarge(Excess),
    /// This build cannot render it; a build with the feature `full` may.
    NotHere(Lack),
    /// The callback stopped the rendering.
    Stopped,
}

/// A content that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoImage {
    /// No bytes.
    Empty,
    /// HEIC or HEIF.
    Heic,
    /// AVIF.
    Avif,
    /// SVG, or another XML document.
    Svg,
    /// TIFF, also of raw photographs.
    Tiff,
    /// BMP.
    Bmp,
    /// ICO or CUR.
    Ico,
    /// JPEG XL.
    Jxl,
    /// JPEG 2000.
    Jpeg2000,
    /// A JPEG process that is not read, such as lossless or arithmetic coding; the text names it.
    JpegProcess(&'static str),
    /// Anything else.
    Unknown,
}

/// A limit that is exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// The bytes of the source.
    Bytes,
    /// The pixels of the source, or those that would be decoded.
    Pixels,
    /// The scans of a JPEG.
    Scans,
    /// The memory that decoding takes.
    Memory,
    /// The sides of the result: the format has a maximum.
    Sides,
}

/// What a build without the feature `full` lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The conversion of CMYK.
    Cmyk,
    /// The conversion from a colour profile that is too large to be passed on, or does not fit the result.
    ColorProfile,
    /// The encoder of a format.
    Format,
}

impl RenderError {
    /// The reason, as a label for the log.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Unsupported(content) => content.reason(),
            Self::Broken(..) => "broken_image",
            Self::TooLarge(excess) => excess.reason(),
            Self::NotHere(lack) => lack.reason(),
            Self::Stopped => "stopped",
        }
    }
}

impl NoImage {
    const fn reason(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Heic => "heic",
            Self::Avif => "avif",
            Self::Svg => "svg",
            Self::Tiff => "tiff",
            Self::Bmp => "bmp",
            Self::Ico => "ico",
            Self::Jxl => "jpeg_xl",
            Self::Jpeg2000 => "jpeg_2000",
            Self::JpegProcess(_) => "jpeg_process",
            Self::Unknown => "not_an_image",
        }
    }
}

impl Excess {
    const fn reason(self) -> &'static str {
        match self {
            Self::Bytes => "too_many_bytes",
            Self::Pixels => "too_many_pixels",
            Self::Scans => "too_many_scans",
            Self::Memory => "too_much_memory",
            Self::Sides => "too_large_for_format",
        }
    }
}

impl Lack {
    const fn reason(self) -> &'static str {
        match self {
            Self::Cmyk => "cmyk",
            Self::ColorProfile => "color_profile",
            Self::Format => "format",
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(content) => content.fmt(f),
            Self::Broken(kind, detail) => {
                write!(f, "the {} is truncated or corrupt: {detail}", kind.as_str())
            }
            Self::TooLarge(excess) => excess.fmt(f),
            Self::NotHere(lack) => lack.fmt(f),
            Self::Stopped => f.write_str("the rendering was stopped"),
        }
    }
}

impl fmt::Display for NoImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Empty => return f.write_str("the source is empty"),
            Self::Unknown => return f.write_str("the source is not an image of a known type"),
            Self::JpegProcess(process) => {
                return write!(f, "this kind of JPEG is not supported: {process}");
            }
            Self::Heic => "HEIC",
            Self::Avif => "AVIF",
            Self::Svg => "SVG",
            Self::Tiff => "TIFF",
            Self::Bmp => "BMP",
            Self::Ico => "ICO",
            Self::Jxl => "JPEG XL",
            Self::Jpeg2000 => "JPEG 2000",
        };
        write!(f, "sources of the type {name} are not supported")
    }
}

impl fmt::Display for Excess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "the source has more bytes than this engine reads",
            Self::Pixels => "the source has more pixels than this engine decodes",
            Self::Scans => "the JPEG has more scans than this engine decodes",
            Self::Memory => "decoding the source takes more memory than this engine has",
            Self::Sides => "the variant is wider or higher than its format allows",
        })
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cmyk => "this engine does not convert CMYK",
            Self::ColorProfile => "this engine does not convert from the color profile",
            Self::Format => "this engine does not write the format",
        })
    }
}

impl std::error::Error for RenderError {}

impl From<b2_edge_jpeg::Error> for RenderError {
    fn from(error: b2_edge_jpeg::Error) -> Self {
        use b2_edge_jpeg::Error;
        match error {
            Error::Unsupported(process) => Self::Unsupported(NoImage::JpegProcess(process)),
            Error::Limit("scans") => Self::TooLarge(Excess::Scans),
            Error::Limit("memory") => Self::TooLarge(Excess::Memory),
            Error::Limit(_) => Self::TooLarge(Excess::Pixels),
            Error::Stopped => Self::Stopped,
            Error::NotJpeg | Error::Truncated | Error::Corrupt(_) => {
                Self::Broken(Kind::Jpeg, error.to_string())
            }
        }
    }
}

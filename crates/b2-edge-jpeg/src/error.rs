//! Why a file was not decoded.

use std::fmt;

/// Why a file was not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The data does not start like a JPEG file.
    NotJpeg,
    /// A valid file that uses this part of the standard, which the decoder does not implement.
    Unsupported(&'static str),
    /// The data ends before the picture is complete.
    Truncated,
    /// The data contradicts the standard, or itself, in this way.
    Corrupt(&'static str),
    /// The file exceeds this limit; nothing was allocated for its pixels.
    Limit(&'static str),
    /// The caller's watch function stopped the decoder.
    Stopped,
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJpeg => formatter.write_str("the data is not a JPEG file"),
            Self::Unsupported(what) => write!(formatter, "{what} is not supported"),
            Self::Truncated => formatter.write_str("the data ends before the picture is complete"),
            Self::Corrupt(how) => write!(formatter, "the data is corrupt: {how}"),
            Self::Limit(which) => write!(formatter, "the picture exceeds the limit of {which}"),
            Self::Stopped => formatter.write_str("decoding was stopped"),
        }
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_is_a_sentence() {
        let cases = [
            (Error::NotJpeg, "the data is not a JPEG file"),
            (
                Error::Unsupported("arithmetic coding"),
                "arithmetic coding is not supported",
            ),
            (
                Error::Truncated,
                "the data ends before the picture is complete",
            ),
            (
                Error::Corrupt("a code that no table has"),
                "the data is corrupt: a code that no table has",
            ),
            (
                Error::Limit("pixels"),
                "the picture exceeds the limit of pixels",
            ),
            (Error::Stopped, "decoding was stopped"),
        ];
        for (error, text) in cases {
            assert_eq!(error.to_string(), text, "{error:?}");
        }
    }
}

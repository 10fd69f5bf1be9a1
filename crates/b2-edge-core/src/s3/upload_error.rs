//! Why the body of an upload is refused.

use std::fmt;

use crate::s3::checksum::ChecksumAlgorithm;

/// What is wrong with the body of an upload. After any of these, no object may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploadError {
    /// The body is not what its encoding demands: a chunk size, a line end, a trailer, or bytes after the end.
    Framing,
    /// The body ended before the declared length or before the end of its encoding.
    TooShort,
    /// The body is longer than declared.
    TooLong,
    /// The signature of a chunk is not the one that its content has.
    ChunkSignature,
    /// The signature of the trailer is missing, or is not the one that the trailer has.
    TrailerSignature,
    /// The declared trailer is missing.
    TrailerMissing,
    /// The checksum is not that of the content.
    Checksum(ChecksumAlgorithm),
}

impl UploadError {
    /// The value for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Framing => "upload_framing",
            Self::TooShort => "upload_too_short",
            Self::TooLong => "upload_too_long",
            Self::ChunkSignature => "chunk_signature_mismatch",
            Self::TrailerSignature => "trailer_signature_mismatch",
            Self::TrailerMissing => "trailer_missing",
            Self::Checksum(_) => "checksum_mismatch",
        }
    }
}

impl fmt::Display for UploadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Framing => f.write_str("the body is not valid in the encoding aws-chunked"),
            Self::TooShort => f.write_str("the body ended before its declared length or its end"),
            Self::TooLong => f.write_str("the body is longer than its declared length"),
            Self::ChunkSignature => f.write_str("the signature of a chunk is wrong"),
            Self::TrailerSignature => {
                f.write_str("the signature of the trailer is missing or wrong")
            }
            Self::TrailerMissing => f.write_str("the trailer that x-amz-trailer names is missing"),
            Self::Checksum(algorithm) => {
                write!(f, "{} does not match the content", algorithm.header())
            }
        }
    }
}

impl std::error::Error for UploadError {}

/// Why a piece of a body was not processed to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError<E> {
    /// The body is refused.
    Upload(UploadError),
    /// The receiver of the content did not accept it.
    Forward(E),
}

impl<E> From<UploadError> for PushError<E> {
    fn from(error: UploadError) -> Self {
        Self::Upload(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_own_reason_and_names_its_header() {
        for (error, reason, text) in [
            (UploadError::Framing, "upload_framing", "aws-chunked"),
            (UploadError::TooShort, "upload_too_short", "ended before"),
            (UploadError::TooLong, "upload_too_long", "longer"),
            (
                UploadError::ChunkSignature,
                "chunk_signature_mismatch",
                "chunk",
            ),
            (
                UploadError::TrailerSignature,
                "trailer_signature_mismatch",
                "trailer",
            ),
            (
                UploadError::TrailerMissing,
                "trailer_missing",
                "x-amz-trailer",
            ),
            (
                UploadError::Checksum(ChecksumAlgorithm::Crc64Nvme),
                "checksum_mismatch",
                "x-amz-checksum-crc64nvme",
            ),
        ] {
            assert_eq!(error.reason(), reason, "{error:?}");
            assert!(error.to_string().contains(text), "{error}");
        }
    }
}

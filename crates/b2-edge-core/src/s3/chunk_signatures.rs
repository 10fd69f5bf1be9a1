//! The signatures of the chunks and the trailer of an `aws-chunked` body. Each is calculated over the one before it;
//! the first over that of the request, the seed
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>).

use std::fmt;

use aws_sigv4::sign::v4::calculate_signature;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::s3::hex::hex;
use crate::s3::sigv4::EMPTY_SHA256;

/// What the signatures of a body depend on, up to the chunk that was verified last. `Debug` does not print the key.
#[derive(Clone)]
pub struct ChunkSignatures {
    signing_key: Vec<u8>,
    timestamp: String,
    scope: String,
    previous: String,
}

impl ChunkSignatures {
    /// The signatures after a request with a valid signature.
    ///
    /// * `signing_key`: that of [`aws_sigv4::sign::v4::generate_signing_key`], for the region of the scope.
    /// * `timestamp`: the request's `x-amz-date`, `20130524T000000Z`.
    /// * `scope`: the request's credential scope without the key ID, `20130524/us-east-1/s3/aws4_request`.
    /// * `seed`: the signature of the request, in lower-case hexadecimal digits.
    #[must_use]
    pub fn new(
        signing_key: impl AsRef<[u8]>,
        timestamp: impl Into<String>,
        scope: impl Into<String>,
        seed: impl Into<String>,
    ) -> Self {
        Self {
            signing_key: signing_key.as_ref().to_vec(),
            timestamp: timestamp.into(),
            scope: scope.into(),
            previous: seed.into(),
        }
    }

    /// Whether `signature` is that of the next chunk, with this content.
    pub(crate) fn verify_chunk(&mut self, content: Sha256, signature: &str) -> bool {
        let digest = hex(&content.finalize());
        // The empty digest is the place of the headers that a chunk could have.
        self.verify(
            "AWS4-HMAC-SHA256-PAYLOAD",
            &format!("{EMPTY_SHA256}\n{digest}"),
            signature,
        )
    }

    /// Whether `signature` is that of the trailer after the last chunk.
    pub(crate) fn verify_trailer(&mut self, name: &str, value: &str, signature: &str) -> bool {
        let digest = hex(&Sha256::digest(format!("{name}:{value}\n")));
        self.verify("AWS4-HMAC-SHA256-TRAILER", &digest, signature)
    }

    fn verify(&mut self, algorithm: &str, digests: &str, signature: &str) -> bool {
        let to_sign = format!(
            "{algorithm}\n{}\n{}\n{}\n{digests}",
            self.timestamp, self.scope, self.previous
        );
        let expected = calculate_signature(&self.signing_key, to_sign.as_bytes());
        let is_valid = expected.as_bytes().ct_eq(signature.as_bytes()).into();
        self.previous = expected;
        is_valid
    }
}

impl fmt::Debug for ChunkSignatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChunkSignatures")
            .field("timestamp", &self.timestamp)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_not_printed() {
        let signatures = ChunkSignatures::new([7, 7, 7], "20130524T000000Z", "scope", "seed");
        let printed = format!("{signatures:?}");
        assert!(printed.contains("20130524T000000Z"), "{printed}");
        assert!(!printed.contains('7'), "{printed}");
    }
}

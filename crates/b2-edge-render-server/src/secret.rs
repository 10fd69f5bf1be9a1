//! A secret, compared in constant time and never printed.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A key from the environment.
#[derive(Clone)]
pub(crate) struct Secret(Vec<u8>);

impl Secret {
    pub(crate) fn new(text: impl Into<Vec<u8>>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether `other` is this secret. The time depends on the length of `other` alone: the hashes are compared.
    pub(crate) fn equals(&self, other: &[u8]) -> bool {
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(other)).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_bytes_are_equal() {
        let secret = Secret::new("s3cr3t");
        assert!(secret.equals(b"s3cr3t"));
        for other in [&b""[..], b"s3cr3T", b"s3cr3t ", b"s3cr3t\0", b"s3cr3"] {
            assert!(!secret.equals(other), "{other:?}");
        }
    }

    #[test]
    fn debug_output_has_no_secret() {
        assert_eq!(format!("{:?}", Secret::new("s3cr3t")), "Secret");
    }
}

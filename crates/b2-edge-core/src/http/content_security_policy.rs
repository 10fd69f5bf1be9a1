//! Content Security Policy, Level 3 (<https://www.w3.org/TR/CSP3/>).

use sha2::{Digest as _, Sha256};

/// The hash source that allows an inline style or script with this text.
#[must_use]
pub fn hash_source(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let base64 = base64_simd::STANDARD.encode_to_string(hash);
    format!("'sha256-{base64}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_source_is_what_the_specification_shows() {
        // Section 8.4, of `alert('Hello, world.');`.
        assert_eq!(
            hash_source("alert('Hello, world.');"),
            "'sha256-qznLcsROx4GACP2dm0UCKCzCG+HiZ1guq6ZZDob/Tng='"
        );
    }
}

//! The path of an object on the wire, and its canonical encoding, which B2 signs.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

/// Everything but RFC 3986's unreserved characters and the slash, as `SigV4` for S3 requires:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html> (`UriEncode`).
const OUTSIDE_OBJECT_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The canonical path of a key, with its leading slash: `a b` becomes `/a%20b`.
#[must_use]
pub fn encode_key(key: &str) -> String {
    format!("/{}", percent_encode(key.as_bytes(), OUTSIDE_OBJECT_PATH))
}

/// A key in a listing with `encoding-type=url`.
pub(crate) fn encode_in_listing(key: &str) -> String {
    percent_encode(key.as_bytes(), OUTSIDE_OBJECT_PATH).to_string()
}

/// Whether `raw_path` is the canonical encoding of its bytes.
pub(crate) fn is_canonical(raw_path: &str) -> bool {
    let decoded: Cow<'_, [u8]> = percent_decode_str(raw_path).into();
    percent_encode(&decoded, OUTSIDE_OBJECT_PATH)
        .flat_map(str::bytes)
        .eq(raw_path.bytes())
}

/// The key of a raw path; `None` if it does not decode to UTF-8.
pub(crate) fn key_of(raw_path: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(raw_path.strip_prefix('/').unwrap_or(raw_path))
        .decode_utf8()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_encoding_of_a_key_is_canonical() {
        for key in [
            "a", "a b", "a+b", "a//b", "ä/%", "x/", "~-._", "'()*!", "a\\b",
        ] {
            let path = encode_key(key);
            assert!(is_canonical(&path), "{path}");
            assert_eq!(key_of(&path).as_deref(), Some(key));
        }
        for path in [
            "/a+b", "/%61", "/a%2Fb", "/%c3%a4", "/a!b", "/%zz", "/100%", "/a b",
        ] {
            assert!(!is_canonical(path), "{path}");
        }
    }
}

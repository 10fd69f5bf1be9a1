//! Object keys: decoded once from the path of the request, encoded once for the origin.
//!
//! S3 identifies an object by the decoded bytes of the path: `/a%2Fb` and `/a/b` are the same key, `/a+b` and
//! `/a%20b` are not. The encoded path is sent as it is signed: RFC 3986's unreserved characters and `/` stay,
//! every other byte becomes `%XX`
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>, `UriEncode`).
//!
//! Invariants:
//! - A key is valid UTF-8, 1 to 1,024 bytes, without NUL: what S3 and B2 can store.
//! - A key contains a character other than `/`, so that a server that merges slashes cannot mistake it for
//!   the bucket.
//! - A key has no `.` or `..` segment, because [`RequestPath`] rejects them.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::path::{PathError, RequestPath};

/// What S3's `UriEncode` escapes in a path: everything except `A-Z a-z 0-9 - . _ ~` and `/`.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// The longest key in bytes (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>; B2 has
/// the same limit).
pub const MAX_KEY_BYTES: usize = 1024;

/// The key of an object, decoded.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ObjectKey(String);

/// Why a path names no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// The path is `/`, or only slashes once decoded: it addresses the bucket.
    Bucket,
    /// The path is that of a folder, and the key of its index document would be too long.
    NoIndex,
    /// The path begins with none of the configured base paths.
    OutsideBasePath,
    /// The path itself is invalid.
    Path(PathError),
}

impl From<PathError> for KeyError {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

impl KeyError {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Bucket => "key_empty",
            Self::NoIndex => "index_key_too_long",
            Self::OutsideBasePath => "outside_base_path",
            Self::Path(error) => error.reason(),
        }
    }

    /// The text of the response.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Bucket | Self::NoIndex | Self::OutsideBasePath => {
                "There is no object at this address."
            }
            Self::Path(error) => error.message(),
        }
    }
}

impl ObjectKey {
    /// Checks a key whose text comes from a [`RequestPath`], which guarantees the other invariants.
    ///
    /// # Errors
    ///
    /// [`KeyError::Bucket`] for an empty key or one of slashes only, [`PathError::TooLong`].
    pub(crate) fn new(key: String) -> Result<Self, KeyError> {
        if key.len() > MAX_KEY_BYTES {
            return Err(KeyError::Path(PathError::TooLong));
        }
        if key.bytes().all(|byte| byte == b'/') {
            return Err(KeyError::Bucket);
        }
        Ok(Self(key))
    }

    /// The key that the path of a request target names, byte for byte.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] for a path that names no object; see the invariants of this module.
    pub fn from_path(path: &[u8]) -> Result<Self, KeyError> {
        Self::new(RequestPath::parse(path)?.relative().to_owned())
    }

    /// The key with this text, which is not encoded.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] for a text that is no key; see the invariants of this module.
    pub fn from_decoded(key: &str) -> Result<Self, KeyError> {
        Self::new(
            RequestPath::decoded(format!("/{key}"))?
                .relative()
                .to_owned(),
        )
    }

    /// This key with `suffix` appended.
    ///
    /// # Errors
    ///
    /// [`PathError::TooLong`].
    pub fn with_suffix(&self, suffix: &str) -> Result<Self, KeyError> {
        Self::new(format!("{}{suffix}", self.0))
    }

    /// The decoded key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path that is signed and sent to the origin: `/` and the encoded key.
    #[must_use]
    pub fn to_path(&self) -> String {
        let mut path = String::with_capacity(self.0.len() + 16);
        path.push('/');
        path.extend(encoded(&self.0));
        path
    }
}

/// Percent-encodes a key or a part of one.
pub fn encoded(text: &str) -> impl Iterator<Item = &str> {
    utf8_percent_encode(text, ESCAPED)
}

impl fmt::Debug for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectKey({:?})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent_for(path: &str) -> Result<String, KeyError> {
        ObjectKey::from_path(path.as_bytes()).map(|key| key.to_path())
    }

    #[test]
    fn a_key_is_decoded_once_and_encoded_once() {
        for (path, key, sent) in [
            ("/a", "a", "/a"),
            ("/a%20b", "a b", "/a%20b"),
            ("/a+b", "a+b", "/a%2Bb"),
            ("/a%2Bb", "a+b", "/a%2Bb"),
            ("/a%2bb", "a+b", "/a%2Bb"),
            ("/100%25", "100%", "/100%25"),
            ("/a%2520b", "a%20b", "/a%2520b"),
            ("/ä", "ä", "/%C3%A4"),
            ("/%c3%a4", "ä", "/%C3%A4"),
            ("/日本", "日本", "/%E6%97%A5%E6%9C%AC"),
            ("/'()*!~", "'()*!~", "/%27%28%29%2A%21~"),
            ("/[]{}|^\"\\", "[]{}|^\"\\", "/%5B%5D%7B%7D%7C%5E%22%5C"),
            ("/a//b", "a//b", "/a//b"),
            ("//a", "/a", "//a"),
            ("/a/", "a/", "/a/"),
            ("/a%2Fb", "a/b", "/a/b"),
            ("/a%5Cb", "a\\b", "/a%5Cb"),
            ("/%41", "A", "/A"),
            (
                "/a&b=c;d:e@f,g$h",
                "a&b=c;d:e@f,g$h",
                "/a%26b%3Dc%3Bd%3Ae%40f%2Cg%24h",
            ),
            ("/a%3Fb%23c", "a?b#c", "/a%3Fb%23c"),
            ("/a%0Ab", "a\nb", "/a%0Ab"),
            ("/...", "...", "/..."),
            ("/.well-known/x", ".well-known/x", "/.well-known/x"),
            ("/a..b/.c", "a..b/.c", "/a..b/.c"),
        ] {
            let parsed = ObjectKey::from_path(path.as_bytes()).expect(path);
            assert_eq!(parsed.as_str(), key, "key of {path}");
            assert_eq!(parsed.to_path(), sent, "sent for {path}");
        }
    }

    #[test]
    fn a_path_that_would_address_the_bucket_names_no_object() {
        for path in ["/", "//", "///", "/%2F", "/%2f/%2F"] {
            assert_eq!(sent_for(path), Err(KeyError::Bucket), "{path}");
        }
    }

    #[test]
    fn a_dot_segment_is_refused_in_any_encoding() {
        for path in [
            "/.",
            "/..",
            "/./",
            "/../",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/%2E",
            "/a%2F..%2Fb",
            "/a/..",
        ] {
            assert_eq!(
                sent_for(path),
                Err(KeyError::Path(PathError::DotSegment)),
                "{path}"
            );
        }
    }

    #[test]
    fn broken_paths_are_refused_with_their_reason() {
        for (path, why) in [
            (&b"/%zz"[..], KeyError::Path(PathError::BadEscape)),
            (b"/%", KeyError::Path(PathError::BadEscape)),
            (b"/a%2", KeyError::Path(PathError::BadEscape)),
            (b"/%%41", KeyError::Path(PathError::BadEscape)),
            (b"/%u0041", KeyError::Path(PathError::BadEscape)),
            (b"/%ff", KeyError::Path(PathError::NotUtf8)),
            (b"/\xff", KeyError::Path(PathError::NotUtf8)),
            (b"/%C3", KeyError::Path(PathError::NotUtf8)),
            (b"/%ED%A0%80", KeyError::Path(PathError::NotUtf8)),
            (b"/%C0%AF", KeyError::Path(PathError::NotUtf8)),
            (b"/%00", KeyError::Path(PathError::Nul)),
            (b"/a%00b", KeyError::Path(PathError::Nul)),
            (b"*", KeyError::Path(PathError::NotAPath)),
            (b"", KeyError::Path(PathError::NotAPath)),
            (b"example.com:443", KeyError::Path(PathError::NotAPath)),
        ] {
            assert_eq!(
                ObjectKey::from_path(path),
                Err(why),
                "{}",
                path.escape_ascii()
            );
        }
    }

    #[test]
    fn the_limit_of_1024_bytes_counts_decoded_bytes() {
        let longest = format!("/{}", "%C3%A4".repeat(512));
        assert_eq!(
            ObjectKey::from_path(longest.as_bytes()).map(|k| k.as_str().len()),
            Ok(MAX_KEY_BYTES)
        );
        for path in [format!("/{}", "a".repeat(1025)), format!("{longest}a")] {
            assert_eq!(
                sent_for(&path),
                Err(KeyError::Path(PathError::TooLong)),
                "{} bytes",
                path.len()
            );
        }
    }

    #[test]
    fn decoding_what_is_sent_gives_the_key_again() {
        for byte in 1..=0x7f_u8 {
            let key = format!("a{}b", char::from(byte));
            let path = ObjectKey(key.clone()).to_path();
            assert_eq!(
                ObjectKey::from_path(path.as_bytes()),
                Ok(ObjectKey(key)),
                "byte {byte:#04x}"
            );
        }
    }

    #[test]
    fn any_bytes_give_a_key_that_is_sent_as_it_was_meant_or_a_refusal() {
        const LIKELY: &[u8] = b"//..%%2eEfF0aZ+~\\ \x00\xc3\xa4\xff";
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100_000 {
            let path: Vec<u8> = (0..random.usize(0..12))
                .map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .collect();
            let path = [b"/", &path[..]].concat();
            let Ok(key) = ObjectKey::from_path(&path) else {
                continue;
            };
            let sent = key.to_path();
            let shown = path.escape_ascii();
            assert_eq!(ObjectKey::from_path(sent.as_bytes()), Ok(key), "{shown}");
            assert!(
                sent.split('/')
                    .all(|segment| !matches!(segment, "." | "..")),
                "{shown}"
            );
            assert!(sent.bytes().any(|byte| byte != b'/'), "{shown}");
            let is_sendable = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/%".contains(&byte);
            assert!(sent.bytes().all(is_sendable), "{shown}");
        }
    }

    #[test]
    fn every_reason_is_distinct() {
        let all = [
            KeyError::Bucket,
            KeyError::NoIndex,
            KeyError::OutsideBasePath,
            KeyError::Path(PathError::BadEscape),
            KeyError::Path(PathError::NotUtf8),
            KeyError::Path(PathError::Nul),
            KeyError::Path(PathError::TooLong),
            KeyError::Path(PathError::DotSegment),
            KeyError::Path(PathError::NotAPath),
        ];
        let reasons: std::collections::BTreeSet<_> = all.iter().map(|e| e.reason()).collect();
        assert_eq!(reasons.len(), all.len());
    }
}

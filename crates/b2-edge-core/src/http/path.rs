//! The path of a request, decoded once: what the client asks for, before it is known which object that is.
//!
//! Invariants: valid UTF-8 that begins with `/`, at most 1,024 bytes after that, without NUL, and without
//! a `.` or `..` segment. A URL with such a segment means another URL (RFC 3986, section 5.2.4), and
//! browsers, proxies and HTTP libraries resolve it each in its own place. It is refused, not resolved and
//! not passed on.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use crate::s3::object_key::{KeyError, MAX_KEY_BYTES};

/// A decoded path, such as `/photos/a b.jpg`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPath(String);

impl RequestPath {
    /// Decodes the path of a request target, as it was sent.
    ///
    /// # Errors
    ///
    /// A [`KeyError`] for what breaks an invariant of this module.
    pub fn parse(path: &[u8]) -> Result<Self, KeyError> {
        if !path.starts_with(b"/") {
            return Err(KeyError::NotAPath);
        }
        if has_bad_escape(path) {
            return Err(KeyError::BadEscape);
        }
        let decoded: Cow<'_, [u8]> = percent_decode(path).into();
        let path = String::from_utf8(decoded.into_owned()).map_err(|_| KeyError::NotUtf8)?;
        Self::decoded(path)
    }

    /// Takes a path that is decoded already.
    ///
    /// # Errors
    ///
    /// As [`RequestPath::parse`].
    pub fn decoded(path: String) -> Result<Self, KeyError> {
        if !path.starts_with('/') {
            return Err(KeyError::NotAPath);
        }
        if path.len() > 1 + MAX_KEY_BYTES {
            return Err(KeyError::TooLong);
        }
        if path.contains('\0') {
            return Err(KeyError::Nul);
        }
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(KeyError::DotSegment);
        }
        Ok(Self(path))
    }

    /// The decoded path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What follows its first slash.
    #[must_use]
    pub fn relative(&self) -> &str {
        self.0.get(1..).unwrap_or_default()
    }

    /// Whether it names a folder: it ends in a slash.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.0.ends_with('/')
    }

    /// Whether its last segment has an extension, as `/app.js` has and `/.well-known` has not.
    #[must_use]
    pub fn has_extension(&self) -> bool {
        let name = self.0.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.')
            .is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty())
    }
}

/// Whether some `%` does not begin an escape (RFC 3986, section 2.1).
fn has_bad_escape(encoded: &[u8]) -> bool {
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        let after = rest.get(at + 1..).unwrap_or_default();
        match after {
            [high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => rest = after,
            _ => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_decoded_and_keeps_all_of_its_slashes() {
        for (sent, decoded, is_folder) in [
            ("/", "/", true),
            ("//", "//", true),
            ("/a%20b/", "/a b/", true),
            ("/a%2Fb", "/a/b", false),
            ("/a%2F", "/a/", true),
            ("/%C3%A4+", "/ä+", false),
        ] {
            let path = RequestPath::parse(sent.as_bytes()).expect(sent);
            assert_eq!(path.as_str(), decoded, "{sent}");
            assert_eq!(path.is_folder(), is_folder, "{sent}");
            assert_eq!(format!("/{}", path.relative()), decoded, "{sent}");
        }
    }

    #[test]
    fn an_extension_is_something_after_a_dot_in_the_last_segment_that_is_not_all_of_it() {
        for (sent, has_extension) in [
            ("/app.js", true),
            ("/a.tar.gz", true),
            ("/v1.2/users", false),
            ("/users", false),
            ("/", false),
            ("/a.b/", false),
            ("/.well-known", false),
            ("/name.", false),
        ] {
            let path = RequestPath::parse(sent.as_bytes()).expect(sent);
            assert_eq!(path.has_extension(), has_extension, "{sent}");
        }
    }
}

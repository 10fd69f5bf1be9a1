//! The path of a request, percent-decoded once. Which object it names is decided in `site`.
//!
//! Invariants: valid UTF-8 that begins with `/`, at most 1,024 bytes after that, no NUL, and no `.` or `..`
//! segment. Browsers, proxies and HTTP libraries resolve such segments (RFC 3986, section 5.2.4), each at a
//! different point, so the object that is read could differ from the one that was requested. They are
//! therefore rejected, neither resolved nor passed on.

/// The longest decoded path in bytes: a slash and the longest S3 object key
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>).
pub const MAX_PATH_BYTES: usize = 1 + 1024;

/// A decoded path, such as `/photos/a b.jpg`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestPath(String);

/// Why the path of a request target is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathError {
    /// A `%` that is not followed by two hexadecimal digits.
    BadEscape,
    /// The decoded bytes are not valid UTF-8.
    NotUtf8,
    /// The decoded path contains a NUL byte.
    Nul,
    /// More than [`MAX_PATH_BYTES`] bytes once decoded.
    TooLong,
    /// A `.` or `..` segment once decoded.
    DotSegment,
    /// The request target is in another form than a path: `*` or an authority.
    NotAPath,
}

impl PathError {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::BadEscape => "key_bad_escape",
            Self::NotUtf8 => "key_not_utf8",
            Self::Nul => "key_nul",
            Self::TooLong => "key_too_long",
            Self::DotSegment => "key_dot_segment",
            Self::NotAPath => "target_not_a_path",
        }
    }

    /// The text of the response.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::BadEscape => {
                "The path has a % that is not followed by two hexadecimal digits. Write a percent sign as %25."
            }
            Self::NotUtf8 => "The path is not valid UTF-8 once decoded.",
            Self::Nul => "The path has a NUL byte.",
            Self::TooLong => "The path is longer than 1,024 bytes once decoded.",
            Self::DotSegment => "The path has a segment that is . or .. once decoded.",
            Self::NotAPath => "The request target is not a path.",
        }
    }
}

impl RequestPath {
    /// Decodes the path of a request target.
    ///
    /// # Errors
    ///
    /// A [`PathError`] if the path violates an invariant of this module.
    pub fn parse(path: &[u8]) -> Result<Self, PathError> {
        if !path.starts_with(b"/") {
            return Err(PathError::NotAPath);
        }
        let decoded = decode(path).ok_or(PathError::BadEscape)?;
        let path = String::from_utf8(decoded).map_err(|_| PathError::NotUtf8)?;
        Self::decoded(path)
    }

    /// Checks a path that is already decoded.
    ///
    /// # Errors
    ///
    /// A [`PathError`] if the path violates an invariant of this module.
    pub fn decoded(path: String) -> Result<Self, PathError> {
        if !path.starts_with('/') {
            return Err(PathError::NotAPath);
        }
        if path.len() > MAX_PATH_BYTES {
            return Err(PathError::TooLong);
        }
        if path.contains('\0') {
            return Err(PathError::Nul);
        }
        // Few paths have a segment that begins with a dot at all.
        let has_dot = path.as_bytes().windows(2).any(|pair| pair == b"/.");
        if has_dot && path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(PathError::DotSegment);
        }
        Ok(Self(path))
    }

    /// The decoded path, with its leading slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The decoded path without its leading slash.
    #[must_use]
    pub fn relative(&self) -> &str {
        self.0.get(1..).unwrap_or_default()
    }

    /// Whether the path names a folder, that is, ends in a slash.
    #[must_use]
    pub fn is_folder(&self) -> bool {
        self.0.ends_with('/')
    }

    /// Whether the last segment has an extension: `/app.js` does, `/.well-known` does not.
    #[must_use]
    pub fn has_extension(&self) -> bool {
        let name = self.0.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.')
            .is_some_and(|(stem, extension)| !stem.is_empty() && !extension.is_empty())
    }
}

/// The bytes that a percent-encoded text stands for; `None` if a `%` is not followed by two hexadecimal digits (RFC 3986,
/// section 2.1).
fn decode(encoded: &[u8]) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(encoded.len());
    let mut rest = encoded;
    while let Some(at) = rest.iter().position(|&byte| byte == b'%') {
        let (plain, escape) = rest.split_at(at);
        decoded.extend_from_slice(plain);
        let [_, high, low, after @ ..] = escape else {
            return None;
        };
        decoded.push(digit(*high)? << 4 | digit(*low)?);
        rest = after;
    }
    decoded.extend_from_slice(rest);
    Some(decoded)
}

/// Whether a `%` is not followed by two hexadecimal digits (RFC 3986, section 2.1).
pub(crate) fn has_bad_escape(encoded: &[u8]) -> bool {
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

//! Splits a request target into path and query and leaves both as they were sent.
//!
//! URL libraries resolve `..` and turn `\` into `/`, which would change the object that the path names.

/// Path and query of a request target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'t> {
    /// The path. `/` if an absolute target has none; `*` for `OPTIONS *`; empty if the target is empty.
    pub path: &'t [u8],
    /// What follows the first `?`; `None` if it is not UTF-8.
    pub query: Option<&'t str>,
}

impl<'t> Target<'t> {
    /// Splits a target in origin form, `/path?query`, or absolute form, `scheme://host/path?query` (RFC 9112,
    /// section 3.2).
    #[must_use]
    pub fn split(target: &'t [u8]) -> Self {
        let (target, path_if_none) = match after_authority(target) {
            Some(rest) => (rest, &b"/"[..]),
            None => (target, &b""[..]),
        };
        let (path, query) = match target.iter().position(|&byte| byte == b'?') {
            Some(at) => (target.get(..at), target.get(at + 1..)),
            None => (Some(target), None),
        };
        Self {
            path: path.filter(|path| !path.is_empty()).unwrap_or(path_if_none),
            query: query.and_then(|query| std::str::from_utf8(query).ok()),
        }
    }
}

/// What follows `scheme://authority`, which ends at the first `/` or `?` (RFC 3986, section 3.2); `None` for
/// a target in another form.
fn after_authority(target: &[u8]) -> Option<&[u8]> {
    if target.starts_with(b"/") {
        return None;
    }
    let scheme_end = target.windows(3).position(|window| window == b"://")?;
    let rest = target.get(scheme_end + 3..)?;
    let authority_end = rest.iter().position(|byte| b"/?".contains(byte));
    rest.get(authority_end.unwrap_or(rest.len())..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_split_and_left_as_it_is() {
        for (target, path, query) in [
            ("/a/b", "/a/b", None),
            ("/a?b=c?d", "/a", Some("b=c?d")),
            ("/?pop=AMS", "/", Some("pop=AMS")),
            ("/a/../b", "/a/../b", None),
            ("/a\\b", "/a\\b", None),
            ("//a://b/c", "//a://b/c", None),
            ("/a?", "/a", Some("")),
            (
                "http://127.0.0.1:7676/a/%2e%2e/b?x",
                "/a/%2e%2e/b",
                Some("x"),
            ),
            ("https://example.com//a", "//a", None),
            ("https://example.com", "/", None),
            ("https://example.com?pop=AMS", "/", Some("pop=AMS")),
            (
                "https://example.com/a?u=http://b/c",
                "/a",
                Some("u=http://b/c"),
            ),
            ("*", "*", None),
            ("", "", None),
        ] {
            let split = Target::split(target.as_bytes());
            assert_eq!(
                (split.path, split.query),
                (path.as_bytes(), query),
                "{target}"
            );
        }
    }

    #[test]
    fn a_query_that_is_not_text_is_no_query() {
        let split = Target::split(b"/a?pop=\xff");
        assert_eq!((split.path, split.query), (&b"/a"[..], None));
    }
}

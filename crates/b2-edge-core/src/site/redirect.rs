//! Configured redirects from a path, or all paths with a prefix, to another.
//!
//! Invariant: scheme and host of the location come from the configuration alone. What the star of `from`
//! matches is encoded and appended to a path that `to` contains.

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::http::path::RequestPath;
use crate::http::path_pattern::PathPattern;
use crate::s3::object_key::encoded;

/// Characters of a query that are not allowed in a header; non-ASCII is escaped as well.
const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#');

/// An item of `redirects`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// `from`: a path, or a path prefix and a star.
    pub from: PathPattern,
    /// `to`.
    pub to: RedirectTarget,
    /// `status`: 301, 302, 303, 307 or 308, default 301.
    pub status: u16,
}

impl Redirect {
    /// The location for a path, of which the star matches `captured`; `None` if it would be invalid.
    pub(crate) fn location(&self, captured: &str, query: Option<&str>) -> Option<String> {
        self.to.location(captured, query)
    }
}

/// The target of a redirect: `/path` or `https://host/path`. A `*` at its end stands for what the star of
/// `from` matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectTarget {
    before: String,
    has_star: bool,
}

impl RedirectTarget {
    /// Parses a path or an absolute `http` or `https` URL, in visible ASCII. A star is only allowed at the
    /// end, and only after the slash that follows the host. `None` if it is invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (before, has_star) = match text.strip_suffix('*') {
            Some(before) => (before, true),
            None => (text, false),
        };
        if before.contains('*') || !before.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let is_valid = match host_and_path(before) {
            Some((host, path)) => {
                is_authority(host) && (path.starts_with('/') || (path.is_empty() && !has_star))
            }
            // Browsers read `//host` and `/\host` as URLs of another host.
            None => before.starts_with('/') && !before.starts_with("//") && !before.contains('\\'),
        };
        is_valid.then(|| Self {
            before: before.to_owned(),
            has_star,
        })
    }

    /// Whether it contains a star.
    #[must_use]
    pub const fn has_star(&self) -> bool {
        self.has_star
    }

    /// The path, without query and fragment, of a target on this host; `None` for an absolute URL.
    #[must_use]
    pub fn local_path(&self) -> Option<&str> {
        let path = self.before.split(['?', '#']).next();
        path.filter(|path| path.starts_with('/'))
    }

    /// The target as written in the configuration.
    #[must_use]
    pub fn to_text(&self) -> String {
        let star = if self.has_star { "*" } else { "" };
        format!("{}{star}", self.before)
    }

    /// The location for a match, with the client's query unless the target has a query or a fragment. `None`
    /// if target and match together would form a `.` or `..` segment, as `/a/*` and the `./b` of `/old./b`
    /// for `/old*` do, because a browser would resolve it.
    fn location(&self, captured: &str, query: Option<&str>) -> Option<String> {
        let mut location = self.before.clone();
        if self.has_star {
            // Otherwise `/*` and a match of `/host` would give `//host`.
            let captured = captured.trim_start_matches('/');
            let segment = captured.split('/').next().unwrap_or_default();
            let before = self.before.rsplit('/').next().unwrap_or_default();
            if matches!(format!("{before}{segment}").as_str(), "." | "..") {
                return None;
            }
            location.extend(encoded(captured));
        }
        if !self.before.contains(['?', '#']) {
            append_query(&mut location, query);
        }
        Some(location)
    }
}

/// Appends the client's query, if it has one, to a location.
pub fn append_query(address: &mut String, query: Option<&str>) {
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        address.push('?');
        address.extend(utf8_percent_encode(query, QUERY));
    }
}

/// Splits an absolute URL at the end of its authority: the authority, and what follows it.
fn host_and_path(text: &str) -> Option<(&str, &str)> {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    Some(rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())))
}

/// Whether `text` is an authority without user information, and without characters that browsers treat
/// differently.
fn is_authority(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte))
}

/// The status and `Location` of the first redirect that matches a path; `None` if none matches or the
/// location would be invalid.
#[must_use]
pub fn find(
    redirects: &[Redirect],
    path: &RequestPath,
    query: Option<&str>,
) -> Option<(u16, HeaderValue)> {
    let (redirect, captured) = redirects
        .iter()
        .find_map(|redirect| Some((redirect, redirect.from.capture(path.as_str())?)))?;
    let location = redirect.location(captured, query)?;
    Some((redirect.status, HeaderValue::try_from(location).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirect(from: &str, to: &str) -> Redirect {
        Redirect {
            from: PathPattern::parse(from).expect(from),
            to: RedirectTarget::parse(to).expect(to),
            status: 301,
        }
    }

    fn location(redirect: &Redirect, path: &str, query: Option<&str>) -> Option<String> {
        let path = RequestPath::parse(path.as_bytes()).expect(path);
        let (_, location) = find(std::slice::from_ref(redirect), &path, query)?;
        Some(location.to_str().expect("visible ASCII").to_owned())
    }

    #[test]
    fn a_path_leads_to_another_and_the_captured_part_goes_with_it() {
        for (from, to, path, location_is) in [
            ("/old", "/new", "/old", Some("/new")),
            ("/old", "/new", "/old/", None),
            (
                "/blog/*",
                "/posts/*",
                "/blog/2024/a%20b",
                Some("/posts/2024/a%20b"),
            ),
            ("/blog/*", "/posts/", "/blog/x", Some("/posts/")),
            (
                "/blog/*",
                "https://blog.example/*",
                "/blog/x/y",
                Some("https://blog.example/x/y"),
            ),
            (
                "/a",
                "https://other.example",
                "/a",
                Some("https://other.example"),
            ),
            (
                "/find/*",
                "/search?q=*",
                "/find/a&b=c",
                Some("/search?q=a%26b%3Dc"),
            ),
        ] {
            let found = location(&redirect(from, to), path, None);
            assert_eq!(found.as_deref(), location_is, "{from} to {to} on {path}");
        }
    }

    #[test]
    fn the_query_goes_with_it_unless_the_target_has_one() {
        let plain = redirect("/a", "/b");
        assert_eq!(
            location(&plain, "/a", Some("x=1&y=%20")).as_deref(),
            Some("/b?x=1&y=%20")
        );
        assert_eq!(location(&plain, "/a", Some("")).as_deref(), Some("/b"));
        assert_eq!(
            location(&plain, "/a", Some("ä\u{1}\"#")).as_deref(),
            Some("/b?%C3%A4%01%22%23")
        );
        let own = redirect("/a", "/b?c");
        assert_eq!(location(&own, "/a", Some("x")).as_deref(), Some("/b?c"));
    }

    #[test]
    fn no_captured_part_leads_to_another_host() {
        let here = redirect("/r/*", "/*");
        for (path, leads_to) in [
            ("/r//evil.example", "/evil.example"),
            ("/r/%2F%2Fevil.example", "/evil.example"),
            ("/r/%5Cevil.example", "/%5Cevil.example"),
            ("/r/%09/evil.example", "/%09/evil.example"),
            ("/r/https://evil.example", "/https%3A//evil.example"),
            ("/r/@evil.example", "/%40evil.example"),
        ] {
            assert_eq!(
                location(&here, path, None).as_deref(),
                Some(leads_to),
                "{path}"
            );
        }
        let there = redirect("/r/*", "https://good.example/*");
        assert_eq!(
            location(&there, "/r/.evil.example", None).as_deref(),
            Some("https://good.example/.evil.example")
        );
        for (to, path) in [
            ("/r/*", "/old../admin"),
            ("/r/.*", "/old./admin"),
            ("https://good.example/me/*", "/old../someone-else"),
            ("https://good.example/me/*", "/old%2E."),
        ] {
            let led = location(&redirect("/old*", to), path, None);
            assert_eq!(led, None, "{to} on {path}");
        }
        let dots = RequestPath::parse(b"/r/%2e%2e/admin");
        assert!(dots.is_err(), "a captured part has no dot segment");
    }

    #[test]
    fn a_target_whose_host_could_be_captured_is_none() {
        for text in [
            "https://good.example*",
            "https://*",
            "https://",
            "http:///x",
            "//evil.example",
            "/\\evil.example",
            "evil.example/",
            "javascript:alert(1)",
            "https://user@host/",
            "https://host\\@evil/",
            "/a b",
            "/*/a",
            "/ä",
            "",
            "*",
        ] {
            assert_eq!(RedirectTarget::parse(text), None, "{text}");
        }
    }
}

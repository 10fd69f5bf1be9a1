//! Path patterns of the configuration: `/assets/*`, `*.html`, `/old/page`.

/// A pattern for decoded paths, with at most one `*`. Case-sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern {
    before: String,
    /// What follows the star; `None` without a star.
    after: Option<String>,
}

impl PathPattern {
    /// Parses a pattern. A `*` matches any characters, slashes included, or none. The pattern begins with `/`
    /// or `*`. It must not be percent-encoded, because decoded paths would never match it. `None` if it is
    /// invalid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (before, after) = match text.split_once('*') {
            Some((before, after)) => (before, Some(after)),
            None => (text, None),
        };
        let begins_well = before.starts_with('/') || (before.is_empty() && after.is_some());
        let has_one_star = after.is_none_or(|after| !after.contains('*'));
        let decoded = percent_encoding::percent_decode_str(text).decode_utf8_lossy();
        let is_clean = !text.contains(char::is_control) && decoded == text;
        (begins_well && has_one_star && is_clean).then(|| Self {
            before: before.to_owned(),
            after: after.map(ToOwned::to_owned),
        })
    }

    /// Whether it is an exact path or a path prefix: `/…` or `/…*`.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.before.starts_with('/') && self.after.as_deref().is_none_or(str::is_empty)
    }

    /// Whether it contains a star.
    #[must_use]
    pub const fn has_star(&self) -> bool {
        self.after.is_some()
    }

    /// The part of `path` that the star matches, empty without a star; `None` if `path` does not match.
    #[must_use]
    pub fn capture<'p>(&self, path: &'p str) -> Option<&'p str> {
        match &self.after {
            Some(after) => {
                let rest = path.strip_prefix(self.before.as_str())?;
                rest.strip_suffix(after.as_str())
            }
            // Compares the lengths first, which differ for most paths.
            None => (path == self.before).then_some(""),
        }
    }

    /// The pattern as written in the configuration.
    #[must_use]
    pub fn to_text(&self) -> String {
        match &self.after {
            Some(after) => format!("{}*{after}", self.before),
            None => self.before.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_or_none() {
        for (pattern, path, captured) in [
            ("/assets/*", "/assets/js/app.js", Some("js/app.js")),
            ("/assets/*", "/assets/", Some("")),
            ("/assets/*", "/assets", None),
            ("/assets/*", "/x/assets/", None),
            ("*.html", "/docs/a.html", Some("/docs/a")),
            ("*.html", "/docs/a.htm", None),
            ("/img/*.png", "/img/a.png", Some("a")),
            // Prefix and suffix must not overlap.
            ("/aa*aa", "/aaa", None),
            ("*", "/", Some("/")),
            ("/old", "/old", Some("")),
            ("/old", "/old/", None),
            ("/ä b", "/ä b", Some("")),
            ("/100%/*", "/100%/x", Some("x")),
        ] {
            let parsed = PathPattern::parse(pattern).expect(pattern);
            assert_eq!(parsed.capture(path), captured, "{pattern} on {path}");
            assert_eq!(parsed.to_text(), pattern);
        }
    }

    #[test]
    fn a_pattern_begins_with_a_slash_or_a_star_and_has_one_star() {
        for text in ["", "a", "assets/*", "/a*b*", "**", "/a\n", "a*", "/a%20b"] {
            assert_eq!(PathPattern::parse(text), None, "{text:?}");
        }
    }
}

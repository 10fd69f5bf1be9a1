//! TTLs and `Cache-Control` headers by path.

use std::time::Duration;

use http::HeaderValue;

use crate::cache::settings::CacheSettings;
use crate::http::path_pattern::PathPattern;

/// `cache.browser_ttl_s` and `cache.rules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheRules {
    /// `cache.browser_ttl_s` as the `Cache-Control` for clients of objects that have none.
    pub browser: Option<HeaderValue>,
    /// `cache.rules`: the first one that matches an object's path is used.
    pub rules: Vec<CacheRule>,
}

/// An entry of `cache.rules`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRule {
    /// `path`: the objects that the rule applies to.
    pub path: PathPattern,
    /// `ttl_s`: replaces `cache.ttl_s`.
    pub ttl: Option<Duration>,
    /// `browser`: the `Cache-Control` for clients, replaces that of `cache.browser_ttl_s`.
    pub browser: Option<HeaderValue>,
    /// `override`: whether the rule comes before what the object says.
    pub overrides: bool,
}

impl CacheRules {
    /// The rule for an object. `path` is only called if there are rules.
    fn rule(&self, path: impl FnOnce() -> String) -> Option<&CacheRule> {
        if self.rules.is_empty() {
            return None;
        }
        let path = path();
        let mut rules = self.rules.iter();
        rules.find(|rule| rule.path.capture(&path).is_some())
    }

    /// The cache settings for the object at `path`.
    #[must_use]
    pub fn settings(
        &self,
        path: impl FnOnce() -> String,
        settings: CacheSettings,
    ) -> CacheSettings {
        let rule = self.rule(path);
        let ttl = rule.and_then(|rule| rule.ttl);
        CacheSettings {
            ttl: ttl.unwrap_or(settings.ttl),
            overrides_object: ttl.is_some() && rule.is_some_and(|rule| rule.overrides),
            ..settings
        }
    }

    /// The `Cache-Control` to send for the object at `path`. `has_lifetime` is whether it has caching headers of its own;
    /// `None`: send those, if any.
    #[must_use]
    pub fn browser(
        &self,
        path: impl FnOnce() -> String,
        has_lifetime: bool,
    ) -> Option<&HeaderValue> {
        let rule = self.rule(path);
        let rule = rule.filter(|rule| rule.overrides || !has_lifetime);
        let default = self.browser.as_ref().filter(|_| !has_lifetime);
        rule.and_then(|rule| rule.browser.as_ref()).or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(path: &str, ttl_s: Option<u64>, browser: Option<&'static str>) -> CacheRule {
        CacheRule {
            path: PathPattern::parse(path).expect(path),
            ttl: ttl_s.map(Duration::from_secs),
            browser: browser.map(HeaderValue::from_static),
            overrides: false,
        }
    }

    #[test]
    fn the_first_rule_that_matches_counts_and_what_it_does_not_say_is_the_default() {
        let rules = CacheRules {
            browser: Some(HeaderValue::from_static("public, max-age=60")),
            rules: vec![
                rule(
                    "/assets/*",
                    Some(86_400),
                    Some("public, max-age=31536000, immutable"),
                ),
                rule("*.html", None, Some("no-cache")),
                rule("/assets/a.html", Some(1), None),
                rule("/data/*", Some(5), None),
            ],
        };
        for (path, ttl_s, browser) in [
            (
                "/assets/app.js",
                86_400,
                "public, max-age=31536000, immutable",
            ),
            (
                "/assets/a.html",
                86_400,
                "public, max-age=31536000, immutable",
            ),
            ("/index.html", 3600, "no-cache"),
            ("/data/x", 5, "public, max-age=60"),
            ("/other", 3600, "public, max-age=60"),
        ] {
            let settings = rules.settings(|| path.to_owned(), CacheSettings::default());
            assert_eq!(settings.ttl.as_secs(), ttl_s, "{path}");
            assert_eq!(
                rules.browser(|| path.to_owned(), false).expect("some"),
                browser,
                "{path}"
            );
        }
        assert_eq!(
            CacheRules::default().browser(|| "/a".to_owned(), false),
            None
        );
    }

    #[test]
    fn only_a_rule_that_overrides_comes_before_what_the_object_says() {
        let overriding = CacheRule {
            overrides: true,
            ..rule("/old/*", Some(5), Some("public, max-age=60"))
        };
        let silent = CacheRule {
            overrides: true,
            ..rule("/silent/*", None, None)
        };
        let rules = CacheRules {
            browser: Some(HeaderValue::from_static("public, max-age=1")),
            rules: vec![overriding, silent, rule("*", Some(7), Some("no-cache"))],
        };
        for (path, overrides, browser) in [
            ("/old/a", true, Some("public, max-age=60")),
            ("/silent/a", false, None),
            ("/a", false, None),
        ] {
            let settings = rules.settings(|| path.to_owned(), CacheSettings::default());
            assert_eq!(settings.overrides_object, overrides, "{path}");
            let sent = rules.browser(|| path.to_owned(), true);
            assert_eq!(
                sent.and_then(|value| value.to_str().ok()),
                browser,
                "{path}"
            );
        }
    }
}

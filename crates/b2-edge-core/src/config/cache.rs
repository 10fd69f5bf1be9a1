//! The fields of `cache`.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderValue;
use serde_json::{Value, json};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Fields, Kind, MAX_HEADER_BYTES, header_value};
use super::place;
use crate::cache::rules::{CacheRule, CacheRules};
use crate::http::path_pattern::PathPattern;

const DAY_S: u64 = 24 * 60 * 60;

/// The longest TTL: a year, the longest that HTTP caches distinguish in practice.
const YEAR_S: u64 = 365 * DAY_S;

/// The sizes that a segment may have. Smaller ones cost a request for little content, and a sandbox has
/// 128 MB of memory for everything (<https://docs.fastly.com/products/compute-resource-limits>).
const SEGMENT_BYTES: RangeInclusive<u64> = 1 << 20..=64 << 20;

/// The most entries of `cache.rules`, which are searched one after the other.
const MAX_RULES: usize = 100;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "cache.ttl_s",
        description: "TTL for objects without caching headers.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 0..=YEAR_S,
            set: |config, seconds| config.cache.ttl = Duration::from_secs(seconds),
        },
        get: |config| config.cache.ttl.as_secs().into(),
    },
    Field {
        name: "cache.not_found_ttl_s",
        description: "How long a 404 is cached.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 0..=DAY_S,
            set: |config, seconds| config.cache.not_found_ttl = Duration::from_secs(seconds),
        },
        get: |config| config.cache.not_found_ttl.as_secs().into(),
    },
    Field {
        name: "cache.stale_while_revalidate_s",
        description: "How long after its TTL an object is still served immediately, while one request revalidates it.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 0..=30 * DAY_S,
            set: |config, seconds| {
                config.cache.stale_while_revalidate = Duration::from_secs(seconds);
            },
        },
        get: |config| config.cache.stale_while_revalidate.as_secs().into(),
    },
    Field {
        name: "cache.stale_if_error_s",
        description: "How long after its TTL an object is still served if every origin fails.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 0..=YEAR_S,
            set: |config, seconds| config.cache.stale_if_error = Duration::from_secs(seconds),
        },
        get: |config| config.cache.stale_if_error.as_secs().into(),
    },
    Field {
        name: "cache.segment_bytes",
        description: "Objects larger than this are cached in segments of this size.",
        kind: Kind::Integer {
            unit: "bytes",
            range: SEGMENT_BYTES,
            set: |config, bytes| config.cache.segment_bytes = bytes,
        },
        get: |config| config.cache.segment_bytes.into(),
    },
    Field {
        name: "cache.browser_ttl_s",
        description: "Sends `Cache-Control: public, max-age=<value>` to clients for objects without caching headers.",
        kind: Kind::Integer {
            unit: "seconds",
            range: 0..=YEAR_S,
            set: |config, seconds| {
                let header = HeaderValue::try_from(format!("public, max-age={seconds}"));
                config.cache_rules.browser = header.ok();
            },
        },
        get: |config| browser_ttl_s(&config.cache_rules).into(),
    },
    Field {
        name: "cache.rules",
        description: "TTLs and `Cache-Control` headers by path, for objects without caching headers. The first match is used.",
        kind: Kind::List {
            entries: 0..=MAX_RULES,
            read: |config, list, path, errors| {
                config.cache_rules.rules = read_rules(list, path, errors);
            },
        },
        get: |config| config.cache_rules.rules.iter().map(rule_to_json).collect(),
    },
];

pub(super) const RULE: Fields<RuleDraft> = Fields {
    required: &[Field {
        name: "path",
        description: "a path with at most one `*`, anywhere in it. `*` matches any characters, including slashes",
        kind: Kind::Text {
            expected: "a path such as /assets/* or *.html, not percent-encoded, with one * at most",
            bytes: None,
            set: |rule, text| {
                rule.path = Some(PathPattern::parse(text)?);
                Some(())
            },
        },
        get: |rule| rule.path.as_ref().map(PathPattern::to_text).into(),
    }],
    optional: &[&[
        Field {
            name: "ttl_s",
            description: "replaces `cache.ttl_s`",
            kind: Kind::Integer {
                unit: "seconds",
                range: 0..=YEAR_S,
                set: |rule, seconds| rule.ttl = Some(Duration::from_secs(seconds)),
            },
            get: |rule| rule.ttl.map(|ttl| ttl.as_secs()).into(),
        },
        Field {
            name: "browser",
            description: "the `Cache-Control` header for clients; replaces the one that `cache.browser_ttl_s` makes",
            kind: Kind::Text {
                expected: "the value of a header, in ASCII",
                bytes: Some(1..=MAX_HEADER_BYTES),
                set: |rule, text| {
                    rule.browser = Some(header_value(text)?);
                    Some(())
                },
            },
            get: |rule| json!(rule.browser.as_ref().and_then(|value| value.to_str().ok())),
        },
        Field {
            name: "override",
            description: "whether `ttl_s` and `browser` come before the object's own caching headers",
            kind: Kind::Boolean {
                set: |rule, flag| rule.overrides = Some(flag),
            },
            get: |rule| rule.overrides.into(),
        },
    ]],
    aliases: &[],
};

/// An entry of `cache.rules` while it is read.
#[derive(Default)]
pub(super) struct RuleDraft {
    path: Option<PathPattern>,
    ttl: Option<Duration>,
    browser: Option<HeaderValue>,
    overrides: Option<bool>,
}

fn read_rules(list: &[Value], path: &str, errors: &mut Errors) -> Vec<CacheRule> {
    let mut rules = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let draft = RULE.read_entry(value, &place::entry(path, index), errors);
        rules.extend(draft.and_then(|draft| {
            Some(CacheRule {
                path: draft.path?,
                ttl: draft.ttl,
                browser: draft.browser,
                overrides: draft.overrides.unwrap_or_default(),
            })
        }));
    }
    rules
}

fn rule_to_json(rule: &CacheRule) -> Value {
    let CacheRule {
        path,
        ttl,
        browser,
        overrides,
    } = rule.clone();
    Value::Object(RULE.to_object(&RuleDraft {
        path: Some(path),
        ttl,
        browser,
        overrides: overrides.then_some(true),
    }))
}

/// The seconds in `public, max-age=<seconds>`.
fn browser_ttl_s(rules: &CacheRules) -> Option<u64> {
    let (_, seconds) = rules.browser.as_ref()?.to_str().ok()?.rsplit_once('=')?;
    seconds.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::settings::CacheSettings;
    use crate::config::Config;
    use crate::config::tests::mistakes;

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let config = Config::parse(r#"{"cache": {}}"#).expect("valid");
        assert_eq!(
            config.cache,
            CacheSettings {
                ttl: Duration::from_hours(1),
                not_found_ttl: Duration::from_secs(10),
                stale_while_revalidate: Duration::from_mins(1),
                stale_if_error: Duration::from_hours(24),
                overrides_object: false,
                segment_bytes: 8_388_608,
            }
        );
    }

    #[test]
    fn every_field_is_read_up_to_both_ends_of_its_range() {
        let parse = |json: &str| Config::parse(json).expect(json).cache;
        assert_eq!(
            parse(
                r#"{"cache": {"ttl_s": 0, "not_found_ttl_s": 0, "stale_while_revalidate_s": 0,
                    "stale_if_error_s": 0, "segment_bytes": 1048576}}"#,
            ),
            CacheSettings {
                ttl: Duration::ZERO,
                not_found_ttl: Duration::ZERO,
                stale_while_revalidate: Duration::ZERO,
                stale_if_error: Duration::ZERO,
                overrides_object: false,
                segment_bytes: 1_048_576,
            }
        );
        assert_eq!(
            parse(
                r#"{"cache": {"ttl_s": 31536000, "not_found_ttl_s": 86400,
                    "stale_while_revalidate_s": 2592000, "stale_if_error_s": 31536000,
                    "segment_bytes": 67108864}}"#,
            ),
            CacheSettings {
                ttl: Duration::from_hours(8760),
                not_found_ttl: Duration::from_hours(24),
                stale_while_revalidate: Duration::from_hours(720),
                stale_if_error: Duration::from_hours(8760),
                overrides_object: false,
                segment_bytes: 67_108_864,
            }
        );
    }

    #[test]
    fn each_mistake_names_its_field() {
        const TTL: &str = "cache.ttl_s must be a whole number of seconds from 0 to 31536000";
        const SEGMENT: &str =
            "cache.segment_bytes must be a whole number of bytes from 1048576 to 67108864";
        for (json, expected) in [
            (r#"{"cache": 5}"#, "cache must be an object, is a number"),
            (
                r#"{"cache": {"ttl": 5}}"#,
                "cache.ttl is not a field of the configuration",
            ),
            (r#"{"cache": {"ttl_s": 31536001}}"#, TTL),
            (r#"{"cache": {"ttl_s": -1}}"#, TTL),
            (r#"{"cache": {"ttl_s": 1.5}}"#, TTL),
            (r#"{"cache": {"ttl_s": 1e3}}"#, TTL),
            (r#"{"cache": {"ttl_s": 60.0}}"#, TTL),
            (r#"{"cache": {"ttl_s": 18446744073709551616}}"#, TTL),
            (
                r#"{"cache": {"ttl_s": "5"}}"#,
                &format!("{TTL}, is a string"),
            ),
            (r#"{"cache": {"ttl_s": null}}"#, &format!("{TTL}, is null")),
            (
                r#"{"cache": {"not_found_ttl_s": 86401}}"#,
                "cache.not_found_ttl_s must be a whole number of seconds from 0 to 86400",
            ),
            (
                r#"{"cache": {"stale_while_revalidate_s": 2592001}}"#,
                "cache.stale_while_revalidate_s must be a whole number of seconds from 0 to 2592000",
            ),
            (
                r#"{"cache": {"stale_if_error_s": 31536001}}"#,
                "cache.stale_if_error_s must be a whole number of seconds from 0 to 31536000",
            ),
            (r#"{"cache": {"segment_bytes": 1048575}}"#, SEGMENT),
            (r#"{"cache": {"segment_bytes": 67108865}}"#, SEGMENT),
            (r#"{"cache": {"segment_bytes": 0}}"#, SEGMENT),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }

    #[test]
    fn rules_say_how_long_objects_are_kept_by_their_paths() {
        let config = Config::parse(
            r#"{"cache": {"browser_ttl_s": 60, "rules": [
                {"path": "/assets/*", "ttl_s": 5, "browser": "public, immutable"}, {"path": "*.html"}]}}"#,
        );
        let rules = config.expect("valid").cache_rules;
        assert_eq!(
            rules.browser,
            Some(HeaderValue::from_static("public, max-age=60"))
        );
        assert_eq!(rules.rules.len(), 2);
        let settings = rules.settings(|| "/assets/a".to_owned(), CacheSettings::default());
        assert_eq!(settings.ttl.as_secs(), 5);
    }

    #[test]
    fn a_mistake_in_a_rule_names_the_rule() {
        let path = "cache.rules[0].path must be a path such as /assets/* or *.html, not percent-encoded, with one * at most";
        for (rule, expected) in [
            (r#"{"path": "assets/*"}"#, path),
            (r#"{"path": "/a/*/*"}"#, path),
            (r#"{"ttl_s": 1}"#, "cache.rules[0].path is missing"),
            (
                r#"{"path": "/a", "ttl_s": -1}"#,
                "cache.rules[0].ttl_s must be a whole number of seconds from 0 to 31536000",
            ),
            (
                r#"{"path": "/a", "browser": "a\nb"}"#,
                "cache.rules[0].browser must be the value of a header, in ASCII",
            ),
            (
                r#"{"path": "/a", "tll_s": 1}"#,
                "cache.rules[0].tll_s is not a field of the configuration",
            ),
            ("1", "cache.rules[0] must be an object, is a number"),
        ] {
            let json = format!(r#"{{"cache": {{"rules": [{rule}]}}}}"#);
            assert_eq!(mistakes(&json), [expected], "{json}");
        }
    }
}

//! `cache`: how long answers are kept where an object does not say, and in which pieces.

use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderValue;
use serde_json::Value;

use super::errors::Errors;
use super::web::read_header;
use crate::cache::rules::{CacheRule, CacheRules};
use crate::cache::settings::CacheSettings;
use crate::http::path_pattern::PathPattern;

const DAY_S: u64 = 24 * 60 * 60;

/// The longest lifetime: a year, beyond which HTTP caches need not tell lifetimes apart.
const YEAR_S: u64 = 365 * DAY_S;

/// The sizes that a segment may have: smaller ones cost a request for little, and a sandbox has 128 MB
/// of memory for all that it does (<https://docs.fastly.com/products/compute-resource-limits>).
const SEGMENT_BYTES: RangeInclusive<u64> = 1 << 20..=64 << 20;

/// How many entries `cache.rules` may have: they are looked through one after the other.
const MAX_RULES: usize = 100;

pub(super) fn read_cache(value: &Value, errors: &mut Errors) -> (CacheSettings, CacheRules) {
    let mut cache = CacheSettings::default();
    let mut rules = CacheRules::default();
    let Some(object) = errors.expect(value.as_object(), "cache", "an object", value) else {
        return (cache, rules);
    };
    for (name, value) in object {
        let field = format!("cache.{name}");
        let mut seconds = |setting: &mut Duration, most: u64| {
            if let Some(number) = errors.whole_number(value, &field, 0..=most, "seconds") {
                *setting = Duration::from_secs(number);
            }
        };
        match name.as_str() {
            "ttl_s" => seconds(&mut cache.ttl, YEAR_S),
            "not_found_ttl_s" => seconds(&mut cache.not_found_ttl, DAY_S),
            "stale_while_revalidate_s" => seconds(&mut cache.stale_while_revalidate, 30 * DAY_S),
            "stale_if_error_s" => seconds(&mut cache.stale_if_error, YEAR_S),
            "segment_bytes" => {
                if let Some(bytes) = errors.whole_number(value, &field, SEGMENT_BYTES, "bytes") {
                    cache.segment_bytes = bytes;
                }
            }
            "browser_ttl_s" => {
                let seconds = errors.whole_number(value, &field, 0..=YEAR_S, "seconds");
                rules.browser = seconds.and_then(browser_cache_control);
            }
            "rules" => rules.rules = read_rules(value, &field, errors),
            _ => errors.unknown_field(&field),
        }
    }
    (cache, rules)
}

fn browser_cache_control(seconds: u64) -> Option<HeaderValue> {
    HeaderValue::try_from(format!("public, max-age={seconds}")).ok()
}

fn read_rules(value: &Value, field: &str, errors: &mut Errors) -> Vec<CacheRule> {
    let Some(list) = errors.list(value, field, MAX_RULES) else {
        return Vec::new();
    };
    let entries = list.iter().enumerate();
    entries
        .filter_map(|(index, value)| read_rule(value, &format!("{field}[{index}]"), errors))
        .collect()
}

fn read_rule(value: &Value, field: &str, errors: &mut Errors) -> Option<CacheRule> {
    let object = errors.expect(value.as_object(), field, "an object", value)?;
    let (mut path, mut ttl, mut browser) = (None, None, None);
    for (name, value) in object {
        let field = format!("{field}.{name}");
        match name.as_str() {
            "path" => {
                let text = errors.string(value, &field)?;
                let wanted = "must be a path such as /assets/* or *.html, not percent-encoded, with one * at most";
                path = errors.expect_some(PathPattern::parse(text), &field, wanted);
            }
            "ttl_s" => {
                let seconds = errors.whole_number(value, &field, 0..=YEAR_S, "seconds");
                ttl = seconds.map(Duration::from_secs);
            }
            "browser" => browser = read_header(value, &field, errors),
            _ => errors.unknown_field(&field),
        }
    }
    if !object.contains_key("path") {
        errors.add(&format!("{field}.path"), "is missing");
    }
    Some(CacheRule {
        path: path?,
        ttl,
        browser,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
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

//! The operator's configuration: item `config` of Config Store `b2_edge`, one JSON object, every
//! field optional.
//!
//! One item, because a Compute execution may make 32 look-ups
//! (<https://docs.fastly.com/products/compute-resource-limits>). What is wrong is reported all at
//! once, each mistake with the name of its field, and never with the value that was found.

mod cache;
mod errors;
mod failover;
mod fields;
mod origins;
mod routing;
mod site;
mod web;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cache::rules::CacheRules;
use crate::cache::settings::CacheSettings;
use crate::origins::settings::FailoverSettings;
use crate::routing::pops::PopCode;
use crate::routing::route::Routing;
use crate::site::cors::Cors;
use crate::site::documents::Site;
use crate::site::redirect::Redirect;
use crate::site::security_headers::SecurityHeaders;
use crate::site::web_policy::{StatusPage, WebPolicy};

pub use self::errors::ConfigError;
pub use self::origins::{MAX_ORIGINS, OriginConfig};
pub use self::web::MAX_REDIRECTS;

use self::errors::Errors;

/// The Config Store.
pub const CONFIG_STORE: &str = "b2_edge";

/// Its one item.
pub const CONFIG_ITEM: &str = "config";

/// The whole configuration, with its defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `origins`: the backends to read from, 1 to [`MAX_ORIGINS`], default `us_origin` and
    /// `eu_origin`. The first is preferred where the POP tells nothing.
    pub origins: Vec<OriginConfig>,
    /// `routing`: how a POP ranks the origins, default `"continental"`.
    pub routing: Routing,
    /// `pop_overrides`: POP code to the backend name of the origin it prefers, default none.
    pub pop_overrides: BTreeMap<PopCode, String>,
    /// `pop_parameter`: whether `?pop=XXX` may simulate a POP, default `true`.
    pub pop_parameter: bool,
    /// `cache`: how answers are cached.
    pub cache: CacheSettings,
    /// `cache.browser_ttl_s` and `cache.rules`.
    pub cache_rules: CacheRules,
    /// `failover`: when the next origin is asked.
    pub failover: FailoverSettings,
    /// `site`: how paths become objects.
    pub site: Site,
    /// `cors`: which origins' scripts may read answers.
    pub cors: Cors,
    /// `security`: what browsers are told to be careful about.
    pub security: SecurityHeaders,
    /// `redirects`, at most [`MAX_REDIRECTS`], default none.
    pub redirects: Vec<Redirect>,
    /// `status_page`: who sees the status page, default `"local"`.
    pub status_page: StatusPage,
}

impl Default for Config {
    fn default() -> Self {
        let origin = |backend: &str| OriginConfig {
            backend: backend.to_owned(),
            ..OriginConfig::default()
        };
        Self {
            origins: vec![origin("us_origin"), origin("eu_origin")],
            routing: Routing::default(),
            pop_overrides: BTreeMap::new(),
            pop_parameter: true,
            cache: CacheSettings::default(),
            cache_rules: CacheRules::default(),
            failover: FailoverSettings::default(),
            site: Site::default(),
            cors: Cors::default(),
            security: SecurityHeaders::default(),
            redirects: Vec::new(),
            status_page: StatusPage::default(),
        }
    }
}

impl Config {
    /// Reads the configuration item; the fields above say what it accepts.
    ///
    /// # Errors
    ///
    /// Every mistake there is, in the order of the fields.
    pub fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        match Self::read_through(json) {
            (config, errors) if errors.is_empty() => Ok(config),
            (_, errors) => Err(errors),
        }
    }

    /// Reads the configuration item as far as it goes: with the default in place of what is wrong, and every
    /// mistake.
    #[must_use]
    pub fn read_through(json: &str) -> (Self, Vec<ConfigError>) {
        let mut errors = Errors::default();
        let config = match serde_json::from_str(json) {
            Ok(value) => Self::read(&value, &mut errors),
            Err(error) => {
                // serde_json's text for a syntax error names the position and no content.
                errors.add("", &format!("is not valid JSON: {error}"));
                Self::default()
            }
        };
        (config, errors.0)
    }

    /// The part of the configuration that every response obeys, also where the rest of it has mistakes.
    /// `is_local`: the service runs on a developer's own machine.
    #[must_use]
    pub fn web_policy(&self, is_local: bool) -> WebPolicy {
        WebPolicy {
            redirects: self.redirects.clone(),
            cors: self.cors.clone(),
            security: self.security.clone(),
            has_status_page: self.status_page.is_served(is_local),
        }
    }

    fn read(value: &Value, errors: &mut Errors) -> Self {
        let mut config = Self::default();
        let Some(object) = errors.expect(value.as_object(), "", "a JSON object", value) else {
            return config;
        };
        for (name, value) in object {
            match name.as_str() {
                "origins" => config.origins = origins::read_origins(value, errors),
                "routing" => config.routing = routing::read_routing(value, errors),
                "pop_overrides" => {
                    config.pop_overrides = routing::read_pop_overrides(value, errors);
                }
                "pop_parameter" => config.pop_parameter = errors.boolean(value, name),
                "cache" => {
                    (config.cache, config.cache_rules) = cache::read_cache(value, errors);
                }
                "failover" => config.failover = failover::read_failover(value, errors),
                "site" => config.site = site::read_site(value, errors),
                "cors" => config.cors = web::read_cors(value, errors),
                "security" => config.security = web::read_security(value, errors),
                "redirects" => config.redirects = web::read_redirects(value, errors),
                "status_page" => config.status_page = web::read_status_page(value, errors),
                _ => errors.unknown_field(name),
            }
        }
        if errors.none_in("origins") {
            for (pop, backend) in &config.pop_overrides {
                if !config.origins.iter().any(|o| o.backend == *backend) {
                    errors.add(&format!("pop_overrides.{pop}"), "names no entry of origins");
                }
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::region::Region;

    pub(super) fn mistakes(json: &str) -> Vec<String> {
        Config::parse(json)
            .expect_err(json)
            .into_iter()
            .map(|error| format!("{} {}", error.field, error.problem))
            .collect()
    }

    #[test]
    fn an_empty_object_gives_every_default() {
        let config = Config::parse("{}").expect("valid");
        assert_eq!(config, Config::default());
        let names: Vec<_> = config.origins.iter().map(|o| o.backend.as_str()).collect();
        assert_eq!(names, ["us_origin", "eu_origin"]);
        assert_eq!(config.routing, Routing::Continental);
        assert!(config.pop_parameter);
    }

    #[test]
    fn every_field_is_read() {
        let config = Config::parse(
            r#"{"origins": ["eu_origin",
                            {"backend": "other", "bucket": "files", "endpoint": "s3.example.com:9000",
                             "region": "eu-west-1", "public": true}],
                "routing": "nearest",
                "pop_overrides": {"bom": "other"},
                "pop_parameter": false}"#,
        )
        .expect("valid");
        let [eu, other] = &config.origins[..] else {
            unreachable!("two origins");
        };
        assert_eq!((eu.backend.as_str(), eu.public), ("eu_origin", false));
        assert_eq!(other.bucket.as_deref(), Some("files"));
        assert_eq!(other.endpoint.as_deref(), Some("s3.example.com:9000"));
        assert_eq!(other.region.as_ref().map(Region::as_str), Some("eu-west-1"));
        assert!(other.public);
        assert_eq!(config.routing, Routing::Nearest);
        assert_eq!(config.pop_overrides.len(), 1);
        assert!(!config.pop_parameter);
    }

    #[test]
    fn each_mistake_names_its_field() {
        for (json, expected) in [
            (
                "",
                " is not valid JSON: EOF while parsing a value at line 1 column 0",
            ),
            (
                "{\n\"a\": tru}",
                " is not valid JSON: expected ident at line 2 column 9",
            ),
            ("[]", " must be a JSON object, is a list"),
            (
                r#"{"orgins": []}"#,
                "orgins is not a field of the configuration",
            ),
            (
                r#"{"pop_parameter": 1}"#,
                "pop_parameter must be true or false, is a number",
            ),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let found = mistakes(r#"{"origins": [1], "routing": 2, "pop_parameter": 3, "x": 4}"#);
        assert_eq!(found.len(), 4, "{found:?}");
    }

    #[test]
    fn a_field_of_any_name_is_repeated_in_one_short_line() {
        let [mistake] = &mistakes(&format!(r#"{{"a\n{}": 1}}"#, "x".repeat(5000)))[..] else {
            unreachable!("one mistake");
        };
        assert!(
            mistake.starts_with(r"a\nxxx") && mistake.len() < 150,
            "{mistake}"
        );
    }

    #[test]
    fn no_mistake_repeats_a_value() {
        for found in [
            mistakes(r#"{"routing": "s3cr3t"}"#),
            mistakes(
                r#"{"origins": [{"backend": "a", "bucket": "S3CR3T", "endpoint": "s3cr3t/", "region": "s3cr3t"}]}"#,
            ),
            mistakes(r#"{"pop_overrides": {"BOM": "s3cr3t"}}"#),
        ] {
            assert!(
                !found.join(" ").to_lowercase().contains("s3cr3t"),
                "{found:?}"
            );
        }
    }

    #[test]
    fn any_text_is_a_configuration_or_has_mistakes() {
        const LIKELY: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "\"origins\"",
            "\"backend\"",
            "\"us_origin\"",
            "\"routing\"",
            "\"nearest\"",
            "\"pop_overrides\"",
            "\"BOM\"",
            "\"pop_parameter\"",
            "true",
            "\"cache\"",
            "\"ttl_s\"",
            "\"failover\"",
            "null",
            "1e999",
            "-0",
            "\\u0000",
            "ä",
            " ",
        ];
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..50_000 {
            let json: String = (0..random.usize(0..14))
                .map(|_| LIKELY[random.usize(0..LIKELY.len())])
                .collect();
            match Config::parse(&json) {
                Ok(config) => assert!((1..=MAX_ORIGINS).contains(&config.origins.len()), "{json}"),
                Err(mistakes) => assert!(!mistakes.is_empty(), "{json}"),
            }
        }
    }
}

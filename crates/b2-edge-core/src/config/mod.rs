//! The operator's configuration: item `config` of Config Store `b2_edge`, one JSON object, every
//! field optional. The settings that it fills are in the rooms that obey them.
//!
//! A field is declared once, in the file of its object, as a `Field`. To add one, add a
//! declaration there, and its section to `docs/configuration.md`, which a test compares with it.
//!
//! It is one item because a Compute execution may make 32 look-ups
//! (<https://docs.fastly.com/products/compute-resource-limits>). All mistakes are reported at once, each
//! with the name of its field, and never with the value that was found.

mod base_path;
mod cache;
mod configuration;
mod cors;
#[cfg(test)]
mod documentation;
mod errors;
mod failover;
mod field;
mod image_routes;
mod images;
mod json;
mod limits;
mod listing;
mod log;
mod origins;
mod place;
mod presets;
mod read;
mod redirect_ways;
mod redirects;
mod routing;
mod s3;
mod security;
mod site;
mod status_page;

use serde_json::Value;

pub use self::configuration::{Config, OriginConfig, StandardOutput};
pub use self::errors::ConfigError;
pub use self::images::parse_preset;
pub use self::origins::MAX_ORIGINS;
pub use self::redirects::MAX_REDIRECTS;

use self::errors::Errors;
use self::field::Fields;

/// The Config Store.
pub const CONFIG_STORE: &str = "b2_edge";

/// Its one item.
pub const CONFIG_ITEM: &str = "config";

/// Every field, in the order of the documentation.
const FIELDS: Fields<Config> = Fields {
    required: &[],
    optional: &[
        origins::FIELDS,
        routing::FIELDS,
        site::FIELDS,
        base_path::FIELDS,
        listing::FIELDS,
        redirects::FIELDS,
        cache::FIELDS,
        failover::FIELDS,
        limits::FIELDS,
        cors::FIELDS,
        security::FIELDS,
        status_page::FIELDS,
        log::FIELDS,
        s3::FIELDS,
        s3::WEBHOOK_FIELDS,
        images::FIELDS,
    ],
    aliases: &[security::HSTS],
};

/// The value of a field that is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldValue {
    /// The name of the field, such as `cache.ttl_s`.
    pub name: &'static str,
    /// The value, as it is written in the configuration.
    pub value: Value,
}

impl Config {
    /// Parses the configuration item.
    ///
    /// # Errors
    ///
    /// All mistakes in it.
    pub fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        match Self::parse_lenient(json) {
            (config, errors) if errors.is_empty() => Ok(config),
            (_, errors) => Err(errors),
        }
    }

    /// Parses the configuration item and returns what could be read of it, with defaults in place of
    /// mistakes, and all mistakes.
    #[must_use]
    pub fn parse_lenient(json: &str) -> (Self, Vec<ConfigError>) {
        let mut errors = Errors::default();
        let config = match json::parse(json) {
            Ok(parsed) => {
                for field in parsed.duplicates {
                    errors.add(&field, "is given twice");
                }
                Self::read(&parsed.value, &mut errors)
            }
            Err(error) => {
                // serde_json's text for a syntax error names the position and no content.
                errors.add("", &format!("is not valid JSON: {error}"));
                Self::default()
            }
        };
        (config, errors.0)
    }

    fn read(value: &Value, errors: &mut Errors) -> Self {
        let mut config = Self::default();
        if let Some(object) = errors.expect(value.as_object(), "", "a JSON object", value) {
            FIELDS.read(object, "", &mut config, errors);
            failover::check(&config, errors);
            routing::check(&config, errors);
            images::check(&config, errors);
        }
        config
    }

    /// Every field with its value in force, in the order of the documentation.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldValue> {
        let fields = FIELDS.all().map(|field| FieldValue {
            name: field.name,
            value: (field.get)(self),
        });
        fields.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::routing::region::Region;
    use crate::routing::route::Routing;

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

    /// The configuration item that sets every field.
    fn item(config: &Config) -> Value {
        let mut item = json!({});
        for FieldValue { name, value } in config.fields() {
            // The only fields whose default cannot be written.
            if ["cache.browser_ttl_s", "s3.clients"].contains(&name) && value.is_null() {
                continue;
            }
            let pointer = name
                .split('.')
                .fold(&mut item, |outer, name| &mut outer[name]);
            *pointer = value;
        }
        item
    }

    #[test]
    fn the_fields_put_together_are_the_configuration() {
        let full = json!({
            "origins": ["a", {"backend": "b", "bucket": "files", "endpoint": "s3.example.com", "region": "us-east-1"}, {"backend": "c", "public": true}],
            "routing": "nearest",
            "pop_overrides": {"BOM": "c"},
            "pop_parameter": false,
            "site": {"index_document": "", "error_document": "e/404.html", "fallback_document": "index.html", "prefix": "public/", "precompressed": true,
                     "base_path": ["/", {"path": "/file/photos/", "prefix": "in/"}],
                     "listing": ["html", "json"], "listing_ttl_s": 61},
            "redirects": [{"from": "/a/*", "to": "https://b.example/*", "status": 302}],
            "cache": {"ttl_s": 1, "not_found_ttl_s": 2, "stale_while_revalidate_s": 3, "stale_if_error_s": 4, "segment_bytes": 1_048_576, "browser_ttl_s": 5,
                      "rules": [{"path": "*.html", "ttl_s": 6}, {"path": "/a", "browser": "no-cache"}]},
            "failover": {"attempt_timeout_ms": 1501, "total_timeout_ms": 3000, "ask_others_on_404": false, "borrowed_ttl_s": 61, "whole_body_bytes": 7},
            "limits": {"backend_requests": 10, "vcpu_ms": 100},
            "cors": {"allow_origins": ["https://a.example"]},
            "security": {"x_content_type_options": "", "strict_transport_security": "max-age=1", "referrer_policy": "", "content_security_policy": "default-src 'self'", "x_frame_options": "DENY"},
            "status_page": "on",
            "log": {"stdout": "never"},
            "s3": {"host": "s3.example.com", "aws_chunked": "pass", "checksum_limit_bytes": 1, "signed_chunk_limit_bytes": 2,
                   "clients": {"a": {"buckets": ["abc"], "allow": ["read", "lock"], "prefix": "in/", "until": "2027-01-31T00:00:00Z"}},
                   "webhook": {"url": "https://a.example/b", "backend": "hooks", "for": ["all"], "header": "x-a", "attempts": 1, "timeout_ms": 100}},
            "images": {"routes": [{"path": "/prew/{preset}/{key}", "source": "photo/{key}", "store": "prew/{preset}/{key}.{format}", "on_miss": "redirect"},
                                  {"path": "/i/{key}/{preset}", "source": "{key}", "on_miss": "render"}],
                       "presets": {"small": {"width": 320},
                                   "300x200": {"width": 300, "height": 200, "fit": "cover", "gravity": "northeast", "enlarge": true},
                                   "box": {"width": 9, "height": 8192, "fit": "contain", "background": "#10203040", "animated": "original"},
                                   "hero": {"height": 1440, "quality": 82, "formats": ["avif", "webp", "jpeg"], "cache_control": "public, max-age=1209600"}},
                       "engines": ["service", "guest"], "service": {"backend": "renderer"}, "not_found": "/404.jpg", "failed": "/error.jpg",
                       "on_too_large": "original"},
        });
        let config = Config::parse(&full.to_string()).expect("a configuration");
        assert_eq!(item(&config), full);
        for config in [config, Config::default()] {
            let again = Config::parse(&item(&config).to_string());
            assert_eq!(again.as_ref(), Ok(&config));
        }
    }
}

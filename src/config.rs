//! The operator's configuration: item `config` of Config Store `b2_edge`, one JSON object, every
//! field optional.
//!
//! One item, because a Compute execution may make 32 look-ups
//! (<https://docs.fastly.com/products/compute-resource-limits>). What is wrong is reported all at
//! once, each mistake with the name of its field, and never with the value that was found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::pops::PopCode;
use crate::region::Region;

/// The Config Store.
pub const CONFIG_STORE: &str = "b2_edge";

/// Its one item.
pub const CONFIG_ITEM: &str = "config";

/// How many origins there may be. One request asks each at most twice (a refused `HEAD` is asked why),
/// which is 12 of the 32 backend requests that an execution may make.
pub const MAX_ORIGINS: usize = 6;

/// The longest name of a backend: a secret's name has at most 255 bytes, and the longer of the two that
/// are made from a backend's name ends in `_application_key`.
const MAX_BACKEND_NAME: usize = 255 - "_application_key".len();

/// How much of a field's name is repeated in a mistake, in characters: the name is the operator's, the
/// page that shows it is everybody's.
const MAX_FIELD_SHOWN: usize = 80;

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
}

/// One entry of `origins`. Each field but `backend` replaces what the backend's address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginConfig {
    /// The name of the Fastly backend, which is the name of the origin everywhere.
    pub backend: String,
    /// The bucket.
    pub bucket: Option<String>,
    /// The host of the service without the bucket, such as `s3.us-west-004.backblazeb2.com`.
    pub endpoint: Option<String>,
    /// The signing region.
    pub region: Option<Region>,
    /// `true` for a public bucket: its objects are fetched unsigned, and it needs no key.
    pub public: bool,
}

/// How a POP ranks the origins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Routing {
    /// Europe and Africa prefer EU regions, all others US and CA regions; then by distance.
    #[default]
    Continental,
    /// By distance alone.
    Nearest,
}

/// One mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The field, such as `origins[1].region`; empty for the whole item.
    pub field: String,
    /// What is wrong with it, as the end of a sentence that begins with the field.
    pub problem: String,
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
        let value: Value = serde_json::from_str(json).map_err(|error| {
            // serde_json's text for a syntax error names the position and no content.
            vec![ConfigError {
                field: String::new(),
                problem: format!("is not valid JSON: {error}"),
            }]
        })?;
        let mut errors = Errors::default();
        let config = Self::read(&value, &mut errors);
        if errors.0.is_empty() {
            Ok(config)
        } else {
            Err(errors.0)
        }
    }

    fn read(value: &Value, errors: &mut Errors) -> Self {
        let mut config = Self::default();
        let Some(object) = errors.expect(value.as_object(), "", "a JSON object", value) else {
            return config;
        };
        for (name, value) in object {
            match name.as_str() {
                "origins" => config.origins = read_origins(value, errors),
                "routing" => config.routing = read_routing(value, errors),
                "pop_overrides" => config.pop_overrides = read_pop_overrides(value, errors),
                "pop_parameter" => config.pop_parameter = errors.boolean(value, name),
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

fn read_origins(value: &Value, errors: &mut Errors) -> Vec<OriginConfig> {
    let Some(entries) = errors.expect(value.as_array(), "origins", "a list", value) else {
        return Vec::new();
    };
    if entries.is_empty() || entries.len() > MAX_ORIGINS {
        errors.add(
            "origins",
            &format!(
                "must have 1 to {MAX_ORIGINS} entries, has {}",
                entries.len()
            ),
        );
    }
    let mut seen = BTreeSet::new();
    let mut origins = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let field = format!("origins[{index}]");
        let origin = match entry {
            Value::String(backend) => OriginConfig {
                backend: backend.clone(),
                ..OriginConfig::default()
            },
            Value::Object(object) => match read_origin(object, &field, errors) {
                Some(origin) => origin,
                None => continue,
            },
            other => {
                errors.add(
                    &field,
                    &format!("must be a backend's name or an object, is {}", kind(other)),
                );
                continue;
            }
        };
        if !is_backend_name(&origin.backend) {
            errors.add(
                &field,
                &format!(
                    "must name a backend, in 1 to {MAX_BACKEND_NAME} letters, digits, -, _ and ."
                ),
            );
        } else if !seen.insert(origin.backend.clone()) {
            errors.add(&field, "names a backend that an earlier entry has");
        }
        origins.push(origin);
    }
    origins
}

/// Reads an entry of `origins`; `None` when its name is a mistake that has been noted.
fn read_origin(
    object: &Map<String, Value>,
    field: &str,
    errors: &mut Errors,
) -> Option<OriginConfig> {
    let mut origin = OriginConfig::default();
    let mut is_named = true;
    for (name, value) in object {
        let field = format!("{field}.{name}");
        match name.as_str() {
            "backend" => match errors.string(value, &field) {
                Some(backend) => backend.clone_into(&mut origin.backend),
                None => is_named = false,
            },
            "bucket" => origin.bucket = errors.checked(value, &field, is_bucket, "a bucket's name"),
            "endpoint" => {
                origin.endpoint = errors.checked(
                    value,
                    &field,
                    is_host,
                    "a host, without https:// and without a path",
                );
            }
            "region" => {
                origin.region = errors.string(value, &field).and_then(|text| {
                    let region = Region::parse(text);
                    errors.expect_some(region, &field, "must be a region, such as us-west-004")
                });
            }
            "public" => origin.public = errors.boolean(value, &field),
            _ => errors.unknown_field(&field),
        }
    }
    is_named.then_some(origin)
}

fn read_routing(value: &Value, errors: &mut Errors) -> Routing {
    match value.as_str() {
        Some("continental") => Routing::Continental,
        Some("nearest") => Routing::Nearest,
        _ => {
            errors.add("routing", r#"must be "continental" or "nearest""#);
            Routing::default()
        }
    }
}

fn read_pop_overrides(value: &Value, errors: &mut Errors) -> BTreeMap<PopCode, String> {
    let mut overrides = BTreeMap::new();
    let Some(object) = errors.expect(value.as_object(), "pop_overrides", "an object", value) else {
        return overrides;
    };
    for (code, backend) in object {
        let field = format!("pop_overrides.{code}");
        let pop = errors.expect_some(
            PopCode::parse(code),
            &field,
            "is not a POP code of three letters or digits",
        );
        let backend = errors.string(backend, &field);
        if let (Some(pop), Some(backend)) = (pop, backend)
            && overrides.insert(pop, backend.to_owned()).is_some()
        {
            errors.add(&field, "is there twice");
        }
    }
    overrides
}

/// Whether secrets can be named after a backend of this name: Fastly takes letters, digits, `-`, `_` and
/// `.` in a secret's name.
fn is_backend_name(text: &str) -> bool {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_BACKEND_NAME).contains(&text.len()) && text.bytes().all(is_name_byte)
}

/// Whether `text` can be a bucket's name in a host: 3 to 63 of `a-z 0-9 - .`, no empty label
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>; B2's rules are
/// narrower).
pub(crate) fn is_bucket(text: &str) -> bool {
    (3..=63).contains(&text.len()) && is_host_name(text)
}

/// Whether `text` can be a `Host`: a host name in lower case, with or without a port.
pub(crate) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_port = port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok();
    text.len() <= 253 && is_host_name(name) && is_port
}

fn is_host_name(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
}

/// The mistakes found so far, and the ways of finding one.
#[derive(Default)]
struct Errors(Vec<ConfigError>);

impl Errors {
    fn add(&mut self, field: &str, problem: &str) {
        let shown: String = field.chars().take(MAX_FIELD_SHOWN).collect();
        self.0.push(ConfigError {
            field: shown.escape_debug().to_string(),
            problem: problem.to_owned(),
        });
    }

    /// Whether no mistake was found in a field or below it.
    fn none_in(&self, field: &str) -> bool {
        !self.0.iter().any(|error| error.field.starts_with(field))
    }

    fn unknown_field(&mut self, field: &str) {
        self.add(field, "is not a field of the configuration");
    }

    fn expect_some<T>(&mut self, found: Option<T>, field: &str, problem: &str) -> Option<T> {
        if found.is_none() {
            self.add(field, problem);
        }
        found
    }

    fn expect<T>(
        &mut self,
        found: Option<T>,
        field: &str,
        wanted: &str,
        value: &Value,
    ) -> Option<T> {
        self.expect_some(
            found,
            field,
            &format!("must be {wanted}, is {}", kind(value)),
        )
    }

    fn boolean(&mut self, value: &Value, field: &str) -> bool {
        self.expect(value.as_bool(), field, "true or false", value)
            .unwrap_or_default()
    }

    fn string<'v>(&mut self, value: &'v Value, field: &str) -> Option<&'v str> {
        self.expect(value.as_str(), field, "a string", value)
    }

    fn checked(
        &mut self,
        value: &Value,
        field: &str,
        holds: fn(&str) -> bool,
        wanted: &str,
    ) -> Option<String> {
        let text = self.string(value, field)?;
        let found = holds(text).then(|| text.to_owned());
        self.expect_some(found, field, &format!("must be {wanted}"))
    }
}

const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(json: &str) -> Vec<String> {
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
                r#"{"origins": "us_origin"}"#,
                "origins must be a list, is a string",
            ),
            (
                r#"{"origins": []}"#,
                "origins must have 1 to 6 entries, has 0",
            ),
            (
                r#"{"origins": ["a","b","c","d","e","f","g"]}"#,
                "origins must have 1 to 6 entries, has 7",
            ),
            (
                r#"{"origins": [7]}"#,
                "origins[0] must be a backend's name or an object, is a number",
            ),
            (
                r#"{"origins": [""]}"#,
                "origins[0] must name a backend, in 1 to 239 letters, digits, -, _ and .",
            ),
            (
                r#"{"origins": [{"bucket": "abc"}]}"#,
                "origins[0] must name a backend, in 1 to 239 letters, digits, -, _ and .",
            ),
            (
                r#"{"origins": ["a", "a"]}"#,
                "origins[1] names a backend that an earlier entry has",
            ),
            (
                r#"{"origins": [{"backend": "a", "Bucket": "b"}]}"#,
                "origins[0].Bucket is not a field of the configuration",
            ),
            (
                r#"{"origins": [{"backend": "a", "bucket": "A_b"}]}"#,
                "origins[0].bucket must be a bucket's name",
            ),
            (
                r#"{"origins": [{"backend": "a", "endpoint": "https://x.y"}]}"#,
                "origins[0].endpoint must be a host, without https:// and without a path",
            ),
            (
                r#"{"origins": [{"backend": "a", "region": "EU"}]}"#,
                "origins[0].region must be a region, such as us-west-004",
            ),
            (
                r#"{"origins": [{"backend": "a", "public": "yes"}]}"#,
                "origins[0].public must be true or false, is a string",
            ),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }

    #[test]
    fn each_mistake_about_routing_names_its_field() {
        for (json, expected) in [
            (
                r#"{"routing": "closest"}"#,
                r#"routing must be "continental" or "nearest""#,
            ),
            (
                r#"{"routing": null}"#,
                r#"routing must be "continental" or "nearest""#,
            ),
            (
                r#"{"origins": [{"backend": 5}]}"#,
                "origins[0].backend must be a string, is a number",
            ),
            (
                r#"{"origins": "us_origin", "pop_overrides": {"BOM": "us_origin"}}"#,
                "origins must be a list, is a string",
            ),
            (
                r#"{"origins": [{"backend": "a", "endpoint": "minio.example:+443"}]}"#,
                "origins[0].endpoint must be a host, without https:// and without a path",
            ),
            (
                r#"{"origins": ["a b"]}"#,
                "origins[0] must name a backend, in 1 to 239 letters, digits, -, _ and .",
            ),
            (
                r#"{"pop_overrides": {"BOMB": "eu_origin"}}"#,
                "pop_overrides.BOMB is not a POP code of three letters or digits",
            ),
            (
                r#"{"pop_overrides": {"BOM": "asia"}}"#,
                "pop_overrides.BOM names no entry of origins",
            ),
            (
                r#"{"pop_overrides": {"BOM": 1}}"#,
                "pop_overrides.BOM must be a string, is a number",
            ),
            (
                r#"{"pop_overrides": {"BOM": "us_origin", "bom": "eu_origin"}}"#,
                "pop_overrides.bom is there twice",
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

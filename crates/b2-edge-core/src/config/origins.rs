//! `origins`: the backends to read from, each by name or with what its address does not say.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::errors::{Errors, kind};
use crate::routing::region::Region;
use crate::s3::address::{is_bucket, is_host};

/// How many origins there may be. One request asks each at most twice (a refused `HEAD` is asked why),
/// which is 12 of the 32 backend requests that an execution may make.
pub const MAX_ORIGINS: usize = 6;

/// The longest name of a backend: a secret's name has at most 255 bytes, and the longer of the two that
/// are made from a backend's name ends in `_application_key`.
const MAX_BACKEND_NAME: usize = 255 - "_application_key".len();

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

pub(super) fn read_origins(value: &Value, errors: &mut Errors) -> Vec<OriginConfig> {
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

/// Whether secrets can be named after a backend of this name: Fastly takes letters, digits, `-`, `_` and
/// `.` in a secret's name.
fn is_backend_name(text: &str) -> bool {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_BACKEND_NAME).contains(&text.len()) && text.bytes().all(is_name_byte)
}

#[cfg(test)]
mod tests {
    use crate::config::tests::mistakes;

    #[test]
    fn each_mistake_names_its_field() {
        for (json, expected) in [
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
            (
                r#"{"origins": [{"backend": 5}]}"#,
                "origins[0].backend must be a string, is a number",
            ),
            (
                r#"{"origins": [{"backend": "a", "endpoint": "minio.example:+443"}]}"#,
                "origins[0].endpoint must be a host, without https:// and without a path",
            ),
            (
                r#"{"origins": ["a b"]}"#,
                "origins[0] must name a backend, in 1 to 239 letters, digits, -, _ and .",
            ),
        ] {
            assert_eq!(mistakes(json), [expected], "{json}");
        }
    }
}

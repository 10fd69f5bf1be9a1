//! The field `origins`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::configuration::{Config, OriginConfig};
use super::errors::Errors;
use super::field::{Field, Fields, Kind};
use super::place;
use crate::routing::region::Region;
use crate::s3::address::{is_bucket, is_host};

/// The most origins. A request contacts each at most twice (a `HEAD` that was refused is followed by a
/// `GET`), which is 12 of the 32 backend requests that an execution may make.
pub const MAX_ORIGINS: usize = 6;

/// The longest name of a backend. The names of its secrets are made from it: they may have 255 bytes,
/// and the longer one ends in `_application_key`.
const MAX_BACKEND_NAME: usize = 255 - "_application_key".len();

pub(super) const FIELDS: &[Field<Config>] = &[Field {
    name: "origins",
    description: "The backends to read from. If the POP is unknown, the first one is preferred.",
    kind: Kind::List {
        entries: 1..=MAX_ORIGINS,
        read: |config, list, path, errors| config.origins = read_origins(list, path, errors),
    },
    get: |config| config.origins.iter().map(origin_to_json).collect(),
}];

pub(super) const ORIGIN: Fields<OriginConfig> = Fields {
    required: &[Field {
        name: "backend",
        description: "the name of the backend",
        kind: Kind::Text {
            expected: "a string",
            bytes: None,
            set: |origin, text| {
                text.clone_into(&mut origin.backend);
                Some(())
            },
        },
        get: |origin| origin.backend.as_str().into(),
    }],
    optional: &[&[
        Field {
            name: "bucket",
            description: "the bucket",
            kind: Kind::Text {
                expected: "a bucket's name",
                bytes: None,
                set: |origin, text| {
                    origin.bucket = Some(is_bucket(text).then(|| text.to_owned())?);
                    Some(())
                },
            },
            get: |origin| origin.bucket.as_deref().into(),
        },
        Field {
            name: "endpoint",
            description: "the host without the bucket, such as `s3.example.com`",
            kind: Kind::Text {
                expected: "a host, without https:// and without a path",
                bytes: None,
                set: |origin, text| {
                    origin.endpoint = Some(is_host(text).then(|| text.to_owned())?);
                    Some(())
                },
            },
            get: |origin| origin.endpoint.as_deref().into(),
        },
        Field {
            name: "region",
            description: "the region that requests are signed for",
            kind: Kind::Text {
                expected: "a region, such as us-west-004",
                bytes: None,
                set: |origin, text| {
                    origin.region = Some(Region::parse(text)?);
                    Some(())
                },
            },
            get: |origin| origin.region.as_ref().map(Region::as_str).into(),
        },
        Field {
            name: "public",
            description: "`true`: the bucket is public, requests are not signed, and no key is needed",
            kind: Kind::Boolean {
                set: |origin, flag| origin.public = flag,
            },
            get: |origin| origin.public.then_some(true).into(),
        },
    ]],
    aliases: &[],
};

fn read_origins(list: &[Value], path: &str, errors: &mut Errors) -> Vec<OriginConfig> {
    let mut seen = BTreeSet::new();
    let mut origins = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let path = place::entry(path, index);
        let Some(origin) = read_origin(entry, &path, errors) else {
            continue;
        };
        if !is_backend_name(&origin.backend) {
            let problem = format!(
                "must name a backend, in 1 to {MAX_BACKEND_NAME} letters, digits, -, _ and ."
            );
            errors.add(&path, &problem);
        } else if !seen.insert(origin.backend.clone()) {
            errors.add(&path, "names a backend that an earlier entry has");
        }
        origins.push(origin);
    }
    origins
}

/// Reads an entry, which is the name of a backend or an object; `None` if that has a mistake in `backend`.
fn read_origin(entry: &Value, path: &str, errors: &mut Errors) -> Option<OriginConfig> {
    let mut origin = OriginConfig::default();
    match entry {
        Value::String(backend) => backend.clone_into(&mut origin.backend),
        Value::Object(object) => {
            // An entry without `backend` is reported like one with an empty name.
            ORIGIN.read_present(object, path, &mut origin, errors);
            if !errors.none_at(&format!("{path}.backend")) {
                return None;
            }
        }
        other => {
            errors.wrong_type(path, "a backend's name or an object", other);
            return None;
        }
    }
    Some(origin)
}

/// The name alone where nothing else is set.
fn origin_to_json(origin: &OriginConfig) -> Value {
    let is_name_only = *origin
        == OriginConfig {
            backend: origin.backend.clone(),
            ..OriginConfig::default()
        };
    if is_name_only {
        origin.backend.as_str().into()
    } else {
        Value::Object(ORIGIN.to_object(origin))
    }
}

/// Whether secrets can be named after a backend of this name: Fastly allows letters, digits, `-`, `_` and
/// `.` in the name of a secret.
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

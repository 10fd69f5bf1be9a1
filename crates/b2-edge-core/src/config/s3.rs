//! The fields of `s3`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use http::HeaderName;
use serde_json::{Map, Value};

use super::configuration::Config;
use super::errors::Errors;
use super::field::{Field, Fields, Kind};
use super::place;
use crate::http::iso8601::{parse_extended, to_extended};
use crate::s3::address::{is_bucket, is_host};
use crate::s3::object_key::MAX_KEY_BYTES;
use crate::s3_endpoint::client::{Grant, Right};
use crate::s3_endpoint::event::ALL;
use crate::s3_endpoint::settings::AwsChunked;

/// The most clients: for an unknown key ID, the key ID of each of them is read.
pub(super) const MAX_CLIENTS: usize = 20;

/// The longest name of a client, in bytes, with which the names of its secrets stay below Fastly's limit of 255.
const MAX_CLIENT_NAME: usize = 64;

/// What is verified takes CPU time, of which an execution has little: more than this never fits.
const LIMIT: RangeInclusive<u64> = 0..=1024 * 1024 * 1024;

const ATTEMPTS: RangeInclusive<u64> = 1..=5;

/// An execution has two minutes, and a client may have taken most of them.
const TIMEOUT_MS: RangeInclusive<u64> = 100..=30_000;

/// The longest URL of the webhook, in bytes.
const MAX_URL_BYTES: usize = 1024;

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "s3.host",
        description: "The host of the S3 endpoint for writers. Requests to it and to `<bucket>.<host>` belong to the endpoint, all others to the website. Empty: no endpoint.",
        kind: Kind::Text {
            expected: "a host without a port, such as s3.example.com, or empty",
            bytes: None,
            set: |config, text| {
                let is_valid = is_host(text) && !text.contains(':');
                config.s3.host = match text {
                    "" => None,
                    text => Some(is_valid.then(|| text.to_owned())?),
                };
                Some(())
            },
        },
        get: |config| config.s3.host.as_deref().unwrap_or_default().into(),
    },
    Field {
        name: "s3.clients",
        description: "The clients of the endpoint, and what each of them may do. Without this field, the key of each origin opens its bucket.",
        kind: Kind::Map { read: read_clients },
        get: |config| {
            let clients = config.s3.clients.as_ref();
            clients.map_or(Value::Null, |clients| clients.iter().map(to_json).collect())
        },
    },
    Field {
        name: "s3.aws_chunked",
        description: "Whether an upload in `aws-chunked` is decoded, or passed on to a store that decodes it.",
        kind: Kind::Choice(&[
            ("decode", |config| {
                config.s3.aws_chunked = AwsChunked::Decode;
            }),
            ("pass", |config| config.s3.aws_chunked = AwsChunked::Pass),
        ]),
        get: |config| config.s3.aws_chunked.as_str().into(),
    },
    Field {
        name: "s3.checksum_limit_bytes",
        description: "The longest upload, or part of one, whose CRC is verified here.",
        kind: Kind::Integer {
            unit: "bytes",
            range: LIMIT,
            set: |config, bytes| config.s3.checksum_limit = bytes,
        },
        get: |config| config.s3.checksum_limit.into(),
    },
    Field {
        name: "s3.signed_chunk_limit_bytes",
        description: "The longest upload, or part of one, whose chunk signatures, SHA-1 or SHA-256 are verified here.",
        kind: Kind::Integer {
            unit: "bytes",
            range: LIMIT,
            set: |config, bytes| config.s3.signed_chunk_limit = bytes,
        },
        get: |config| config.s3.signed_chunk_limit.into(),
    },
];

pub(super) const WEBHOOK_FIELDS: &[Field<Config>] = &[
    Field {
        name: "s3.webhook.url",
        description: "The URL that gets a `POST` for each request in `s3.webhook.for`. Empty: no webhook.",
        kind: Kind::Text {
            expected: "a URL that begins with https:// or http://, in ASCII, or empty",
            bytes: None,
            set: |config, text| {
                config.s3.webhook.url = match text {
                    "" => None,
                    text => Some(is_url(text).then(|| text.to_owned())?),
                };
                Some(())
            },
        },
        get: |config| config.s3.webhook.url.as_deref().unwrap_or_default().into(),
    },
    Field {
        name: "s3.webhook.backend",
        description: "The backend that the notifications are sent to.",
        kind: Kind::Text {
            expected: "the name of a backend",
            bytes: None,
            set: |config, text| {
                let is_name = !text.is_empty() && text.len() <= 255;
                config.s3.webhook.backend = is_name.then(|| text.to_owned())?;
                Some(())
            },
        },
        get: |config| config.s3.webhook.backend.as_str().into(),
    },
    Field {
        name: "s3.webhook.for",
        description: "The requests that are notified, by the right that they need. `all`: every request whose signature is right, whatever came of it.",
        kind: Kind::List {
            entries: 1..=6,
            read: |config, list, path, errors| {
                let words = read_words(list, path, errors, |word| {
                    word == ALL || (word != "versions" && Right::parse(word).is_some())
                });
                config.s3.webhook.events = words;
            },
        },
        get: |config| config.s3.webhook.events.clone().into(),
    },
    Field {
        name: "s3.webhook.header",
        description: "The name of a header that has the secret `webhook_header_value`. Empty: none.",
        kind: Kind::Text {
            expected: "the name of a header, or empty",
            bytes: None,
            set: |config, text| {
                config.s3.webhook.header = match text {
                    "" => None,
                    text => Some(HeaderName::try_from(text).ok()?),
                };
                Some(())
            },
        },
        get: |config| {
            let name = config.s3.webhook.header.as_ref();
            name.map_or("", HeaderName::as_str).into()
        },
    },
    Field {
        name: "s3.webhook.attempts",
        description: "How often a notification is sent until the receiver responds with a status of 200 to 299.",
        kind: Kind::Integer {
            unit: "attempts",
            range: ATTEMPTS,
            set: |config, attempts| config.s3.webhook.attempts = attempts,
        },
        get: |config| config.s3.webhook.attempts.into(),
    },
    Field {
        name: "s3.webhook.timeout_ms",
        description: "How long the receiver has for its response.",
        kind: Kind::Integer {
            unit: "milliseconds",
            range: TIMEOUT_MS,
            set: |config, ms| config.s3.webhook.timeout = Duration::from_millis(ms),
        },
        get: |config| {
            let ms = config.s3.webhook.timeout.as_millis();
            u64::try_from(ms).unwrap_or(u64::MAX).into()
        },
    },
];

pub(super) const CLIENT: Fields<Grant> = Fields {
    required: &[
        Field {
            name: "buckets",
            description: "the buckets that it may use",
            kind: Kind::List {
                entries: 1..=6,
                read: |grant, list, path, errors| {
                    grant.buckets = read_words(list, path, errors, is_bucket);
                },
            },
            get: |grant| grant.buckets.clone().into(),
        },
        Field {
            name: "allow",
            description: "what it may do: `read`, `list`, `write`, `delete`, `lock` and `versions`",
            kind: Kind::List {
                entries: 1..=6,
                read: |grant, list, path, errors| {
                    let words = read_words(list, path, errors, |word| Right::parse(word).is_some());
                    grant.rights = words.iter().filter_map(|word| Right::parse(word)).collect();
                },
            },
            get: |grant| grant.rights.iter().copied().map(Right::as_str).collect(),
        },
    ],
    optional: &[&[
        Field {
            name: "prefix",
            description: "where its keys must be. `in/`: in this folder; `in`: also the key `in` itself. Empty: anywhere",
            kind: Kind::Text {
                expected: "the beginning of a key",
                bytes: None,
                set: |grant, text| {
                    let is_prefix = text.len() <= MAX_KEY_BYTES && !text.contains('\0');
                    grant.prefix = is_prefix.then(|| text.to_owned())?;
                    Some(())
                },
            },
            get: |grant| {
                (!grant.prefix.is_empty())
                    .then_some(grant.prefix.as_str())
                    .into()
            },
        },
        Field {
            name: "until",
            description: "when it ends, such as `2027-01-31T00:00:00Z`",
            kind: Kind::Text {
                expected: "a time in UTC, such as 2027-01-31T00:00:00Z",
                bytes: None,
                set: |grant, text| {
                    grant.until = Some(parse_extended(text)?);
                    Some(())
                },
            },
            get: |grant| grant.until.map(to_extended).into(),
        },
    ]],
    aliases: &[],
};

fn read_clients(config: &mut Config, map: &Map<String, Value>, path: &str, errors: &mut Errors) {
    if map.len() > MAX_CLIENTS {
        errors.wrong_length(path, &(0..=MAX_CLIENTS), map.len());
    }
    let mut clients = BTreeMap::new();
    for (name, value) in map {
        let path = format!("{path}.{name}");
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=MAX_CLIENT_NAME).contains(&name.len()) || !name.bytes().all(is_name_byte) {
            let problem =
                format!("is no name of a client: 1 to {MAX_CLIENT_NAME} letters, digits, - and _");
            errors.add(&path, &problem);
        }
        if let Some(grant) = CLIENT.read_entry(value, &path, errors) {
            clients.insert(name.clone(), grant);
        }
    }
    config.s3.clients = Some(clients);
}

/// Reads a list of words, each of which is there once.
fn read_words(
    list: &[Value],
    path: &str,
    errors: &mut Errors,
    is_word: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut words: Vec<String> = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let path = place::entry(path, index);
        let Some(word) = errors.expect(value.as_str(), &path, "a string", value) else {
            continue;
        };
        if !is_word(word) {
            errors.add(&path, "is none of the values that are possible here");
        } else if words.iter().any(|known| known == word) {
            errors.add(&path, "is given twice");
        } else {
            words.push(word.to_owned());
        }
    }
    words
}

fn to_json((name, grant): (&String, &Grant)) -> (String, Value) {
    (name.clone(), Value::Object(CLIENT.to_object(grant)))
}

/// Whether `text` is a URL that can be sent: a scheme, a host, and visible ASCII.
fn is_url(text: &str) -> bool {
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    let host = rest.and_then(|rest| rest.split(['/', '?']).next());
    let is_host = host.is_some_and(|host| is_host(&host.to_ascii_lowercase()));
    let is_visible = text
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'#');
    is_host && is_visible && text.len() <= MAX_URL_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;

    const EXAMPLE: &str = r#"{"s3": {
        "host": "s3.example.com",
        "clients": {"uploader": {"buckets": ["media"], "prefix": "in/", "allow": ["read", "list", "write"],
                                 "until": "2027-01-31T00:00:00Z"}},
        "webhook": {"url": "https://hooks.example.com/b2", "header": "X-RisingCloud-Auth"}
    }}"#;

    #[test]
    fn a_client_has_its_grant_and_none_may_do_anything_where_there_are_none() {
        let config = Config::parse(EXAMPLE).expect("valid");
        let clients = config.s3.clients.expect("clients");
        let uploader = clients.get("uploader").expect("the client");
        assert_eq!(uploader.buckets, ["media"]);
        assert_eq!(uploader.rights, [Right::Read, Right::List, Right::Write]);
        let config = Config::parse(r#"{"s3": {"clients": {}}}"#).expect("valid");
        assert_eq!(config.s3.clients, Some(BTreeMap::new()));
    }

    #[test]
    fn each_mistake_names_its_field() {
        for (json, expected) in [
            (
                r#"{"host": "s3.example.com:443"}"#,
                "s3.host must be a host without a port, such as s3.example.com, or empty",
            ),
            (
                r#"{"host": "S3.example.com"}"#,
                "s3.host must be a host without a port, such as s3.example.com, or empty",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["abc"]}}}"#,
                "s3.clients.a.allow is missing",
            ),
            (
                r#"{"clients": {"a": {"buckets": [], "allow": ["read"]}}}"#,
                "s3.clients.a.buckets must have 1 to 6 entries, has 0",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["A"], "allow": ["read"]}}}"#,
                "s3.clients.a.buckets[0] is none of the values that are possible here",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["abc"], "allow": ["admin"]}}}"#,
                "s3.clients.a.allow[0] is none of the values that are possible here",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["abc"], "allow": ["read", "read"]}}}"#,
                "s3.clients.a.allow[1] is given twice",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["abc"], "allow": ["read"], "until": "2027-01-31"}}}"#,
                "s3.clients.a.until must be a time in UTC, such as 2027-01-31T00:00:00Z",
            ),
            (
                r#"{"clients": {"a": {"buckets": ["abc"], "allow": ["read"], "key": "x"}}}"#,
                "s3.clients.a.key is not a field of the configuration",
            ),
            (
                r#"{"clients": {"a b": {"buckets": ["abc"], "allow": ["read"]}}}"#,
                "s3.clients.a b is no name of a client: 1 to 64 letters, digits, - and _",
            ),
            (
                r#"{"webhook": {"url": "ftp://a"}}"#,
                "s3.webhook.url must be a URL that begins with https:// or http://, in ASCII, or empty",
            ),
            (
                r#"{"webhook": {"for": ["versions"]}}"#,
                "s3.webhook.for[0] is none of the values that are possible here",
            ),
            (
                r#"{"webhook": {"attempts": 0}}"#,
                "s3.webhook.attempts must be a whole number of attempts from 1 to 5",
            ),
            (
                r#"{"webhook": {"secret": "x"}}"#,
                "s3.webhook.secret is not a field of the configuration",
            ),
            (
                r#"{"aws_chunked": "drop"}"#,
                r#"s3.aws_chunked must be "decode" or "pass""#,
            ),
            (
                r#"{"bucket": "x"}"#,
                "s3.bucket is not a field of the configuration",
            ),
        ] {
            assert_eq!(
                mistakes(&format!(r#"{{"s3": {json}}}"#)),
                [expected],
                "{json}"
            );
        }
    }
}

//! The fields of `security`.

use http::HeaderValue;

use super::configuration::Config;
use super::field::{Field, Kind};

/// Another name of a field: most people know the header as HSTS.
pub(super) const HSTS: (&str, &str) = ("security.hsts", "security.strict_transport_security");

pub(super) const FIELDS: &[Field<Config>] = &[
    Field {
        name: "security.x_content_type_options",
        description: "The header `X-Content-Type-Options` of every response.",
        kind: Kind::Header {
            set: |config, value| config.security.x_content_type_options = value,
        },
        get: |config| text(config.security.x_content_type_options.as_ref()).into(),
    },
    Field {
        name: "security.strict_transport_security",
        description: "The header `Strict-Transport-Security` of HTML responses.",
        kind: Kind::Header {
            set: |config, value| config.security.strict_transport_security = value,
        },
        get: |config| text(config.security.strict_transport_security.as_ref()).into(),
    },
    Field {
        name: "security.referrer_policy",
        description: "The header `Referrer-Policy` of HTML responses.",
        kind: Kind::Header {
            set: |config, value| config.security.referrer_policy = value,
        },
        get: |config| text(config.security.referrer_policy.as_ref()).into(),
    },
    Field {
        name: "security.content_security_policy",
        description: "The header `Content-Security-Policy` of HTML responses.",
        kind: Kind::Header {
            set: |config, value| config.security.content_security_policy = value,
        },
        get: |config| text(config.security.content_security_policy.as_ref()).into(),
    },
    Field {
        name: "security.x_frame_options",
        description: "The header `X-Frame-Options` of HTML responses.",
        kind: Kind::Header {
            set: |config, value| config.security.x_frame_options = value,
        },
        get: |config| text(config.security.x_frame_options.as_ref()).into(),
    },
];

/// A header as it is written in the configuration: empty if it is removed.
fn text(header: Option<&HeaderValue>) -> &str {
    header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::mistakes;
    use crate::site::security_headers::SecurityHeaders;

    #[test]
    fn a_security_header_is_set_or_with_an_empty_value_taken_out() {
        let config = Config::parse(
            r#"{"security": {"x_frame_options": "", "referrer_policy": "no-referrer"}}"#,
        );
        let security = config.expect("valid").security;
        assert_eq!(security.x_frame_options, None);
        assert_eq!(
            security.referrer_policy,
            Some(HeaderValue::from_static("no-referrer"))
        );
        assert_eq!(
            security.x_content_type_options,
            SecurityHeaders::default().x_content_type_options
        );
        for json in [r#"{"hsts": ""}"#, r#"{"strict_transport_security": null}"#] {
            let config = Config::parse(&format!(r#"{{"security": {json}}}"#)).expect(json);
            assert_eq!(config.security.strict_transport_security, None, "{json}");
        }
        let wanted = "security.x_frame_options must be the value of a header, in ASCII";
        for (json, expected) in [
            (r#"{"x_frame_options": "a\r\nb: c"}"#, wanted),
            (r#"{"x_frame_options": "ä"}"#, wanted),
            (r#"{"x_frame_options": " "}"#, wanted),
            (
                r#"{"x_frame_options": 1}"#,
                "security.x_frame_options must be a string, is a number",
            ),
            (
                r#"{"hsts": "max-age=1", "strict_transport_security": "max-age=2"}"#,
                "security.hsts is another name of security.strict_transport_security, which is set",
            ),
            (
                r#"{"x-frame-options": "DENY"}"#,
                "security.x-frame-options is not a field of the configuration",
            ),
        ] {
            assert_eq!(
                mistakes(&format!(r#"{{"security": {json}}}"#)),
                [expected],
                "{json}"
            );
        }
    }
}

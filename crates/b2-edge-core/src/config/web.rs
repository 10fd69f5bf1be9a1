//! `cors`, `security`, `redirects` and `status_page`: what clients are told, and where they are sent.

use http::HeaderValue;
use serde_json::{Map, Value};

use super::errors::Errors;
use crate::http::path::RequestPath;
use crate::http::path_pattern::PathPattern;
use crate::site::cors::{Cors, is_origin};
use crate::site::redirect::{Redirect, RedirectTarget};
use crate::site::security_headers::SecurityHeaders;
use crate::site::web_policy::StatusPage;

/// How many origins `cors.allow_origins` may list.
const MAX_ORIGINS_LISTED: usize = 100;

/// How many redirects there may be: they are looked through one after the other.
pub const MAX_REDIRECTS: usize = 100;

/// The statuses of a redirect that names its target (RFC 9110, section 15.4).
const REDIRECT_STATUSES: [u16; 5] = [301, 302, 303, 307, 308];

/// The longest value of a header, in bytes.
const MAX_HEADER_BYTES: usize = 4096;

pub(super) fn read_status_page(value: &Value, errors: &mut Errors) -> StatusPage {
    match value.as_str() {
        Some("local") => StatusPage::Local,
        Some("on") => StatusPage::On,
        Some("off") => StatusPage::Off,
        _ => {
            errors.add("status_page", r#"must be "local", "on" or "off""#);
            StatusPage::default()
        }
    }
}

pub(super) fn read_cors(value: &Value, errors: &mut Errors) -> Cors {
    let Some(object) = errors.expect(value.as_object(), "cors", "an object", value) else {
        return Cors::default();
    };
    let mut cors = Cors::default();
    for (name, value) in object {
        let field = format!("cors.{name}");
        match name.as_str() {
            "allow_origins" => cors = read_allow_origins(value, &field, errors),
            _ => errors.unknown_field(&field),
        }
    }
    cors
}

fn read_allow_origins(value: &Value, field: &str, errors: &mut Errors) -> Cors {
    let Some(list) = errors.list(value, field, MAX_ORIGINS_LISTED) else {
        return Cors::Nobody;
    };
    if let [Value::String(star)] = list.as_slice()
        && star == "*"
    {
        return Cors::Everybody;
    }
    let mut origins = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let wanted =
            r#"an origin as browsers send it, such as https://www.example.com, or ["*"] alone"#;
        origins.extend(errors.checked(value, &format!("{field}[{index}]"), is_origin, wanted));
    }
    if origins.is_empty() {
        Cors::Nobody
    } else {
        Cors::Listed(origins)
    }
}

pub(super) fn read_security(value: &Value, errors: &mut Errors) -> SecurityHeaders {
    let mut security = SecurityHeaders::default();
    let Some(object) = errors.expect(value.as_object(), "security", "an object", value) else {
        return security;
    };
    for (name, value) in object {
        let field = format!("security.{name}");
        let header = match name.as_str() {
            "x_content_type_options" => &mut security.x_content_type_options,
            "hsts" if object.contains_key("strict_transport_security") => {
                errors.add(
                    &field,
                    "is another name of security.strict_transport_security, which is set",
                );
                continue;
            }
            // Everybody calls it so.
            "strict_transport_security" | "hsts" => &mut security.strict_transport_security,
            "referrer_policy" => &mut security.referrer_policy,
            "content_security_policy" => &mut security.content_security_policy,
            "x_frame_options" => &mut security.x_frame_options,
            _ => {
                errors.unknown_field(&field);
                continue;
            }
        };
        let is_taken_out = value.is_null() || value.as_str() == Some("");
        *header = if is_taken_out {
            None
        } else {
            read_header(value, &field, errors)
        };
    }
    security
}

/// A header's value, in visible ASCII and spaces.
pub(super) fn read_header(value: &Value, field: &str, errors: &mut Errors) -> Option<HeaderValue> {
    let is_value = |text: &str| {
        let is_visible = text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        !text.trim().is_empty() && is_visible && text.len() <= MAX_HEADER_BYTES
    };
    let text = errors.checked(value, field, is_value, "the value of a header, in ASCII")?;
    HeaderValue::try_from(text.trim()).ok()
}

pub(super) fn read_redirects(value: &Value, errors: &mut Errors) -> Vec<Redirect> {
    let Some(list) = errors.list(value, "redirects", MAX_REDIRECTS) else {
        return Vec::new();
    };
    let mut redirects: Vec<Redirect> = Vec::with_capacity(list.len());
    for (index, value) in list.iter().enumerate() {
        let field = format!("redirects[{index}]");
        let Some(object) = errors.expect(value.as_object(), &field, "an object", value) else {
            continue;
        };
        let Some(redirect) = read_redirect(object, &field, errors) else {
            continue;
        };
        if redirect.to.has_star() && !redirect.from.has_star() {
            errors.add(&format!("{field}.to"), "has a * for which from has none");
        } else if leads_to_itself(&redirect, &redirects) {
            errors.add(
                &format!("{field}.to"),
                "is matched by from again, without end",
            );
        } else {
            redirects.push(redirect);
        }
    }
    redirects
}

/// Reads an entry of `redirects`; `None` when it has mistakes that have been noted.
fn read_redirect(
    object: &Map<String, Value>,
    field: &str,
    errors: &mut Errors,
) -> Option<Redirect> {
    let (mut from, mut to, mut status) = (None, None, Some(301));
    for (name, value) in object {
        let field = format!("{field}.{name}");
        match name.as_str() {
            "from" => {
                let pattern = errors.string(value, &field).map(PathPattern::parse);
                let pattern = pattern.map(|found| found.filter(PathPattern::is_prefix));
                let wanted = "must be a path that begins with /, not percent-encoded, with or without * at its end";
                from = pattern.map(|found| errors.expect_some(found, &field, wanted));
            }
            "to" => {
                let target = errors.string(value, &field).map(RedirectTarget::parse);
                let wanted = "must be a path that begins with one /, or https://host/path, in ASCII, with or \
                              without * at its end";
                to = target.map(|found| errors.expect_some(found, &field, wanted));
            }
            "status" => {
                let found = REDIRECT_STATUSES
                    .into_iter()
                    .find(|status| value.as_u64() == Some(u64::from(*status)));
                status = errors.expect_some(found, &field, "must be 301, 302, 303, 307 or 308");
            }
            _ => errors.unknown_field(&field),
        }
    }
    for (name, is_there) in [
        ("from", object.contains_key("from")),
        ("to", object.contains_key("to")),
    ] {
        if !is_there {
            errors.add(&format!("{field}.{name}"), "is missing");
        }
    }
    Some(Redirect {
        from: from??,
        to: to??,
        status: status?,
    })
}

/// Whether a redirect's target matches it again, and nothing before it.
fn leads_to_itself(redirect: &Redirect, earlier: &[Redirect]) -> bool {
    let path = redirect.to.own_path();
    let decoded = path.and_then(|path| RequestPath::parse(path.as_bytes()).ok());
    decoded.is_some_and(|path| {
        let matches = |redirect: &Redirect| redirect.from.captured(path.as_str()).is_some();
        matches(redirect) && !earlier.iter().any(matches)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::mistakes;

    #[test]
    fn origins_of_scripts_are_listed_or_all() {
        for (json, expected) in [
            ("[]", Cors::Nobody),
            (r#"["*"]"#, Cors::Everybody),
            (
                r#"["https://a.example", "http://localhost:3000"]"#,
                Cors::Listed(vec![
                    "https://a.example".to_owned(),
                    "http://localhost:3000".to_owned(),
                ]),
            ),
        ] {
            let config = Config::parse(&format!(r#"{{"cors": {{"allow_origins": {json}}}}}"#));
            assert_eq!(config.expect(json).cors, expected);
        }
        let wanted = r#"must be an origin as browsers send it, such as https://www.example.com, or ["*"] alone"#;
        for (json, expected) in [
            (
                r#"["*", "https://a.example"]"#,
                format!("cors.allow_origins[0] {wanted}"),
            ),
            (
                r#"["https://a.example/"]"#,
                format!("cors.allow_origins[0] {wanted}"),
            ),
            (
                "[1]",
                "cors.allow_origins[0] must be a string, is a number".to_owned(),
            ),
            (
                r#""*""#,
                "cors.allow_origins must be a list, is a string".to_owned(),
            ),
        ] {
            let json = format!(r#"{{"cors": {{"allow_origins": {json}}}}}"#);
            assert_eq!(mistakes(&json), [expected], "{json}");
        }
        assert_eq!(
            mistakes(r#"{"cors": {"x": 1}}"#),
            ["cors.x is not a field of the configuration"]
        );
    }

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

    #[test]
    fn a_redirect_that_could_leave_its_host_or_never_end_is_a_mistake() {
        let target = "redirects[0].to must be a path that begins with one /, or https://host/path, in ASCII, with or \
                      without * at its end";
        let from = "redirects[0].from must be a path that begins with /, not percent-encoded, with or without * at its end";
        let again = "redirects[0].to is matched by from again, without end";
        for (json, expected) in [
            (r#"{"from": "/a", "to": "//evil.example"}"#, target),
            (r#"{"from": "/a*", "to": "https://good.example*"}"#, target),
            (r#"{"from": "*.html", "to": "/b"}"#, from),
            (r#"{"from": "/a*b", "to": "/b"}"#, from),
            (r#"{"from": "a", "to": "/b"}"#, from),
            (r#"{"from": "/a%20b", "to": "/b"}"#, from),
            (
                r#"{"from": "/a", "to": "/b*"}"#,
                "redirects[0].to has a * for which from has none",
            ),
            (r#"{"from": "/a", "to": "/a?x"}"#, again),
            (r#"{"from": "/*", "to": "/x/*"}"#, again),
            (r#"{"from": "/a b*", "to": "/a%20b/*"}"#, again),
            (
                r#"{"from": "/a", "to": "/b", "status": 200}"#,
                "redirects[0].status must be 301, 302, 303, 307 or 308",
            ),
            (r#"{"to": "/b"}"#, "redirects[0].from is missing"),
            (r#"{"from": "/b"}"#, "redirects[0].to is missing"),
            (
                r#"{"from": "/a", "to": "/b", "x": 1}"#,
                "redirects[0].x is not a field of the configuration",
            ),
            (r#""/a""#, "redirects[0] must be an object, is a string"),
        ] {
            assert_eq!(
                mistakes(&format!(r#"{{"redirects": [{json}]}}"#)),
                [expected],
                "{json}"
            );
        }
        let earlier =
            r#"{"redirects": [{"from": "/a/b/*", "to": "/c"}, {"from": "/a/*", "to": "/a/b/*"}]}"#;
        assert_eq!(
            Config::parse(earlier)
                .expect("ends at the first")
                .redirects
                .len(),
            2
        );
    }

    #[test]
    fn there_are_at_most_a_hundred_redirects() {
        let redirects = |count: usize| {
            let entries: Vec<String> = (0..count)
                .map(|n| format!(r#"{{"from": "/{n}", "to": "/x"}}"#))
                .collect();
            format!(r#"{{"redirects": [{}]}}"#, entries.join(","))
        };
        assert_eq!(
            Config::parse(&redirects(100))
                .expect("valid")
                .redirects
                .len(),
            100
        );
        assert_eq!(
            mistakes(&redirects(101)),
            ["redirects must have at most 100 entries, has 101"]
        );
    }

    #[test]
    fn the_status_page_is_for_its_own_machine_everybody_or_nobody() {
        for (json, local, remote) in [
            ("local", true, false),
            ("on", true, true),
            ("off", false, false),
        ] {
            let config = Config::parse(&format!(r#"{{"status_page": "{json}"}}"#)).expect(json);
            let page = config.status_page;
            assert_eq!(
                (page.is_served(true), page.is_served(false)),
                (local, remote),
                "{json}"
            );
        }
        assert_eq!(
            mistakes(r#"{"status_page": true}"#),
            [r#"status_page must be "local", "on" or "off""#]
        );
    }
}

//! What a request asks for: a preset, a format, and where the original is.

use b2_edge_core::config::{ConfigError, parse_preset};
use b2_edge_core::images::format::Format;
use b2_edge_core::images::preset::Preset;
use http::HeaderValue;
use serde::Deserialize;
use serde_json::Value;

use crate::failure::Failure;
use crate::settings::hosts::AllowedHosts;
use crate::sources::url::SourceUrl;

/// The most sources: as many as the edge has origins.
const MAX_SOURCES: usize = 6;

/// How the variant is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// The preset.
    pub(crate) preset: Preset,
    /// The format; `None` for JPEG, and PNG for a picture with alpha.
    pub(crate) format: Option<Format>,
}

/// Where the original is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// In the order in which they are tried.
    pub(crate) sources: Vec<SourceUrl>,
    /// The version that is wanted.
    pub(crate) if_match: Option<HeaderValue>,
    /// The most bytes that the original may have.
    pub(crate) max_bytes: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    preset: Value,
    format: Option<String>,
    sources: Vec<String>,
    if_match: Option<String>,
    max_bytes: u64,
}

/// Reads a body of JSON.
///
/// # Errors
///
/// 400, with a text that names the field.
pub(crate) fn read_json(body: &[u8], hosts: &AllowedHosts) -> Result<(Variant, Wanted), Failure> {
    let body: Body = serde_json::from_slice(body).map_err(|error| malformed(error.to_string()))?;
    let variant = Variant::of(&body.preset, body.format.as_deref())?;
    if !(1..=MAX_SOURCES).contains(&body.sources.len()) {
        return Err(malformed(format!(
            "sources must have 1 to {MAX_SOURCES} entries"
        )));
    }
    let sources = body.sources.iter().enumerate().map(|(index, url)| {
        let url = SourceUrl::parse(url)
            .ok_or_else(|| malformed(format!("sources[{index}] is not an https URL")))?;
        if hosts.contains(url.authority()) {
            Ok(url)
        } else {
            let message = format!("the host of sources[{index}] is not in ALLOWED_HOSTS");
            Err(Failure::bad_request("host_not_allowed", message))
        }
    });
    let sources = sources.collect::<Result<_, _>>()?;
    let if_match = body.if_match.map(|etag| {
        let value = HeaderValue::from_str(&etag);
        value.map_err(|_| malformed("if_match is not an entity tag"))
    });
    if body.max_bytes == 0 {
        return Err(malformed("max_bytes must be at least 1"));
    }
    let wanted = Wanted {
        sources,
        if_match: if_match.transpose()?,
        max_bytes: body.max_bytes,
    };
    Ok((variant, wanted))
}

/// Reads the query of a request whose body is the original: `preset=<JSON, percent-encoded>`, and, if it is not to be
/// chosen by the picture, `format`.
///
/// # Errors
///
/// 400, with a text that names the parameter.
pub(crate) fn read_query(query: &str) -> Result<Variant, Failure> {
    let (mut preset, mut format) = (None, None);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let slot = match name {
            "preset" => &mut preset,
            "format" => &mut format,
            _ => return Err(malformed("a parameter of the query is not known")),
        };
        let value = percent_encoding::percent_decode_str(value).decode_utf8();
        let value = value.map_err(|_| malformed(format!("{name} is not UTF-8")))?;
        if slot.replace(value.into_owned()).is_some() {
            return Err(malformed(format!("{name} occurs twice")));
        }
    }
    let preset = preset.ok_or_else(|| malformed("preset is missing in the query"))?;
    let preset: Value =
        serde_json::from_str(&preset).map_err(|error| malformed(format!("preset: {error}")))?;
    Variant::of(&preset, format.as_deref())
}

impl Variant {
    fn of(preset: &Value, format: Option<&str>) -> Result<Self, Failure> {
        let preset = parse_preset(preset).map_err(|errors| malformed(describe(&errors)))?;
        let format = match format {
            // What the edge serves to clients that name no format.
            None => preset.formats.last().copied(),
            Some(name) => Some(Format::parse(name).ok_or_else(|| {
                let names = Format::ALL.map(Format::as_str).join(", ");
                malformed(format!("format must be one of {names}"))
            })?),
        };
        Ok(Self { preset, format })
    }
}

fn describe(errors: &[ConfigError]) -> String {
    let describe = |error: &ConfigError| {
        let separator = if error.field.is_empty() { "" } else { "." };
        format!("preset{separator}{} {}", error.field, error.problem)
    };
    errors.iter().map(describe).collect::<Vec<_>>().join("; ")
}

fn malformed(message: impl Into<String>) -> Failure {
    Failure::bad_request("malformed_request", message.into())
}

#[cfg(test)]
mod tests {
    use b2_edge_core::images::preset::Fit;
    use serde_json::json;

    use super::*;

    fn hosts() -> AllowedHosts {
        AllowedHosts::parse("a.example,b.example").expect("hosts")
    }

    fn read(body: &Value) -> Result<(Variant, Wanted), Failure> {
        read_json(body.to_string().as_bytes(), &hosts())
    }

    fn complete() -> Value {
        json!({
            "preset": {"width": 320},
            "format": "webp",
            "sources": ["https://a.example/b?c", "https://b.example/b?d"],
            "if_match": "\"etag\"",
            "max_bytes": 1000,
        })
    }

    #[test]
    fn every_field_is_read() {
        let (variant, wanted) = read(&complete()).expect("an order");
        let fit = Fit::Inside {
            width: Some(320),
            height: None,
        };
        assert_eq!(variant.preset, Preset::new(fit));
        assert_eq!(variant.format, Some(Format::Webp));
        let urls: Vec<_> = wanted
            .sources
            .iter()
            .map(|url| url.target().as_str())
            .collect();
        assert_eq!(urls, ["/b?c", "/b?d"]);
        assert_eq!(wanted.if_match, Some(HeaderValue::from_static("\"etag\"")));
        assert_eq!(wanted.max_bytes, 1000);
    }

    #[test]
    fn format_and_if_match_may_be_absent() {
        let mut body = complete();
        let fields = body.as_object_mut().expect("an object");
        fields.remove("format");
        fields.remove("if_match");
        let (variant, wanted) = read(&body).expect("an order");
        assert_eq!((variant.format, wanted.if_match), (None, None));
        body["preset"]["formats"] = json!(["avif", "jpeg"]);
        let (variant, _) = read(&body).expect("an order");
        assert_eq!(
            variant.format,
            Some(Format::Jpeg),
            "the last of the preset's"
        );
    }

    #[test]
    fn a_mistake_names_its_field() {
        let seven = vec!["https://a.example/b"; 7];
        for (field, value, part) in [
            ("preset", json!({"width": 0}), "preset.width must be"),
            ("preset", json!({"with": 1}), "preset.with "),
            ("preset", json!("small"), "preset "),
            (
                "format",
                json!("gif"),
                "format must be one of jpeg, png, webp, avif",
            ),
            ("sources", json!([]), "sources must have 1 to 6"),
            ("sources", json!(seven), "sources must have 1 to 6"),
            (
                "sources",
                json!(["http://a.example/b"]),
                "sources[0] is not an https URL",
            ),
            (
                "sources",
                json!(["https://a.example/b", "https://c.example/b"]),
                "the host of sources[1] is not in ALLOWED_HOSTS",
            ),
            (
                "sources",
                json!(["https://a.example@c.example/b"]),
                "the host of sources[0]",
            ),
            (
                "sources",
                json!(["https://a.example:443/b"]),
                "the host of sources[0]",
            ),
            ("if_match", json!("a\nb"), "if_match is not"),
            ("max_bytes", json!(0), "max_bytes must be"),
            ("max_bytes", json!(-1), "invalid value"),
            ("max_size", json!(1), "unknown field `max_size`"),
        ] {
            let mut body = complete();
            body[field] = value;
            let failure = read(&body).expect_err(field);
            assert_eq!(failure.status, 400);
            assert!(failure.message.contains(part), "{body}: {failure:?}");
        }
        for missing in ["preset", "sources", "max_bytes"] {
            let mut body = complete();
            body.as_object_mut().expect("an object").remove(missing);
            let failure = read(&body).expect_err(missing);
            assert!(failure.message.contains(missing), "{failure:?}");
        }
        assert_eq!(read_json(b"{", &hosts()).expect_err("no JSON").status, 400);
    }

    #[test]
    fn the_query_has_the_preset_of_an_original_in_the_body() {
        let variant = read_query("preset=%7B%22width%22%3A%20320%7D").expect("a variant");
        assert_eq!(variant.format, None);
        assert_eq!(
            variant.preset.fit,
            Fit::Inside {
                width: Some(320),
                height: None
            }
        );
        let variant = read_query("format=png&preset={\"width\":320}").expect("a variant");
        assert_eq!(variant.format, Some(Format::Png));
    }

    #[test]
    fn a_mistake_in_the_query_names_its_parameter() {
        for (query, part) in [
            ("", "preset is missing"),
            ("format=png", "preset is missing"),
            ("preset=", "preset: "),
            ("preset=%7B%22width%22%3A0%7D", "preset.width must be"),
            ("preset=%ff", "preset is not UTF-8"),
            ("preset={}&preset={}", "preset occurs twice"),
            ("preset={\"width\":1}&format=gif", "format must be"),
            ("preset={\"width\":1}&w=1", "not known"),
        ] {
            let failure = read_query(query).expect_err(query);
            assert_eq!(failure.status, 400);
            assert!(failure.message.contains(part), "{query}: {failure:?}");
        }
    }
}

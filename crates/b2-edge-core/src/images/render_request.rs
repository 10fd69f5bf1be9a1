//! What the render service is asked: a preset, a format, and where the source is.

use serde_json::{Map, Value};

use super::format::Format;
use super::preset::Preset;

/// The target of the request.
pub const TARGET: &str = "/render";

/// How long the URLs of a source are valid, in seconds.
pub const URL_LIFETIME_S: u64 = 60;

/// The largest source that the service is to read, in bytes.
pub const MAX_SOURCE_BYTES: u64 = 50 * 1024 * 1024;

/// A request for a variant.
#[derive(Clone, Copy, Debug)]
pub struct RenderRequest<'r> {
    /// The preset.
    pub preset: &'r Preset,
    /// The format; `None`: JPEG, and PNG for a picture with alpha.
    pub format: Option<Format>,
    /// The URLs of the source at each origin, in the order in which they are to be tried.
    pub sources: &'r [String],
    /// The version of the source that is wanted.
    pub if_match: Option<&'r str>,
}

impl RenderRequest<'_> {
    /// The body of the request.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut request = Map::new();
        let mut set = |name: &str, value: Value| {
            request.insert(name.to_owned(), value);
        };
        set("preset", self.preset.to_json());
        set("sources", self.sources.into());
        set("max_bytes", MAX_SOURCE_BYTES.into());
        if let Some(format) = self.format {
            set("format", format.as_str().into());
        }
        if let Some(etag) = self.if_match {
            set("if_match", etag.into());
        }
        Value::Object(request).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::preset::Fit;

    #[test]
    fn a_request_has_what_the_service_reads() {
        let preset = Preset::new(Fit::Inside {
            width: Some(320),
            height: None,
        });
        let sources = ["https://a.example/x?y".to_owned()];
        let request = RenderRequest {
            preset: &preset,
            format: None,
            sources: &sources,
            if_match: None,
        };
        assert_eq!(
            request.to_json(),
            r#"{"max_bytes":52428800,"preset":{"width":320},"sources":["https://a.example/x?y"]}"#
        );
        let request = RenderRequest {
            format: Some(Format::Jpeg),
            if_match: Some("\"etag\""),
            ..request
        };
        assert_eq!(
            request.to_json(),
            r#"{"format":"jpeg","if_match":"\"etag\"","max_bytes":52428800,"preset":{"width":320},"sources":["https://a.example/x?y"]}"#
        );
    }
}

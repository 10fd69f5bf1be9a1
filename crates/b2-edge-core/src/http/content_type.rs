//! The media type of an object: the stored `Content-Type`, or one from the extension of the key if the stored
//! one is generic.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// Media types for which `mime_guess` has another or an obsolete name.
const EXCEPTIONS: [(&str, &str); 9] = [
    // RFC 9239, section 6.
    ("js", "text/javascript"),
    ("mjs", "text/javascript"),
    // HTTP Live Streaming (RFC 8216, section 4), not TypeScript.
    ("ts", "video/mp2t"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4s", "video/iso.segment"),
    ("rpm", "application/x-rpm"),
    // RFC 8081, section 4.4.5.
    ("woff", "font/woff"),
    ("stl", "model/stl"),
    ("svgz", "image/svg+xml"),
];

/// The media type for the extension of `key`, with `charset=utf-8` for text; `None` for an unknown extension.
#[must_use]
pub fn by_extension(key: &str) -> Option<HeaderValue> {
    let name = key.rsplit('/').next().unwrap_or_default();
    let (stem, extension) = name.rsplit_once('.')?;
    if stem.is_empty() {
        return None;
    }
    let extension = extension.to_ascii_lowercase();
    let exception = EXCEPTIONS.iter().find(|(known, _)| *known == extension);
    let media_type = match exception {
        Some((_, media_type)) => media_type,
        None => mime_guess::from_ext(&extension).first_raw()?,
    };
    if media_type.starts_with("text/") {
        HeaderValue::try_from(format!("{media_type}; charset=utf-8")).ok()
    } else {
        Some(HeaderValue::from_static(media_type))
    }
}

/// Whether a stored type is generic: S3 and B2 give these to objects uploaded without a type.
fn is_generic(content_type: &HeaderValue) -> bool {
    matches!(
        essence(content_type.to_str().unwrap_or_default()).as_str(),
        "" | "binary/octet-stream" | "application/octet-stream"
    )
}

/// Sets `Content-Type` from the extension of `key` if it is missing or generic.
pub fn fill_missing(headers: &mut HeaderMap, key: &str) {
    if headers.get(CONTENT_TYPE).is_none_or(is_generic)
        && let Some(content_type) = by_extension(key)
    {
        headers.insert(CONTENT_TYPE, content_type);
    }
    // A compressed SVG image is one with a content coding (<https://www.w3.org/TR/SVG2/conform.html>).
    let is_svgz = key.to_ascii_lowercase().ends_with(".svgz");
    if is_svgz && !headers.contains_key(CONTENT_ENCODING) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
}

/// Whether the extension of `key` is of a type that compresses well.
#[must_use]
pub fn is_compressible_by_extension(key: &str) -> bool {
    let content_type = by_extension(key);
    content_type.is_some_and(|value| is_compressible(&essence(value.to_str().unwrap_or_default())))
}

/// The traits of an object, from its headers, that decide how its response is finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContentTraits {
    /// Browsers display it as a page.
    pub is_html: bool,
    /// Its type compresses well, it has no `Content-Encoding`, and no `no-transform` (RFC 9111, section
    /// 5.2.2.6).
    pub is_compressible: bool,
    /// It has a `Cache-Control` or `Expires` of its own.
    pub has_lifetime: bool,
}

impl ContentTraits {
    /// Those of no object.
    pub const NONE: Self = Self {
        is_html: false,
        is_compressible: false,
        has_lifetime: false,
    };

    /// One bit for each.
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.is_html as u8 | (self.is_compressible as u8) << 1 | (self.has_lifetime as u8) << 2
    }

    /// The traits with these bits.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self {
            is_html: bits & 1 != 0,
            is_compressible: bits & 2 != 0,
            has_lifetime: bits & 4 != 0,
        }
    }

    /// The traits of an object with these headers. Names are in lower case.
    #[must_use]
    pub fn of<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Self {
        let mut traits = Self::default();
        let mut is_fixed = false;
        for (name, value) in headers {
            match name {
                "content-type" => {
                    let essence = essence(value);
                    traits.is_html =
                        matches!(essence.as_str(), "text/html" | "application/xhtml+xml");
                    traits.is_compressible = is_compressible(&essence);
                }
                "content-encoding" => is_fixed = true,
                "cache-control" => {
                    traits.has_lifetime = true;
                    is_fixed |= value.to_ascii_lowercase().contains("no-transform");
                }
                "expires" => traits.has_lifetime = true,
                _ => {}
            }
        }
        traits.is_compressible &= !is_fixed;
        traits
    }

    /// The traits of an object with the headers of an origin's response.
    #[must_use]
    pub fn of_map(headers: &HeaderMap) -> Self {
        let lines = headers.iter();
        Self::of(lines.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())))
    }
}

/// Type and subtype in lower case, without parameters (RFC 9110, section 8.3.1).
fn essence(content_type: &str) -> String {
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// Whether a media type compresses well: text of some form, or an uncompressed font or image.
fn is_compressible(essence: &str) -> bool {
    let is_event_stream = essence == "text/event-stream";
    (essence.starts_with("text/") && !is_event_stream)
        || essence.ends_with("+json")
        || essence.ends_with("+xml")
        || matches!(
            essence,
            "application/json"
                | "application/javascript"
                | "application/ecmascript"
                | "application/xml"
                | "application/manifest+json"
                | "application/wasm"
                | "application/vnd.ms-fontobject"
                | "application/x-javascript"
                | "application/x-ndjson"
                | "application/toml"
                | "application/yaml"
                | "application/x-yaml"
                | "application/sql"
                | "application/rtf"
                | "font/ttf"
                | "font/otf"
                | "font/sfnt"
                | "application/font-sfnt"
                | "application/x-font-ttf"
                | "application/x-font-opentype"
                | "image/bmp"
                | "image/x-icon"
                | "image/vnd.microsoft.icon"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_without_a_useful_type_gets_it_from_its_extension() {
        for (stored, key, expected) in [
            (None, "a/index.html", Some("text/html; charset=utf-8")),
            (
                Some("binary/octet-stream"),
                "a.css",
                Some("text/css; charset=utf-8"),
            ),
            (
                Some("application/octet-stream"),
                "a.JS",
                Some("text/javascript; charset=utf-8"),
            ),
            (
                Some("Application/Octet-Stream; x=y"),
                "a.png",
                Some("image/png"),
            ),
            (None, "a.mjs", Some("text/javascript; charset=utf-8")),
            (None, "live/1.ts", Some("video/mp2t")),
            (None, "live.M3U8", Some("application/vnd.apple.mpegurl")),
            (None, "1.m4s", Some("video/iso.segment")),
            (None, "a.rpm", Some("application/x-rpm")),
            (None, "a.woff", Some("font/woff")),
            (None, "a.stl", Some("model/stl")),
            (None, "a.svgz", Some("image/svg+xml")),
            (Some(""), "a.mp4", Some("video/mp4")),
            (None, "a.woff2", Some("font/woff2")),
            (None, "a.svg", Some("image/svg+xml")),
            (None, "a.wasm", Some("application/wasm")),
            (None, "a.webmanifest", Some("application/manifest+json")),
            (None, "data.json", Some("application/json")),
            (Some("text/plain"), "a.html", Some("text/plain")),
            (
                Some("binary/octet-stream"),
                "a",
                Some("binary/octet-stream"),
            ),
            (
                Some("binary/octet-stream"),
                "a.unheard-of",
                Some("binary/octet-stream"),
            ),
            (None, "html", None),
            (None, ".html", None),
            (None, "a.html/b", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.extend(stored.map(|stored| (CONTENT_TYPE, HeaderValue::from_static(stored))));
            fill_missing(&mut headers, key);
            let found = headers
                .get(CONTENT_TYPE)
                .map(|value| value.to_str().expect("text"));
            assert_eq!(found, expected, "{stored:?} {key}");
        }
    }

    #[test]
    fn a_compressed_svg_image_says_so() {
        for (key, stored, encoding) in [
            ("a.svgz", None, Some("gzip")),
            ("a.SVGZ", None, Some("gzip")),
            ("a.svgz", Some("br"), Some("br")),
            ("a.svg", None, None),
            ("svgz", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers
                .extend(stored.map(|stored| (CONTENT_ENCODING, HeaderValue::from_static(stored))));
            fill_missing(&mut headers, key);
            let found = headers.get(CONTENT_ENCODING);
            let found = found.map(|value| value.to_str().expect("text"));
            assert_eq!(found, encoding, "{stored:?} {key}");
        }
    }

    #[test]
    fn text_is_compressible_unless_it_is_encoded_or_must_not_be_changed() {
        for (content_type, is_compressible) in [
            ("text/html; charset=utf-8", true),
            ("TEXT/CSS", true),
            ("application/json", true),
            ("application/ld+json", true),
            ("image/svg+xml", true),
            ("application/wasm", true),
            ("image/png", false),
            ("font/woff2", false),
            ("video/mp4", false),
            ("text/event-stream", false),
            ("application/zip", false),
        ] {
            let traits = ContentTraits::of([("content-type", content_type)]);
            assert_eq!(traits.is_compressible, is_compressible, "{content_type}");
        }
        for line in [
            ("content-encoding", "gzip"),
            ("cache-control", "public, No-Transform"),
        ] {
            let traits = ContentTraits::of([("content-type", "text/css"), line]);
            assert!(!traits.is_compressible, "{line:?}");
        }
    }

    #[test]
    fn pages_are_html() {
        for (content_type, is_html) in [
            ("text/html", true),
            ("Text/HTML; charset=x", true),
            ("application/xhtml+xml", true),
            ("text/plain", false),
            ("image/svg+xml", false),
        ] {
            assert_eq!(
                ContentTraits::of([("content-type", content_type)]).is_html,
                is_html,
                "{content_type}"
            );
        }
    }
}

//! CORS without credentials, by the Fetch standard (<https://fetch.spec.whatwg.org/#http-cors-protocol>).
//!
//! "Origin" means a web origin here: scheme, host and port of the page that sends the request.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
};
use http::{HeaderName, HeaderValue};

/// The methods that are allowed cross-origin.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD");

/// The request headers that are allowed cross-origin: any, because headers that a read does not use are
/// dropped. The names are for browsers that do not support the wildcard.
const REQUEST_HEADERS: HeaderValue = HeaderValue::from_static(
    "*, Range, If-Range, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since",
);

/// The response headers that scripts may read: all, with names for the same reason.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "*, Accept-Ranges, Age, Content-Encoding, Content-Length, Content-Range, ETag, Server-Timing, X-B2-Host, \
     X-Cache, X-Request-Id",
);

/// How long a browser may cache a preflight, in seconds: two hours, Chromium's maximum.
const MAX_AGE: HeaderValue = HeaderValue::from_static("7200");

/// `cors.allow_origins`: the origins whose scripts may read responses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Cors {
    /// None, the default: no CORS headers.
    #[default]
    Off,
    /// Any origin.
    AnyOrigin,
    /// The listed origins, each as browsers send it.
    Listed(Vec<String>),
}

impl Cors {
    /// Whether any origin is allowed.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        match self {
            Self::Off => false,
            Self::AnyOrigin | Self::Listed(_) => true,
        }
    }

    /// Whether responses vary by `Origin`, and so need `Vary: Origin` even without that header in the
    /// request.
    #[must_use]
    pub const fn varies(&self) -> bool {
        match self {
            Self::Off | Self::AnyOrigin => false,
            Self::Listed(_) => true,
        }
    }

    /// The CORS headers of a response to a request with this `Origin`.
    #[must_use]
    pub fn headers(&self, origin: Option<&HeaderValue>) -> Vec<(HeaderName, HeaderValue)> {
        let allowed = self.allowed(origin).map(|allowed| {
            [
                (ACCESS_CONTROL_ALLOW_ORIGIN, allowed),
                (ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS),
            ]
        });
        allowed.into_iter().flatten().collect()
    }

    /// The CORS headers of the response to a preflight with this `Origin`.
    #[must_use]
    pub fn preflight(&self, origin: Option<&HeaderValue>) -> Vec<(HeaderName, HeaderValue)> {
        let allowed = self.allowed(origin).map(|allowed| {
            [
                (ACCESS_CONTROL_ALLOW_ORIGIN, allowed),
                (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
                (ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS),
                (ACCESS_CONTROL_MAX_AGE, MAX_AGE),
            ]
        });
        allowed.into_iter().flatten().collect()
    }

    /// The value of `Access-Control-Allow-Origin`; `None` for an origin that is not allowed.
    fn allowed(&self, origin: Option<&HeaderValue>) -> Option<HeaderValue> {
        match self {
            Self::Off => None,
            Self::AnyOrigin => Some(HeaderValue::from_static("*")),
            Self::Listed(listed) => origin
                .filter(|origin| listed.iter().any(|one| one.as_bytes() == origin.as_bytes()))
                .cloned(),
        }
    }
}

/// Whether `text` is an origin as browsers send it (RFC 6454, section 6.2): scheme, host, and the port unless
/// it is the scheme's default, in lower case, without a path.
#[must_use]
pub fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else {
        return false;
    };
    let is_default_port = (scheme == "https" && host.ends_with(":443"))
        || (scheme == "http" && host.ends_with(":80"));
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_lowercase())
        && scheme
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b));
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.:[]_".contains(&b));
    is_scheme && is_host && !is_default_port
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(cors: &Cors, origin: Option<&'static str>) -> Option<String> {
        let origin = origin.map(HeaderValue::from_static);
        let (name, value) = cors.headers(origin.as_ref()).into_iter().next()?;
        assert_eq!(name, ACCESS_CONTROL_ALLOW_ORIGIN);
        value.to_str().ok().map(ToOwned::to_owned)
    }

    #[test]
    fn only_an_origin_that_is_listed_is_allowed() {
        let listed = Cors::Listed(vec![
            "https://a.example".to_owned(),
            "http://localhost:3000".to_owned(),
        ]);
        for (origin, is_allowed) in [
            (Some("https://a.example"), true),
            (Some("http://localhost:3000"), true),
            (Some("https://a.example.evil.example"), false),
            (Some("http://a.example"), false),
            (Some("https://A.example"), false),
            (Some("https://a.example/"), false),
            (Some("null"), false),
            (Some("*"), false),
            (None, false),
        ] {
            let expected = origin.filter(|_| is_allowed).map(ToOwned::to_owned);
            assert_eq!(allowed(&listed, origin), expected, "{origin:?}");
            let preflight = listed.preflight(origin.map(HeaderValue::from_static).as_ref());
            assert_eq!(preflight.is_empty(), !is_allowed, "{origin:?}");
        }
        assert!(listed.varies());
    }

    #[test]
    fn everybody_is_answered_with_a_star_and_nobody_with_nothing() {
        for origin in [Some("https://a.example"), Some("null"), None] {
            assert_eq!(allowed(&Cors::AnyOrigin, origin).as_deref(), Some("*"));
            assert_eq!(allowed(&Cors::Off, origin), None);
        }
        assert!(!Cors::AnyOrigin.varies() && !Cors::Off.varies());
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_as_browsers_send_it() {
        for text in [
            "https://example.com",
            "http://localhost:8080",
            "https://[2001:db8::1]:8443",
            "capacitor://localhost",
            "chrome-extension://abcdefghij",
        ] {
            assert!(is_origin(text), "{text}");
        }
        for text in [
            "",
            "*",
            "null",
            "example.com",
            "https://",
            "https://example.com/",
            "https://Example.com",
            "HTTPS://example.com",
            "https://example.com:443",
            "http://example.com:80",
            "https://user@example.com",
            "https://*.example.com",
            "https://example.com?x",
        ] {
            assert!(!is_origin(text), "{text}");
        }
    }
}

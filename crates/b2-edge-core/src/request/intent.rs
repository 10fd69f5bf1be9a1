//! The intent of a request, parsed once: later code matches on it and never looks at the method again.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderValue, Method};

use crate::error::GatewayError;
use crate::http::method::ReadMethod;
use crate::http::path::RequestPath;
use crate::http::target::Target;
use crate::site::redirect;
use crate::site::web_policy::WebPolicy;

/// The path of the status page. While it is served, an object with this path cannot be read.
pub const STATUS_PAGE: &str = "/_b2-edge/";

/// The path of the status page's report in JSON.
pub const STATUS_JSON: &str = "/_b2-edge/status.json";

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Read the object, or the document, that a path names.
    Read {
        /// `GET` or `HEAD`.
        method: ReadMethod,
        /// The decoded path.
        path: RequestPath,
    },
    /// A configured redirect.
    Redirect {
        /// The status code.
        status: u16,
        /// `Location`.
        location: HeaderValue,
    },
    /// The status page.
    Status {
        /// `GET` or `HEAD`.
        method: ReadMethod,
        /// The representation.
        form: StatusForm,
    },
    /// Purge one object (`PURGE`;
    /// <https://www.fastly.com/documentation/guides/full-site-delivery/purging/authenticating-api-purge-requests/>).
    Purge {
        /// The decoded path of the object.
        path: RequestPath,
    },
    /// A CORS preflight (<https://fetch.spec.whatwg.org/#cors-preflight-request>).
    Preflight,
    /// Any other `OPTIONS` (RFC 9110, section 9.3.7).
    Options,
}

/// A representation of the status page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusForm {
    /// HTML.
    Page,
    /// JSON.
    Json,
}

/// The value of `Allow`: the methods that do not get a 405.
pub const ALLOW: &str = "GET, HEAD, OPTIONS, PURGE";

impl Intent {
    /// Parses the intent. Only a preflight depends on `headers`.
    ///
    /// # Errors
    ///
    /// [`GatewayError::MethodNotAllowed`] for a method that is not in [`ALLOW`], [`GatewayError::Key`] for an
    /// invalid path.
    pub fn parse(
        method: &Method,
        target: &Target<'_>,
        headers: &HeaderMap,
        web_policy: &WebPolicy,
    ) -> Result<Self, GatewayError> {
        let path =
            || RequestPath::parse(target.path).map_err(|error| GatewayError::Key(error.into()));
        match method.as_str() {
            "GET" => Ok(Self::of_path(
                ReadMethod::Get,
                path()?,
                target.query,
                web_policy,
            )),
            "HEAD" => Ok(Self::of_path(
                ReadMethod::Head,
                path()?,
                target.query,
                web_policy,
            )),
            "OPTIONS" if web_policy.cors.is_on() && is_preflight(headers) => Ok(Self::Preflight),
            "OPTIONS" => Ok(Self::Options),
            "PURGE" => Ok(Self::Purge { path: path()? }),
            _ => Err(GatewayError::MethodNotAllowed),
        }
    }

    fn of_path(
        method: ReadMethod,
        path: RequestPath,
        query: Option<&str>,
        web_policy: &WebPolicy,
    ) -> Self {
        let form = match path.as_str() {
            _ if !web_policy.has_status_page => None,
            STATUS_PAGE => Some(StatusForm::Page),
            STATUS_JSON => Some(StatusForm::Json),
            _ => None,
        };
        if let Some(form) = form {
            return Self::Status { method, form };
        }
        match redirect::find(&web_policy.redirects, &path, query) {
            Some((status, location)) => Self::Redirect { status, location },
            None => Self::Read { method, path },
        }
    }
}

/// Whether an `OPTIONS` is a CORS preflight.
fn is_preflight(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path::PathError;
    use crate::http::path_pattern::PathPattern;
    use crate::s3::object_key::KeyError;
    use crate::site::cors::Cors;
    use crate::site::redirect::{Redirect, RedirectTarget};

    fn parse(method: &Method, path: &[u8]) -> Result<Intent, GatewayError> {
        parse_by(&WebPolicy::default(), method, path, &HeaderMap::new())
    }

    fn parse_by(
        web_policy: &WebPolicy,
        method: &Method,
        path: &[u8],
        headers: &HeaderMap,
    ) -> Result<Intent, GatewayError> {
        Intent::parse(method, &Target::split(path), headers, web_policy)
    }

    #[test]
    fn get_and_head_read_what_the_path_shows() {
        for (method, read) in [
            (Method::GET, ReadMethod::Get),
            (Method::HEAD, ReadMethod::Head),
        ] {
            for (sent, decoded) in [
                (&b"/a%20b"[..], "/a b"),
                (b"/", "/"),
                (b"/_b2-edge/?x", "/_b2-edge/"),
            ] {
                let Ok(Intent::Read { method, path }) = parse(&method, sent) else {
                    unreachable!("{method} reads");
                };
                assert_eq!((method, path.as_str()), (read, decoded));
                assert_eq!(method.as_http(), read.as_http());
            }
        }
    }

    #[test]
    fn options_needs_no_object_and_is_a_preflight_when_a_script_asks() {
        let web_policy = WebPolicy {
            cors: Cors::AnyOrigin,
            ..WebPolicy::default()
        };
        let mut headers = HeaderMap::new();
        let mut parsed = Vec::new();
        for header in [None, Some(ORIGIN), Some(ACCESS_CONTROL_REQUEST_METHOD)] {
            headers.extend(header.map(|name| (name, HeaderValue::from_static("x"))));
            parsed.push(parse_by(&web_policy, &Method::OPTIONS, b"/", &headers));
        }
        assert_eq!(
            parsed,
            [
                Ok(Intent::Options),
                Ok(Intent::Options),
                Ok(Intent::Preflight)
            ]
        );
        for path in [&b"/"[..], b"*", b"/%zz"] {
            let parsed = parse_by(&WebPolicy::default(), &Method::OPTIONS, path, &headers);
            assert_eq!(parsed, Ok(Intent::Options), "no origin is allowed");
        }
    }

    #[test]
    fn every_other_method_is_refused_before_its_path_is_read() {
        for method in [
            "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "purge", "PROPFIND", "get",
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a token");
            for path in [&b"/a"[..], b"/", b"/%zz"] {
                let refused = parse(&method, path);
                assert_eq!(refused, Err(GatewayError::MethodNotAllowed), "{method}");
            }
        }
    }

    #[test]
    fn a_path_that_names_nothing_is_refused_with_its_reason() {
        for method in [
            Method::GET,
            Method::HEAD,
            Method::from_bytes(b"PURGE").expect("a token"),
        ] {
            let refused = parse(&method, b"/%ff");
            assert_eq!(
                refused,
                Err(GatewayError::Key(KeyError::Path(PathError::NotUtf8)))
            );
        }
    }

    #[test]
    fn the_status_page_comes_before_redirects_and_redirects_before_objects() {
        let web_policy = WebPolicy {
            redirects: vec![Redirect {
                from: PathPattern::parse("/*").expect("a pattern"),
                to: RedirectTarget::parse("https://new.example/*").expect("a target"),
                status: 308,
            }],
            has_status_page: true,
            ..WebPolicy::default()
        };
        let get = |path: &[u8]| parse_by(&web_policy, &Method::GET, path, &HeaderMap::new());
        for (path, form) in [
            (STATUS_PAGE, StatusForm::Page),
            (STATUS_JSON, StatusForm::Json),
        ] {
            let status = Intent::Status {
                method: ReadMethod::Get,
                form,
            };
            assert_eq!(get(path.as_bytes()), Ok(status));
        }
        let redirect = Intent::Redirect {
            status: 308,
            location: HeaderValue::from_static("https://new.example/a?b"),
        };
        assert_eq!(get(b"/a?b"), Ok(redirect));
        let purge = parse_by(
            &web_policy,
            &Method::from_bytes(b"PURGE").expect("a token"),
            b"/a",
            &HeaderMap::new(),
        );
        assert!(matches!(purge, Ok(Intent::Purge { .. })), "{purge:?}");
    }
}

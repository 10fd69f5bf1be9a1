//! What the client wants, parsed once.
//!
//! Every request is one of these or is refused; code further on matches on the intent and never
//! looks at the method again.

use http::Method;

use crate::error::GatewayError;
use crate::object_key::ObjectKey;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// Read one object.
    Read {
        /// Whether the client wants the content or only what describes it.
        method: ReadMethod,
        /// The object.
        key: ObjectKey,
    },
    /// Drop what is cached of one object (`PURGE`;
    /// <https://www.fastly.com/documentation/guides/full-site-delivery/purging/authenticating-api-purge-requests/>).
    Purge {
        /// The object.
        key: ObjectKey,
    },
    /// Learn which methods there are (`OPTIONS`; RFC 9110, section 9.3.7).
    Options,
}

/// The methods that read (RFC 9110, sections 9.3.1 and 9.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMethod {
    /// The representation.
    Get,
    /// Its headers alone.
    Head,
}

impl ReadMethod {
    /// The method for an HTTP request.
    #[must_use]
    pub const fn as_http(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Head => Method::HEAD,
        }
    }
}

/// The value of `Allow`: every method that is not answered with 405.
pub const ALLOW: &str = "GET, HEAD, OPTIONS, PURGE";

impl Intent {
    /// Reads the intent from the method and the path of the request target as it was sent.
    ///
    /// # Errors
    ///
    /// [`GatewayError::MethodNotAllowed`] for a method that is not in [`ALLOW`], and
    /// [`GatewayError::Key`] for a path that names no object.
    pub fn parse(method: &Method, path: &[u8]) -> Result<Self, GatewayError> {
        let key = || ObjectKey::from_path(path).map_err(GatewayError::Key);
        let read = |method| {
            Ok(Self::Read {
                method,
                key: key()?,
            })
        };
        match method.as_str() {
            "GET" => read(ReadMethod::Get),
            "HEAD" => read(ReadMethod::Head),
            "OPTIONS" => Ok(Self::Options),
            "PURGE" => Ok(Self::Purge { key: key()? }),
            _ => Err(GatewayError::MethodNotAllowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object_key::KeyError;

    #[test]
    fn get_and_head_read_the_object_that_the_path_names() {
        for (method, read) in [
            (Method::GET, ReadMethod::Get),
            (Method::HEAD, ReadMethod::Head),
        ] {
            let Ok(Intent::Read { method, key }) = Intent::parse(&method, b"/a%20b") else {
                unreachable!("{method} reads");
            };
            assert_eq!((method, key.as_str()), (read, "a b"));
            assert_eq!(method.as_http(), read.as_http());
        }
    }

    #[test]
    fn options_needs_no_object() {
        for path in [&b"/"[..], b"*", b"/%zz"] {
            assert_eq!(Intent::parse(&Method::OPTIONS, path), Ok(Intent::Options));
        }
    }

    #[test]
    fn every_other_method_is_refused_before_its_path_is_read() {
        for method in [
            "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "purge", "PROPFIND", "get",
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a token");
            for path in [&b"/a"[..], b"/", b"/%zz"] {
                assert_eq!(
                    Intent::parse(&method, path),
                    Err(GatewayError::MethodNotAllowed),
                    "{method}"
                );
            }
        }
    }

    #[test]
    fn a_path_that_names_no_object_is_refused_with_its_reason() {
        assert_eq!(
            Intent::parse(&Method::GET, b"/"),
            Err(GatewayError::Key(KeyError::Bucket))
        );
        assert_eq!(
            Intent::parse(&Method::HEAD, b"/%ff"),
            Err(GatewayError::Key(KeyError::NotUtf8))
        );
    }
}

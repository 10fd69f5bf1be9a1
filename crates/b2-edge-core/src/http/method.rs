//! The methods that read.

use http::Method;

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

//! The methods that read an object.

use http::Method;

/// A method that reads an object (RFC 9110, sections 9.3.1 and 9.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadMethod {
    /// Headers and body.
    Get,
    /// Headers only.
    Head,
}

impl ReadMethod {
    /// The method as the `http` crate has it.
    #[must_use]
    pub const fn as_http(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Head => Method::HEAD,
        }
    }
}

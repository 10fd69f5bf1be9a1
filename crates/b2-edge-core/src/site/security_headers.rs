//! Security headers for browsers.

use http::header::{
    CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use http::{HeaderName, HeaderValue};

/// The `security` settings: the value of each header; `None` if it is turned off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityHeaders {
    /// `security.x_content_type_options`, for all responses
    /// (<https://fetch.spec.whatwg.org/#x-content-type-options-header>); default `nosniff`.
    pub x_content_type_options: Option<HeaderValue>,
    /// `security.strict_transport_security`, for HTML (RFC 6797); default a year, without subdomains.
    pub strict_transport_security: Option<HeaderValue>,
    /// `security.referrer_policy`, for HTML (<https://www.w3.org/TR/referrer-policy/>); default
    /// `strict-origin-when-cross-origin`.
    pub referrer_policy: Option<HeaderValue>,
    /// `security.content_security_policy`, for HTML (<https://www.w3.org/TR/CSP3/>). The default restricts
    /// only framing and `<base>`, nothing that a page loads, so that it breaks no site.
    pub content_security_policy: Option<HeaderValue>,
    /// `security.x_frame_options`, for HTML (RFC 7034); default `SAMEORIGIN`.
    pub x_frame_options: Option<HeaderValue>,
}

impl Default for SecurityHeaders {
    fn default() -> Self {
        let value = |text| Some(HeaderValue::from_static(text));
        Self {
            x_content_type_options: value("nosniff"),
            strict_transport_security: value("max-age=31536000"),
            referrer_policy: value("strict-origin-when-cross-origin"),
            content_security_policy: value("base-uri 'self'; frame-ancestors 'self'"),
            x_frame_options: value("SAMEORIGIN"),
        }
    }
}

impl SecurityHeaders {
    /// The security headers of a response.
    pub fn of(&self, is_html: bool) -> impl Iterator<Item = (HeaderName, &HeaderValue)> {
        let for_html = [
            (STRICT_TRANSPORT_SECURITY, &self.strict_transport_security),
            (REFERRER_POLICY, &self.referrer_policy),
            (CONTENT_SECURITY_POLICY, &self.content_security_policy),
            (X_FRAME_OPTIONS, &self.x_frame_options),
        ];
        std::iter::once((X_CONTENT_TYPE_OPTIONS, &self.x_content_type_options))
            .chain(for_html.into_iter().filter(move |_| is_html))
            .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_gets_them_all_and_everything_else_is_not_to_be_sniffed() {
        let default = SecurityHeaders::default();
        assert_eq!(default.of(true).count(), 5);
        let other: Vec<_> = default.of(false).collect();
        assert_eq!(
            other,
            [(X_CONTENT_TYPE_OPTIONS, &HeaderValue::from_static("nosniff"))]
        );
        let none = SecurityHeaders {
            x_content_type_options: None,
            x_frame_options: None,
            ..default
        };
        assert_eq!((none.of(true).count(), none.of(false).count()), (3, 0));
    }
}

//! What applies to all responses, or before any object is read: redirects, CORS, security headers, and
//! whether there is a status page.

use http::header::{ORIGIN, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::site::cors::Cors;
use crate::site::redirect::Redirect;
use crate::site::security_headers::SecurityHeaders;

/// The part of the configuration that applies even if other parts of it are invalid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebPolicy {
    /// `redirects`.
    pub redirects: Vec<Redirect>,
    /// `cors`.
    pub cors: Cors,
    /// `security`.
    pub security: SecurityHeaders,
    /// Whether the status page is served: see [`StatusPage`].
    pub has_status_page: bool,
}

/// `status_page`: who can see the status page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusPage {
    /// Only developers who run the application on their own machine.
    #[default]
    Local,
    /// Everyone.
    On,
    /// No one.
    Off,
}

impl StatusPage {
    /// The value in the configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::On => "on",
            Self::Off => "off",
        }
    }

    /// Whether the page is served. `is_local`: the service runs on a developer's own machine.
    #[must_use]
    pub const fn is_served(self, is_local: bool) -> bool {
        match self {
            Self::Local => is_local,
            Self::On => true,
            Self::Off => false,
        }
    }
}

impl WebPolicy {
    /// The headers to add to every response. A header that a response already has takes precedence.
    pub fn headers(
        &self,
        request: &HeaderMap,
        is_html: bool,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        let security = self.security.of(is_html);
        let vary = self
            .cors
            .varies()
            .then_some((VARY, HeaderValue::from(ORIGIN)));
        security
            .map(|(name, value)| (name, value.clone()))
            .chain(self.cors.headers(request.get(ORIGIN)))
            .chain(vary)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_varies_with_the_origin_only_where_some_are_listed() {
        let mut web_policy = WebPolicy::default();
        for (cors, vary) in [
            (Cors::Off, 0),
            (Cors::AnyOrigin, 0),
            (Cors::Listed(vec!["https://a.example".to_owned()]), 1),
        ] {
            web_policy.cors = cors;
            let request = HeaderMap::new();
            let headers = web_policy.headers(&request, false);
            let varies: Vec<_> = headers.filter(|(name, _)| name == VARY).collect();
            assert_eq!(varies.len(), vary, "{:?}", web_policy.cors);
            assert!(varies.iter().all(|(_, value)| value == "origin"));
        }
    }
}

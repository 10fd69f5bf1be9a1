//! What is decided before an object is read, and what every answer says whatever it is about.

use http::header::{ORIGIN, VARY};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::site::cors::Cors;
use crate::site::redirect::Redirect;
use crate::site::security_headers::SecurityHeaders;

/// The part of the configuration that is there even when the rest of it has mistakes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebPolicy {
    /// Where paths lead elsewhere.
    pub redirects: Vec<Redirect>,
    /// Which origins' scripts may read answers.
    pub cors: Cors,
    /// What browsers are told to be careful about.
    pub security: SecurityHeaders,
    /// Whether the status page is served.
    pub has_status_page: bool,
}

/// Who sees the status page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StatusPage {
    /// Who runs the application on their own machine.
    #[default]
    Local,
    /// Everybody.
    On,
    /// Nobody.
    Off,
}

impl StatusPage {
    /// Whether it is served, on somebody's own machine or not.
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
    /// What an answer says beside what it is about. A header that it has already is its own.
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
            (Cors::Nobody, 0),
            (Cors::Everybody, 0),
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

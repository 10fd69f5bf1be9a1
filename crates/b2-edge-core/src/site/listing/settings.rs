//! The settings of listings, and the representation that a client gets.

use std::time::Duration;

use http::HeaderMap;

use crate::http::accept::prefers_json;

/// The `site.listing` settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListingSettings {
    /// Whether a folder is listed in HTML; default `false`.
    pub html: bool,
    /// Whether a folder is listed in JSON; default `false`.
    pub json: bool,
    /// `site.listing_ttl_s`: how long a listing is cached; default a minute.
    pub ttl: Duration,
}

impl Default for ListingSettings {
    fn default() -> Self {
        Self {
            html: false,
            json: false,
            ttl: Duration::from_mins(1),
        }
    }
}

/// A representation of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListingFormat {
    /// A page for people, and for clients that follow its links.
    Html,
    /// For programs.
    Json,
}

impl ListingSettings {
    /// Whether folders are listed.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.html || self.json
    }

    /// The representation for a client with these headers; `None` if folders are not listed.
    #[must_use]
    pub fn format_for(&self, client: &HeaderMap) -> Option<ListingFormat> {
        match (self.html, self.json) {
            (false, false) => None,
            (true, true) if prefers_json(client) => Some(ListingFormat::Json),
            (true, _) => Some(ListingFormat::Html),
            (false, true) => Some(ListingFormat::Json),
        }
    }

    /// Whether the representation depends on `Accept`.
    #[must_use]
    pub const fn is_negotiated(&self) -> bool {
        self.html && self.json
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::ACCEPT;

    use super::*;

    #[test]
    fn a_client_gets_json_if_it_prefers_that_and_html_otherwise() {
        use ListingFormat::{Html, Json};
        let settings = |html, json| ListingSettings {
            html,
            json,
            ..ListingSettings::default()
        };
        for (html, json, accept, expected) in [
            (false, false, Some("text/html"), None),
            (true, false, Some("application/json"), Some(Html)),
            (false, true, Some("text/html"), Some(Json)),
            (true, true, None, Some(Html)),
            (true, true, Some("*/*"), Some(Html)),
            (true, true, Some("application/json"), Some(Json)),
            (true, true, Some("application/json, */*;q=0.1"), Some(Json)),
            (true, true, Some("application/json, text/html"), Some(Html)),
            (
                true,
                true,
                Some("application/json, text/html;q=0.9"),
                Some(Json),
            ),
            (
                true,
                true,
                Some("text/html, application/json;q=0.9"),
                Some(Html),
            ),
            (true, true, Some("application/json;q=0"), Some(Html)),
        ] {
            let accept_value = accept.map(|value| (ACCEPT, HeaderValue::from_static(value)));
            let client = accept_value.into_iter().collect();
            let settings = settings(html, json);
            assert_eq!(settings.format_for(&client), expected, "{accept:?}");
            assert_eq!(settings.is_on(), html || json);
            assert_eq!(settings.is_negotiated(), html && json);
        }
    }
}

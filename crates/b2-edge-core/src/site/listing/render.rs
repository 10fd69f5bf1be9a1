//! The content of a response with a listing.

use sha2::{Digest as _, Sha256};

use crate::site::listing::page::Listing;
use crate::site::listing::settings::ListingFormat;
use crate::site::listing::{html, json};

/// The content of a response with a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedListing {
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The content, in UTF-8.
    pub content: String,
    /// `ETag`. It is weak, because the platform may compress the content.
    pub etag: String,
    /// `Content-Security-Policy`, where the content is a page.
    pub content_security_policy: Option<&'static str>,
}

impl Listing<'_> {
    /// The listing in this representation.
    #[must_use]
    pub fn render(&self, format: ListingFormat) -> RenderedListing {
        let (content_type, content, policy) = match format {
            ListingFormat::Html => (
                "text/html; charset=utf-8",
                html::page(self),
                Some(html::policy()),
            ),
            ListingFormat::Json => ("application/json", json::document(self), None),
        };
        let hash = Sha256::digest(content.as_bytes());
        let half = hash.get(..16).unwrap_or_default();
        let hash = base64_simd::URL_SAFE_NO_PAD.encode_to_string(half);
        RenderedListing {
            content_type,
            etag: format!("W/\"{hash}\""),
            content,
            content_security_policy: policy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path::RequestPath;
    use crate::s3::list_objects::ListPage;

    #[test]
    fn the_tag_is_that_of_the_content() {
        let path = RequestPath::decoded("/".to_owned()).expect("a path");
        let mut page = ListPage::default();
        let mut etags = std::collections::BTreeSet::new();
        for name in ["a", "b"] {
            page.folders = vec![name.to_owned()];
            for format in [ListingFormat::Html, ListingFormat::Json] {
                let listing = Listing {
                    path: &path,
                    has_parent: false,
                    page: &page,
                    next: None,
                };
                let rendered = listing.render(format);
                assert!(rendered.etag.starts_with("W/\"") && rendered.etag.len() == 26);
                assert_eq!(listing.render(format), rendered);
                etags.insert(rendered.etag);
            }
        }
        assert_eq!(etags.len(), 4);
    }
}

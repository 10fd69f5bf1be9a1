//! Adds the headers that are not the object's own: browser caching, compression, CORS, security, provenance and the
//! request ID.

use b2_edge_core::cache::provenance::{Provenance, SERVER_TIMING};
use b2_edge_core::http::accept::{Coding, accepts_compression};
use b2_edge_core::http::conditional::weakened;
use b2_edge_core::http::content_type::{ContentTraits, by_extension};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::log::attempt::{LoggedAttempt, server_timing};
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::request::request_id::X_REQUEST_ID;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::site::web_policy::WebPolicy;
use fastly::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    ETAG, EXPIRES, LAST_MODIFIED, VARY,
};
use fastly::http::{HeaderName, HeaderValue, StatusCode};

use crate::edge::context::ObjectRead;
use crate::edge::platform::request::Client;
use crate::edge::response::reply::Reply;

/// Asks the platform to compress
/// (<https://www.fastly.com/documentation/reference/http/http-headers/X-Compress-Hint/>).
const X_COMPRESS_HINT: HeaderName = HeaderName::from_static("x-compress-hint");

/// Headers of an error document that would be taken for those of the object that was not found.
const NOT_OF_AN_ERROR: [HeaderName; 4] = [ACCEPT_RANGES, ETAG, EXPIRES, LAST_MODIFIED];

impl Reply {
    /// Presents an object that is stored in a content coding as the one with the key `plain`.
    pub(crate) fn encoded(mut self, coding: Coding, plain: &str) -> Self {
        let (Some(traits), Some(content_type)) = (self.traits, by_extension(plain)) else {
            return self;
        };
        let lines = content_type.to_str().map(|value| ("content-type", value));
        self.traits = Some(ContentTraits {
            is_compressible: false,
            has_lifetime: traits.has_lifetime,
            ..ContentTraits::of(lines)
        });
        if self.response.status != StatusCode::NOT_MODIFIED {
            self.response.set_header(CONTENT_TYPE, content_type);
            self.response.set_header(CONTENT_ENCODING, coding.name());
        }
        self
    }

    /// The type and the caching headers of the plain object, if there is one.
    pub(crate) fn described_as(mut self, plain: &Self) -> Self {
        let Some(of_plain) = plain.traits.filter(|_| self.traits.is_some()) else {
            return self;
        };
        self.traits = Some(ContentTraits {
            is_compressible: false,
            ..of_plain
        });
        for name in [CACHE_CONTROL, EXPIRES] {
            self.response.remove_header(&name);
            for value in plain.response.get_header_all(&name) {
                self.response.append_header(name.clone(), value.clone());
            }
        }
        // A 304 has none. The type by the extension has a charset, which the plain object's may lack.
        let is_more_precise = |mine: &HeaderValue, plain: &HeaderValue| {
            let rest = mine.as_bytes().strip_prefix(plain.as_bytes());
            rest.is_some_and(|rest| rest.starts_with(b";"))
        };
        if let (Some(mine), Some(plain)) = (
            self.response.get_header(&CONTENT_TYPE),
            plain.response.get_header(&CONTENT_TYPE),
        ) && !is_more_precise(mine, plain)
        {
            self.response.set_header(CONTENT_TYPE, plain.clone());
        }
        self
    }

    /// Sets how browsers cache the object with this key, and how it is compressed. `is_negotiated`: whether another
    /// coding of it could have been sent.
    pub(crate) fn finish_object(
        mut self,
        read: &ObjectRead<'_>,
        key: &ObjectKey,
        is_negotiated: bool,
    ) -> Self {
        let Some(traits) = self.traits else {
            return self;
        };
        let site = &read.context.service.site;
        self.set_browser_caching(read, || site.path_of(key), traits);
        let response = &mut self.response;
        if traits.is_compressible || is_negotiated {
            response.append_header(VARY, HeaderValue::from(ACCEPT_ENCODING));
        }
        if traits.is_compressible {
            self.offer_for_compression(read.context.client, read.method);
        }
        self
    }

    /// Sets how browsers cache the variant that `read` is of.
    pub(crate) fn finish_variant(mut self, read: &ObjectRead<'_>) -> Self {
        if let (Some(traits), Some(variant)) = (self.traits, &read.variant) {
            let path = || variant.path.as_str().to_owned();
            self.set_browser_caching(read, path, traits);
        }
        self
    }

    fn set_browser_caching(
        &mut self,
        read: &ObjectRead<'_>,
        path: impl Fn() -> String,
        traits: ContentTraits,
    ) {
        let rules = &read.context.service.cache_rules;
        if let Some(value) = rules.browser(path, traits.has_lifetime) {
            self.response.set_header(CACHE_CONTROL, value);
            self.response.remove_header(&EXPIRES);
        }
    }

    /// Has the platform compress the content, if the client accepts that.
    pub(crate) fn offer_for_compression(&mut self, client: &Client, method: ReadMethod) {
        if !accepts_compression(&client.negotiation) {
            return;
        }
        let response = &mut self.response;
        let status = response.status;
        // The platform keeps the `ETag` of what it compresses, and a strong one promises the same bytes (RFC 9110,
        // section 8.8.3.3): a range of the plain object could complete a compressed copy that broke off.
        if status != StatusCode::PARTIAL_CONTENT
            && let Some(weak) = response.get_header(&ETAG).and_then(weakened)
        {
            response.set_header(ETAG, weak);
        }
        if status == StatusCode::OK {
            // It is the length before compression, also for `HEAD` (RFC 9110, section 8.6). Clients that accept no
            // coding keep it.
            response.remove_header(&CONTENT_LENGTH);
            if method == ReadMethod::Get {
                response.set_header(X_COMPRESS_HINT, "on");
                response.keeps_content_length = false;
            }
        }
    }

    /// The same content with status 404.
    pub(crate) fn into_not_found(self, said: NotFoundAs) -> Self {
        self.into_error(StatusCode::NOT_FOUND, said.reason())
    }

    /// The same content with the status of an error.
    pub(crate) fn into_error(mut self, status: StatusCode, reason: &'static str) -> Self {
        self.response.status = status;
        for name in NOT_OF_AN_ERROR {
            self.response.remove_header(&name);
        }
        self.reason = reason;
        self.without_storing()
    }

    /// Forbids every cache to store the response.
    pub(crate) fn without_storing(mut self) -> Self {
        self.response.set_header(CACHE_CONTROL, "no-store");
        self
    }

    /// Sets the headers that every response has. Where the status page is served, a browser gets the attempts too.
    pub(crate) fn finish(
        mut self,
        web_policy: &WebPolicy,
        client: &Client,
        attempts: &[LoggedAttempt],
    ) -> Self {
        let is_html = self.traits.is_some_and(|traits| traits.is_html);
        for (name, value) in web_policy.headers(&client.negotiation, is_html) {
            if name == VARY || !self.response.contains_header(&name) {
                self.response.append_header(name, value);
            }
        }
        // No object has one of these: an origin's are not passed on.
        let provenance = self.provenance.iter().flat_map(Provenance::headers);
        self.response.extend(provenance);
        if web_policy.has_status_page
            && let Some(timing) = server_timing(attempts)
        {
            self.response.append_header(SERVER_TIMING, timing);
        }
        let id = client.id.clone().into_header();
        self.response.append_header(X_REQUEST_ID, id);
        self
    }
}

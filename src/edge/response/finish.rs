//! Completes a reply: what it says to clients and caches beside the object's own headers.

use b2_edge_core::http::accept::{Coding, takes_compressed};
use b2_edge_core::http::conditional::weakened;
use b2_edge_core::http::content_type::{ContentTraits, by_extension};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::request::request_id::X_REQUEST_ID;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::site::web_policy::WebPolicy;
use fastly::http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    ETAG, EXPIRES, LAST_MODIFIED, VARY,
};
use fastly::http::{FramingHeadersMode, HeaderName, StatusCode};

use crate::edge::platform::request::Client;
use crate::edge::read::object::RequestContext;
use crate::edge::response::reply::Reply;

/// Asks the platform to compress
/// (<https://www.fastly.com/documentation/reference/http/http-headers/X-Compress-Hint/>).
const X_COMPRESS_HINT: HeaderName = HeaderName::from_static("x-compress-hint");

/// What describes an object that is shown in place of another, and would be taken for a description of that.
const NOT_OF_AN_ERROR: [HeaderName; 4] = [ACCEPT_RANGES, ETAG, EXPIRES, LAST_MODIFIED];

impl Reply {
    /// About an object that is stored in a coding, and shown as the one with the key `shown`.
    pub(crate) fn encoded(mut self, coding: Coding, shown: &str) -> Self {
        let (Some(kind), Some(content_type)) = (self.kind, by_extension(shown)) else {
            return self;
        };
        let lines = content_type.to_str().map(|value| ("content-type", value));
        self.kind = Some(ContentTraits {
            is_compressible: false,
            has_lifetime: kind.has_lifetime,
            ..ContentTraits::of(lines)
        });
        if self.response.get_status() != StatusCode::NOT_MODIFIED {
            self.response.set_header(CONTENT_TYPE, content_type);
            self.response.set_header(CONTENT_ENCODING, coding.name());
        }
        self
    }

    /// Says how browsers keep the object that is shown as the one with this key, and in which coding they get
    /// it. `is_negotiated`: whether it could have been stored in another.
    pub(crate) fn shaped(
        mut self,
        context: &RequestContext<'_>,
        key: &ObjectKey,
        is_negotiated: bool,
    ) -> Self {
        let Some(kind) = self.kind else {
            return self;
        };
        let response = &mut self.response;
        if !kind.has_lifetime {
            let service = context.service;
            let path = || service.site.path_of(key);
            if let Some(value) = service.cache_rules.browser(path) {
                response.set_header(CACHE_CONTROL, value);
            }
        }
        if kind.is_compressible || is_negotiated {
            response.append_header(VARY, ACCEPT_ENCODING.as_str());
        }
        let status = response.get_status();
        let gets_compressed = kind.is_compressible && takes_compressed(&context.client.negotiation);
        // The platform lets the tag of what it compresses stand, and a strong one promises the same bytes (RFC
        // 9110, section 8.8.3.3): a part of the plain ones could complete a compressed copy that broke off.
        if gets_compressed
            && status != StatusCode::PARTIAL_CONTENT
            && let Some(weak) = response.get_header(ETAG).and_then(weakened)
        {
            response.set_header(ETAG, weak);
        }
        if gets_compressed && context.method == ReadMethod::Get && status == StatusCode::OK {
            response.set_header(X_COMPRESS_HINT, "on");
            // The length is that of what is not compressed, and who asked for no coding keeps it.
            response.remove_header(CONTENT_LENGTH);
            response.set_framing_headers_mode(FramingHeadersMode::Automatic);
        }
        self
    }

    /// The same content, to say that there is no such object.
    pub(crate) fn into_absence(mut self, absence: NotFoundAs) -> Self {
        self.response.set_status(StatusCode::NOT_FOUND);
        for name in NOT_OF_AN_ERROR {
            self.response.remove_header(name);
        }
        // It is about now, and not about the object whose content it is.
        self.response.set_header(CACHE_CONTROL, "no-store");
        self.reason = absence.reason();
        self
    }

    /// About now alone: for what stands in for an object that may exist.
    pub(crate) fn unkept(mut self) -> Self {
        self.response.set_header(CACHE_CONTROL, "no-store");
        self
    }

    /// Adds what every answer says.
    pub(crate) fn complete(mut self, web_policy: &WebPolicy, client: &Client) -> Self {
        let is_html = self.kind.is_some_and(|kind| kind.is_html);
        for (name, value) in web_policy.headers(&client.negotiation, is_html) {
            if name == VARY {
                self.response.append_header(name, value);
            } else if !self.response.contains_header(&name) {
                self.response.set_header(name, value);
            }
        }
        let id = client.id.clone().into_header();
        self.response.set_header(X_REQUEST_ID, id);
        self
    }
}

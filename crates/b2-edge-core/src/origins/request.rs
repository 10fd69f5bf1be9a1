//! The requests that origins get, and the responses that each of them expects.
//!
//! An object that is not cached is requested by its first segment, or by the end of the segment that a read from the
//! middle begins with. A small object fits into the first. For a large one the response gives the length and the version;
//! every further segment has this version's `ETag` in `If-Match`, so that a body never mixes two versions.

use std::time::SystemTime;

use http::header::{
    IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE,
};
use http::{HeaderMap, HeaderValue};

use crate::http::conditional::{Validators, range_applies};
use crate::http::method::ReadMethod;
use crate::http::range::{ByteRange, Span};
use crate::origins::headers::for_origin;
use crate::origins::outcome::OriginResponse;
use crate::s3::list_objects::ListRequest;
use crate::s3::version::ObjectVersion;

/// A request to the origins. Each origin that is tried gets the same.
#[derive(Clone, Debug)]
pub struct OriginRequest {
    /// The method.
    pub method: ReadMethod,
    /// The headers, without `Host` and the signature.
    pub headers: HeaderMap,
    /// The responses that are valid.
    pub expected: Expected,
    /// Whether this is [`Self::diagnose_head`].
    pub is_head_diagnosis: bool,
    /// The listing that is requested in place of an object.
    pub listing: Option<ListRequest>,
}

/// What a request contains that decides whether a response is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The method. An error response to `HEAD` has no document that gives the reason.
    pub method: ReadMethod,
    /// The `Range`: a 206 with this part and a 416 are valid.
    pub range: Option<ByteRange>,
    /// Has `If-None-Match` or `If-Modified-Since`: 304 is valid.
    pub allows_304: bool,
    /// Has `If-Match` or `If-Unmodified-Since`: 412 is valid.
    pub allows_412: bool,
    /// The range was added here, to fetch the first segment of an object of unknown length.
    pub is_first_segment: bool,
    /// The client's `If-Range`, which a 206 has to match.
    pub if_range: Option<HeaderValue>,
    /// The version that a 206 has to be of.
    pub version: Option<ObjectVersion>,
    /// The `ETag` of the cached object that a 304 confirms.
    pub known: Option<HeaderValue>,
    /// The cached object that may still be served, which an older one does not replace.
    pub held: Option<HeldVersion>,
}

/// A version of an object that the cache may still serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldVersion {
    /// Its `Last-Modified`.
    pub last_modified: Option<SystemTime>,
    /// The backend that it came from.
    pub origin: String,
    /// Whether the request is to this origin. It does not lag behind itself: if it has an older version now, the newer
    /// one was removed.
    pub is_own: bool,
}

impl Expected {
    /// What a request without range and preconditions expects.
    #[must_use]
    pub const fn for_method(method: ReadMethod) -> Self {
        Self {
            method,
            range: None,
            allows_304: false,
            allows_412: false,
            is_first_segment: false,
            if_range: None,
            version: None,
            known: None,
            held: None,
        }
    }

    /// What a request with these headers expects.
    #[must_use]
    pub fn of(method: ReadMethod, headers: &HeaderMap) -> Self {
        Self {
            range: headers.get(RANGE).and_then(ByteRange::parse),
            allows_304: headers.contains_key(IF_NONE_MATCH)
                || headers.contains_key(IF_MODIFIED_SINCE),
            if_range: headers.get(IF_RANGE).cloned(),
            allows_412: headers.contains_key(IF_MATCH) || headers.contains_key(IF_UNMODIFIED_SINCE),
            ..Self::for_method(method)
        }
    }

    /// Whether a 206 is of the version that the client has the rest of, by `If-Range`. An origin may ignore that field.
    #[must_use]
    pub fn matches_if_range(&self, response: &OriginResponse) -> bool {
        let etag = response.etag.as_ref().and_then(|etag| etag.to_str().ok());
        let validators = Validators {
            etag,
            last_modified: response.last_modified,
        };
        let client = self.if_range.iter();
        let client = client.map(|value| (IF_RANGE, value.clone())).collect();
        range_applies(&client, &validators)
    }

    /// Whether a response has another and older version than the cached object.
    #[must_use]
    pub fn is_older(&self, response: &OriginResponse) -> bool {
        let held = self.held.as_ref().filter(|held| !held.is_own);
        match (
            held.and_then(|held| held.last_modified),
            response.last_modified,
        ) {
            (Some(held), Some(last_modified)) => {
                let has_both = self.known.is_some() && response.etag.is_some();
                let is_same = has_both && self.is_known(response.etag.as_ref());
                last_modified < held && !is_same
            }
            (None, _) | (_, None) => false,
        }
    }

    /// Whether a 304 with this `ETag` confirms the cached object, compared weakly (RFC 9110, section 8.8.3.2). One
    /// without an `ETag`, and one to the client's own preconditions, is taken as it is.
    #[must_use]
    pub fn is_known(&self, etag: Option<&HeaderValue>) -> bool {
        let opaque = |etag: &HeaderValue| {
            let text = etag.as_bytes().trim_ascii();
            text.strip_prefix(b"W/").unwrap_or(text).to_owned()
        };
        match (&self.known, etag) {
            (Some(known), Some(etag)) => opaque(known) == opaque(etag),
            (None, _) | (_, None) => true,
        }
    }
}

impl OriginRequest {
    fn new(method: ReadMethod, headers: HeaderMap) -> Self {
        Self {
            method,
            expected: Expected::of(method, &headers),
            headers,
            is_head_diagnosis: false,
            listing: None,
        }
    }

    /// `GET` for the first `segment_bytes` bytes of an object, with `If-None-Match` if an `ETag` is known.
    #[must_use]
    pub fn first_segment(segment_bytes: u64, known: Option<&HeaderValue>) -> Self {
        let first = Span {
            first: 0,
            last: segment_bytes.saturating_sub(1),
        };
        let mut headers = if_none_match(known);
        headers.insert(RANGE, range_value(first));
        let mut request = Self::new(ReadMethod::Get, headers);
        request.expected.known = known.cloned();
        request.expected.is_first_segment = true;
        request
    }

    /// `GET` for a part of an object of unknown length and version.
    #[must_use]
    pub fn part(span: Span) -> Self {
        let headers = HeaderMap::from_iter([(RANGE, range_value(span))]);
        Self::new(ReadMethod::Get, headers)
    }

    /// The same request without its range.
    #[must_use]
    pub fn without_range(&self) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
        let mut request = Self::new(self.method, headers);
        request.expected.known.clone_from(&self.expected.known);
        request.expected.held.clone_from(&self.expected.held);
        request
    }

    /// The same request, to which an older version than this one is a vote only.
    #[must_use]
    pub fn not_older_than(mut self, held: Option<HeldVersion>) -> Self {
        self.expected.held = held;
        self
    }

    /// The same request, as it is sent to this backend.
    #[must_use]
    pub fn to_origin(&self, backend: &str) -> Self {
        let mut request = self.clone();
        if let Some(held) = &mut request.expected.held {
            held.is_own = held.origin == backend;
        }
        request
    }

    /// `HEAD`, with `If-None-Match` if an `ETag` is known.
    #[must_use]
    pub fn head(known: Option<&HeaderValue>) -> Self {
        let mut request = Self::new(ReadMethod::Head, if_none_match(known));
        request.expected.known = known.cloned();
        request
    }

    /// `GET` for a span of one version of an object, with `Range` and `If-Match`.
    #[must_use]
    pub fn segment(span: Span, of: &ObjectVersion) -> Self {
        let headers = [(RANGE, range_value(span)), (IF_MATCH, of.etag.clone())];
        let mut request = Self::new(ReadMethod::Get, headers.into_iter().collect());
        request.expected.version = Some(of.clone());
        request
    }

    /// The client's own read, with its range and preconditions, for an object that is not cacheable.
    #[must_use]
    pub fn from_client(method: ReadMethod, client: &HeaderMap) -> Self {
        Self::new(method, for_origin(method, client))
    }

    /// `GET` for one byte, because the response to a refused `HEAD` has no error document. The byte is of no
    /// use, so no 206 is expected.
    #[must_use]
    pub fn diagnose_head() -> Self {
        let first = Span { first: 0, last: 0 };
        Self {
            method: ReadMethod::Get,
            headers: HeaderMap::from_iter([(RANGE, range_value(first))]),
            expected: Expected::for_method(ReadMethod::Get),
            is_head_diagnosis: true,
            listing: None,
        }
    }

    /// `GET` for a page of the listing of a folder.
    #[must_use]
    pub fn list(listing: ListRequest) -> Self {
        let mut request = Self::new(ReadMethod::Get, HeaderMap::new());
        request.listing = Some(listing);
        request
    }
}

fn if_none_match(known: Option<&HeaderValue>) -> HeaderMap {
    known
        .map(|etag| (IF_NONE_MATCH, etag.clone()))
        .into_iter()
        .collect()
}

fn range_value(span: Span) -> HeaderValue {
    let text = format!("bytes={}-{}", span.first, span.last);
    // Always a valid header value: digits and a dash.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("bytes=0-0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(request: &OriginRequest) -> Vec<String> {
        let headers = request.headers.iter();
        let mut lines: Vec<_> = headers
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")))
            .collect();
        lines.sort();
        lines
    }

    const ETAG: HeaderValue = HeaderValue::from_static("\"a\"");

    #[test]
    fn each_question_has_its_headers() {
        let pinned = ObjectVersion {
            etag: ETAG,
            complete_length: 100,
        };
        let part = OriginRequest::segment(
            Span {
                first: 10,
                last: 19,
            },
            &pinned,
        );
        let first_segment = OriginRequest::first_segment(1024, Some(&ETAG));
        for (request, expected) in [
            (
                &OriginRequest::first_segment(1024, None),
                vec!["range: bytes=0-1023"],
            ),
            (
                &first_segment,
                vec!["if-none-match: \"a\"", "range: bytes=0-1023"],
            ),
            (&first_segment.without_range(), vec!["if-none-match: \"a\""]),
            (
                &OriginRequest::part(Span { first: 5, last: 7 }),
                vec!["range: bytes=5-7"],
            ),
            (&OriginRequest::head(None), vec![]),
            (
                &OriginRequest::head(Some(&ETAG)),
                vec!["if-none-match: \"a\""],
            ),
            (&part, vec!["if-match: \"a\"", "range: bytes=10-19"]),
            (&OriginRequest::diagnose_head(), vec!["range: bytes=0-0"]),
        ] {
            assert_eq!(lines(request), expected, "{request:?}");
        }
        assert!(first_segment.expected.is_first_segment && first_segment.expected.allows_304);
        assert!(
            !first_segment.without_range().expected.is_first_segment
                && first_segment.without_range().expected.range.is_none()
        );
        assert_eq!(part.expected.version, Some(pinned));
    }
}

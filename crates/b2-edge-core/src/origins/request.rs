//! What an origin is expected: the method, the headers, and which answers make sense.
//!
//! The first look at an object asks for its first segment. Of a small object that is all of it; of a
//! large one it tells the length and the version, to which each further segment is pinned with
//! `If-Match`, so that a body is never put together from two versions.

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderMap, HeaderValue};

use crate::http::method::ReadMethod;
use crate::http::range::{ByteRange, Span};
use crate::origins::headers::for_origin;
use crate::s3::version::ObjectVersion;

/// One request, put to one origin after the other in the same words.
#[derive(Clone, Debug)]
pub struct OriginRequest {
    /// The method.
    pub method: ReadMethod,
    /// The headers beside those that address and sign.
    pub headers: HeaderMap,
    /// Which answers make sense.
    pub expected: Expected,
    /// It only asks why `HEAD` was refused.
    pub is_head_diagnosis: bool,
}

/// What was expected of an origin beside the object, as far as it changes which answers make sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The method: a refusal of `HEAD` comes without its reason.
    pub method: ReadMethod,
    /// The `Range`: 416 is an answer, and a 206 with that part.
    pub range: Option<ByteRange>,
    /// There is `If-None-Match` or `If-Modified-Since`: 304 is an answer.
    pub validator: bool,
    /// There is `If-Match` or `If-Unmodified-Since`: 412 is an answer.
    pub precondition: bool,
    /// The range is ours and only bounds how much of an unknown object comes.
    pub is_first_segment: bool,
    /// The version that a part must be of.
    pub pinned: Option<ObjectVersion>,
}

impl Expected {
    /// A request without any header that matters.
    #[must_use]
    pub const fn for_method(method: ReadMethod) -> Self {
        Self {
            method,
            range: None,
            validator: false,
            precondition: false,
            is_first_segment: false,
            pinned: None,
        }
    }

    /// Sums up the headers of a read.
    #[must_use]
    pub fn of(method: ReadMethod, headers: &HeaderMap) -> Self {
        Self {
            range: headers.get(RANGE).and_then(ByteRange::parse),
            validator: headers.contains_key(IF_NONE_MATCH)
                || headers.contains_key(IF_MODIFIED_SINCE),
            precondition: headers.contains_key(IF_MATCH)
                || headers.contains_key(IF_UNMODIFIED_SINCE),
            ..Self::for_method(method)
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
        }
    }

    /// The first look at an object: its first `segment_bytes` bytes, unless it is still the version
    /// with this `ETag`.
    #[must_use]
    pub fn first_segment(segment_bytes: u64, known: Option<&HeaderValue>) -> Self {
        let first = Span {
            first: 0,
            last: segment_bytes.saturating_sub(1),
        };
        let mut headers = unless_it_is(known);
        headers.insert(RANGE, range_of(first));
        let mut request = Self::new(ReadMethod::Get, headers);
        request.expected.is_first_segment = true;
        request
    }

    /// The same object whole, without a range.
    #[must_use]
    pub fn whole(&self) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(RANGE);
        Self::new(self.method, headers)
    }

    /// What describes the object, unless it is still the version with this `ETag`.
    #[must_use]
    pub fn head(known: Option<&HeaderValue>) -> Self {
        Self::new(ReadMethod::Head, unless_it_is(known))
    }

    /// A part of one version of an object.
    #[must_use]
    pub fn part(span: Span, of: &ObjectVersion) -> Self {
        let headers = [(RANGE, range_of(span)), (IF_MATCH, of.etag.clone())];
        let mut request = Self::new(ReadMethod::Get, headers.into_iter().collect());
        request.expected.pinned = Some(of.clone());
        request
    }

    /// The client's own request, for what the cache does not keep.
    #[must_use]
    pub fn from_client(method: ReadMethod, client: &HeaderMap) -> Self {
        Self::new(method, for_origin(method, client))
    }

    /// One byte, to hear why `HEAD` was refused. What it is does not matter, so no part is an answer.
    #[must_use]
    pub fn diagnose_head() -> Self {
        let first = Span { first: 0, last: 0 };
        Self {
            method: ReadMethod::Get,
            headers: HeaderMap::from_iter([(RANGE, range_of(first))]),
            expected: Expected::for_method(ReadMethod::Get),
            is_head_diagnosis: true,
        }
    }
}

fn unless_it_is(known: Option<&HeaderValue>) -> HeaderMap {
    known
        .map(|etag| (IF_NONE_MATCH, etag.clone()))
        .into_iter()
        .collect()
}

fn range_of(span: Span) -> HeaderValue {
    let text = format!("bytes={}-{}", span.first, span.last);
    // Digits and a dash are a header's value whatever the numbers are.
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
        let part = OriginRequest::part(
            Span {
                first: 10,
                last: 19,
            },
            &pinned,
        );
        let look = OriginRequest::first_segment(1024, Some(&ETAG));
        for (request, expected) in [
            (
                &OriginRequest::first_segment(1024, None),
                vec!["range: bytes=0-1023"],
            ),
            (&look, vec!["if-none-match: \"a\"", "range: bytes=0-1023"]),
            (&look.whole(), vec!["if-none-match: \"a\""]),
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
        assert!(look.expected.is_first_segment && look.expected.validator);
        assert!(!look.whole().expected.is_first_segment && look.whole().expected.range.is_none());
        assert_eq!(part.expected.pinned, Some(pinned));
    }
}

//! Which headers are passed on: the client's to an origin, and an origin's to the client.
//!
//! Both are allow-lists. A client's `Authorization`, `x-amz-*`, cookies or `Host` cannot reach a bucket
//! because nothing copies them.

use http::header::{
    ACCEPT_RANGES, AGE, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, EXPIRES, IF_MATCH, IF_MODIFIED_SINCE,
    IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, LAST_MODIFIED, RANGE, RETRY_AFTER,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::http::method::ReadMethod;
use crate::http::range::ByteRange;
use crate::http::selection::Selection;

/// The client's headers that a read may pass to an origin (RFC 9110, sections 13.1 and 14.2).
pub const READ_HEADERS: [HeaderName; 6] = [
    RANGE,
    IF_NONE_MATCH,
    IF_MODIFIED_SINCE,
    IF_MATCH,
    IF_UNMODIFIED_SINCE,
    IF_RANGE,
];

/// The client's headers to pass to an origin.
///
/// `Range` is dropped for `HEAD`, which has no range semantics (RFC 9110, section 14.2), and unless it is a
/// single byte range. Several lines of `If-Match` or `If-None-Match` are joined to one list (section 5.3);
/// any other field with several lines is invalid and dropped. An invalid `If-Range` also drops `Range`,
/// because the whole object is always a correct response.
#[must_use]
pub fn for_origin(method: ReadMethod, client: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in READ_HEADERS {
        if let Some(value) = field_value(client, &name) {
            headers.insert(name, value);
        }
    }
    // The comparison is weak in any case (section 13.1.2), and a bucket may compare text.
    if let Some(value) = headers.get(IF_NONE_MATCH).and_then(strengthened) {
        headers.insert(IF_NONE_MATCH, value);
    }
    let if_range_lost = client.contains_key(IF_RANGE) && !headers.contains_key(IF_RANGE);
    let is_one_range = headers.get(RANGE).and_then(ByteRange::parse).is_some();
    if method == ReadMethod::Head || if_range_lost || !is_one_range {
        headers.remove(RANGE);
        headers.remove(IF_RANGE);
    }
    headers
}

/// A list of entity tags without `W/`. Compression at the edge adds it, and the bucket does not know it.
fn strengthened(list: &HeaderValue) -> Option<HeaderValue> {
    let bytes = list.as_bytes();
    let mut strong = Vec::with_capacity(bytes.len());
    let (mut rest, mut is_quoted) = (bytes, false);
    while let [byte, tail @ ..] = rest {
        is_quoted ^= *byte == b'"';
        if !is_quoted && rest.starts_with(b"W/\"") {
            rest = rest.get(2..).unwrap_or_default();
            continue;
        }
        strong.push(*byte);
        rest = tail;
    }
    HeaderValue::from_bytes(&strong).ok()
}

/// The value of a field, with the lines of a list joined; `None` if it is absent or invalid.
fn field_value(client: &HeaderMap, name: &HeaderName) -> Option<HeaderValue> {
    let lines = client.get_all(name);
    let mut values = lines.iter();
    let first = values.next()?;
    if values.next().is_none() {
        return Some(first.clone());
    }
    if name != IF_MATCH && name != IF_NONE_MATCH {
        return None;
    }
    let lines: Vec<&[u8]> = lines.iter().map(HeaderValue::as_bytes).collect();
    HeaderValue::from_bytes(&lines.join(&b", "[..])).ok()
}

/// The headers that describe an object and its caching (RFC 9110, section 8; RFC 9111, section 5).
pub(crate) static OBJECT_HEADERS: [HeaderName; 12] = [
    ACCEPT_RANGES,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_RANGE,
    CONTENT_TYPE,
    DATE,
    ETAG,
    EXPIRES,
    LAST_MODIFIED,
];

/// The headers that a 304 repeats (RFC 9110, section 15.4.5).
const NOT_MODIFIED_HEADERS: [HeaderName; 5] = [CACHE_CONTROL, DATE, ETAG, EXPIRES, LAST_MODIFIED];

/// The prefix of user metadata.
const METADATA_PREFIX: &str = "x-amz-meta-";

/// Cache directives for a reverse proxy in front of an origin (<https://www.w3.org/TR/edge-arch/>).
pub const SURROGATE_CONTROL: HeaderName = HeaderName::from_static("surrogate-control");

/// `Surrogate-Control` as user metadata of an S3 object. It is obeyed here and not passed on.
pub const SURROGATE_CONTROL_METADATA: HeaderName =
    HeaderName::from_static("x-amz-meta-surrogate-control");

/// The prefix of what this application itself stores with objects: it is not passed on either.
const OWN_METADATA_PREFIX: &str = "x-amz-meta-b2-edge-";

/// Whether a header is for the edge alone.
fn is_for_the_edge(name: &HeaderName) -> bool {
    [SURROGATE_CONTROL, SURROGATE_CONTROL_METADATA].contains(name)
        || name.as_str().starts_with(OWN_METADATA_PREFIX)
}

/// The headers of an origin's response to store with the object: all that describe it, without those that
/// describe this one response, `Content-Length`, `Content-Range` and `Accept-Ranges` (RFC 9111, section 3.1). What
/// says how long the edge may cache it is stored too, because a 304 need not repeat it (section 3.2).
pub fn stored_headers<'h>(
    origin: impl IntoIterator<Item = (&'h HeaderName, &'h HeaderValue)>,
) -> impl Iterator<Item = (&'h HeaderName, &'h HeaderValue)> {
    origin.into_iter().filter(|(name, _)| {
        let is_of_this_response = [ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE].contains(name);
        is_for_the_edge(name) || (passes_to_client(Selection::Whole, name) && !is_of_this_response)
    })
}

/// Removes from `Content-Encoding` what is no coding of the object: `aws-chunked`, with which an upload was framed, and
/// `identity` (RFC 9110, section 8.4). Some tools store them with the object, and a browser would not decode it then.
pub fn remove_upload_framing(headers: &mut HeaderMap) {
    let Some(value) = headers
        .get(CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok())
    else {
        return;
    };
    let is_coding = |coding: &&str| {
        let is_framing = ["aws-chunked", "identity"]
            .iter()
            .any(|framing| coding.eq_ignore_ascii_case(framing));
        !coding.is_empty() && !is_framing
    };
    let codings: Vec<&str> = value.split(',').map(str::trim).filter(is_coding).collect();
    let codings = codings.join(", ");
    if codings.is_empty() {
        headers.remove(CONTENT_ENCODING);
    } else if let Ok(codings) = HeaderValue::try_from(codings) {
        headers.insert(CONTENT_ENCODING, codings);
    }
}

/// The headers of an origin's response that are used here and not passed on: for failover, and for the age
/// and TTL of the response (RFC 9110, section 10.2.3; RFC 9111, section 4.2.3).
const EDGE_HEADERS: [HeaderName; 4] = [
    AGE,
    RETRY_AFTER,
    SURROGATE_CONTROL,
    SURROGATE_CONTROL_METADATA,
];

/// Whether a header of an origin's response is used at all.
#[must_use]
pub fn is_used(name: &HeaderName) -> bool {
    passes_to_client(Selection::Whole, name) || EDGE_HEADERS.contains(name) || is_for_the_edge(name)
}

/// The headers of an origin's response to pass to the client, given what the response carries.
#[must_use]
pub fn for_client<'h>(
    selection: Selection,
    origin: impl IntoIterator<Item = (&'h HeaderName, &'h HeaderValue)>,
) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in origin {
        if passes_to_client(selection, name) {
            headers.append(name.clone(), value.clone());
        }
    }
    headers
}

/// Whether to pass a header of an origin's response to the client.
pub(crate) fn passes_to_client(selection: Selection, name: &HeaderName) -> bool {
    match selection {
        Selection::Whole | Selection::Part(_) => {
            let is_metadata = name.as_str().starts_with(METADATA_PREFIX);
            OBJECT_HEADERS.contains(name) || (is_metadata && !is_for_the_edge(name))
        }
        Selection::NotModified => NOT_MODIFIED_HEADERS.contains(name),
        // `bytes */N` gives the client the complete length (RFC 9110, section 15.5.17).
        Selection::RangeNotSatisfiable => name == CONTENT_RANGE,
        Selection::PreconditionFailed => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;
    use crate::http::range::Span;

    const CLIENT: &[(&str, &str)] = &[
        ("range", "bytes=0-9"),
        ("if-none-match", "\"a\""),
        ("if-modified-since", "Sat, 01 Jan 2022 00:00:00 GMT"),
        ("if-match", "\"b\""),
        ("if-unmodified-since", "Sat, 01 Jan 2022 00:00:00 GMT"),
        ("if-range", "\"c\""),
    ];

    #[test]
    fn a_read_carries_range_and_conditions() {
        assert_eq!(
            for_origin(ReadMethod::Get, &header_map(CLIENT)),
            header_map(CLIENT)
        );
    }

    #[test]
    fn a_read_carries_nothing_else_of_the_client() {
        let client = header_map(&[
            ("host", "other.s3.us-west-004.backblazeb2.com"),
            ("authorization", "AWS4-HMAC-SHA256 Credential=x"),
            ("x-amz-date", "20260101T000000Z"),
            ("x-amz-security-token", "t"),
            ("cookie", "a=b"),
            ("x-forwarded-host", "evil.example"),
            ("accept-encoding", "gzip"),
            ("user-agent", "curl"),
            ("connection", "range"),
        ]);
        assert!(for_origin(ReadMethod::Get, &client).is_empty());
    }

    #[test]
    fn head_has_no_range() {
        let headers = for_origin(ReadMethod::Head, &header_map(CLIENT));
        assert!(!headers.contains_key(RANGE) && !headers.contains_key(IF_RANGE));
        assert_eq!(headers.len(), 4);
    }

    #[test]
    fn several_lines_of_a_list_are_one_list() {
        let headers = for_origin(
            ReadMethod::Get,
            &header_map(&[("if-none-match", "\"a\""), ("if-none-match", "W/\"b\"")]),
        );
        assert_eq!(headers, header_map(&[("if-none-match", "\"a\", \"b\"")]));
    }

    #[test]
    fn a_weak_tag_is_compared_as_the_one_that_the_bucket_knows() {
        for (client, sent) in [
            ("W/\"a\"", "\"a\""),
            ("\"a\", W/\"b\",W/\"c\"", "\"a\", \"b\",\"c\""),
            ("\"aW/\"", "\"aW/\""),
            ("\"aW/\", W/\"W/\"", "\"aW/\", \"W/\""),
            ("*", "*"),
            ("W/", "W/"),
        ] {
            let headers = for_origin(ReadMethod::Get, &header_map(&[("if-none-match", client)]));
            assert_eq!(headers, header_map(&[("if-none-match", sent)]), "{client}");
        }
    }

    #[test]
    fn what_may_not_be_repeated_is_dropped_when_it_is() {
        for (client, expected) in [
            (vec![("range", "bytes=0-1"), ("range", "bytes=2-3")], vec![]),
            (
                vec![
                    ("if-range", "\"a\""),
                    ("if-range", "\"b\""),
                    ("range", "bytes=0-1"),
                ],
                vec![],
            ),
            (
                vec![
                    ("if-modified-since", "x"),
                    ("if-modified-since", "y"),
                    ("range", "bytes=0-1"),
                ],
                vec![("range", "bytes=0-1")],
            ),
        ] {
            assert_eq!(
                for_origin(ReadMethod::Get, &header_map(&client)),
                header_map(&expected),
                "{client:?}"
            );
        }
    }

    const ORIGIN: &[(&str, &str)] = &[
        ("content-type", "image/png"),
        ("content-length", "10"),
        ("content-range", "bytes 0-9/100"),
        ("content-encoding", "gzip"),
        ("cache-control", "max-age=60"),
        ("etag", "\"a\""),
        ("last-modified", "Sat, 01 Jan 2022 00:00:00 GMT"),
        ("accept-ranges", "bytes"),
        ("x-amz-meta-colour", "red"),
        ("x-amz-meta-colour", "blue"),
        ("x-amz-request-id", "1"),
        ("x-amz-id-2", "2"),
        ("x-amz-version-id", "3"),
        ("server", "nginx"),
        ("set-cookie", "a=b"),
        ("strict-transport-security", "max-age=1"),
        ("connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
    ];

    #[test]
    fn an_object_keeps_what_describes_it_and_loses_the_rest() {
        let passed = &ORIGIN[..10];
        for served in [
            Selection::Whole,
            Selection::Part(Span { first: 0, last: 1 }),
        ] {
            assert_eq!(
                for_client(served, &header_map(ORIGIN)),
                header_map(passed),
                "{served:?}"
            );
        }
    }

    #[test]
    fn of_an_origins_headers_the_rest_is_of_no_use() {
        let headers = header_map(ORIGIN);
        let useless: Vec<_> = headers
            .keys()
            .filter(|name| !is_used(name))
            .map(ToString::to_string)
            .collect();
        assert_eq!(useless.len(), ORIGIN.len() - 10, "{useless:?}");
        for name in ["age", "date", "retry-after", "x-amz-meta-surrogate-control"] {
            assert!(is_used(&HeaderName::from_static(name)), "{name}");
        }
    }

    #[test]
    fn an_answer_without_the_object_does_not_describe_it() {
        for (served, passed) in [
            (
                Selection::NotModified,
                vec![
                    ("cache-control", "max-age=60"),
                    ("etag", "\"a\""),
                    ("last-modified", "Sat, 01 Jan 2022 00:00:00 GMT"),
                ],
            ),
            (
                Selection::RangeNotSatisfiable,
                vec![("content-range", "bytes 0-9/100")],
            ),
            (Selection::PreconditionFailed, vec![]),
        ] {
            assert_eq!(
                for_client(served, &header_map(ORIGIN)),
                header_map(&passed),
                "{served:?}"
            );
        }
    }

    #[test]
    fn the_framing_of_an_upload_is_no_coding_of_the_object() {
        for (stored, sent) in [
            ("aws-chunked", None),
            ("AWS-Chunked", None),
            ("aws-chunked,gzip", Some("gzip")),
            ("gzip, aws-chunked", Some("gzip")),
            ("identity", None),
            ("", None),
            (" , ", None),
            ("gzip, br", Some("gzip, br")),
            ("br", Some("br")),
        ] {
            let mut headers = header_map(&[("content-encoding", stored)]);
            remove_upload_framing(&mut headers);
            let found = headers
                .get(CONTENT_ENCODING)
                .map(|value| value.to_str().expect("ASCII"));
            assert_eq!(found, sent, "{stored:?}");
        }
    }
}

//! What of a client's request the bucket gets: an allow-list, without the client's signature.

use http::header::{
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL,
    CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_TYPE, EXPIRES, IF_MATCH,
    IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, ORIGIN, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::s3_endpoint::copy_source::CopySource;
use crate::s3_endpoint::operation::X_AMZ_COPY_SOURCE;

/// `Content-MD5` (<https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>).
pub const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// The headers that are passed on as they are. Preconditions too: a `PUT` without them would overwrite what the client
/// wanted to keep, and B2 refuses it with them.
const PASSED: [HeaderName; 15] = [
    ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD,
    CACHE_CONTROL,
    CONTENT_DISPOSITION,
    CONTENT_LANGUAGE,
    CONTENT_MD5,
    CONTENT_TYPE,
    EXPIRES,
    IF_MATCH,
    IF_MODIFIED_SINCE,
    IF_NONE_MATCH,
    IF_RANGE,
    IF_UNMODIFIED_SINCE,
    ORIGIN,
    RANGE,
];

/// Headers of S3 that are about the client's own request, or that B2 refuses.
const OF_THE_CLIENT: [&str; 8] = [
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-security-token",
    "x-amz-te",
    "x-amz-trailer",
    "x-amz-user-agent",
];

/// Headers of S3 that describe a body in `aws-chunked`, for a store that decodes it.
const OF_AWS_CHUNKED: [&str; 3] = [
    "x-amz-decoded-content-length",
    "x-amz-sdk-checksum-algorithm",
    "x-amz-trailer",
];

/// The headers for the bucket.
#[derive(Clone, Debug, Default)]
pub struct Forwarded {
    /// The headers `x-amz-*`, which are signed.
    pub signed: HeaderMap,
    /// The others.
    pub unsigned: HeaderMap,
}

impl Forwarded {
    /// Selects the headers. `passes_aws_chunked`: the body is still in that encoding.
    #[must_use]
    pub fn of(
        client: &HeaderMap,
        copy_source: Option<&CopySource>,
        passes_aws_chunked: bool,
    ) -> Self {
        let mut forwarded = Self::default();
        for (name, value) in client {
            let text = name.as_str();
            let is_dropped = OF_THE_CLIENT.contains(&text)
                || text == X_AMZ_COPY_SOURCE
                || text.starts_with("x-amz-checksum-");
            let is_kept = passes_aws_chunked && OF_AWS_CHUNKED.contains(&text);
            if PASSED.contains(name) {
                forwarded.unsigned.append(name, value.clone());
            } else if name == CONTENT_ENCODING {
                let value = Some(value.clone()).filter(|_| passes_aws_chunked);
                if let Some(value) = value.or_else(|| without_aws_chunked(client)) {
                    forwarded.unsigned.insert(name, value);
                }
            } else if text.starts_with("x-amz-") && (is_kept || !is_dropped) {
                forwarded.signed.append(name, value.clone());
            }
        }
        if let Some(source) = copy_source
            && let Ok(value) = HeaderValue::try_from(source.to_header())
        {
            forwarded.signed.insert(X_AMZ_COPY_SOURCE, value);
        }
        forwarded
    }
}

impl Forwarded {
    /// Selects the headers of a CORS preflight, which is not signed, and so may have no other.
    #[must_use]
    pub fn of_preflight(client: &HeaderMap) -> Self {
        let names = [
            ACCESS_CONTROL_REQUEST_HEADERS,
            ACCESS_CONTROL_REQUEST_METHOD,
            ORIGIN,
        ];
        let values = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), client.get(name)?.clone())));
        Self {
            signed: HeaderMap::new(),
            unsigned: values.collect(),
        }
    }
}

/// `Content-Encoding` of the content alone.
fn without_aws_chunked(client: &HeaderMap) -> Option<HeaderValue> {
    let text = client.get(CONTENT_ENCODING)?.to_str().ok()?;
    let codings: Vec<&str> = text
        .split(',')
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("aws-chunked"))
        .collect();
    (!codings.is_empty()).then(|| HeaderValue::try_from(codings.join(",")).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;

    fn lines(headers: &HeaderMap) -> Vec<String> {
        let lines = headers
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().expect("text")));
        let mut lines: Vec<_> = lines.collect();
        lines.sort();
        lines
    }

    #[test]
    fn the_bucket_gets_what_describes_the_object_and_nothing_of_the_clients_signature() {
        let client = header_map(&[
            ("authorization", "AWS4-HMAC-SHA256 …"),
            ("cookie", "a=b"),
            ("host", "s3.example.com"),
            ("user-agent", "aws-cli"),
            ("accept-encoding", "identity"),
            ("content-type", "image/png"),
            ("content-encoding", "aws-chunked, gzip"),
            ("content-length", "10"),
            ("if-none-match", "*"),
            ("x-amz-acl", "private"),
            ("x-amz-meta-a", "b  c"),
            ("x-amz-date", "20270131T000000Z"),
            ("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
            ("x-amz-decoded-content-length", "5"),
            ("x-amz-trailer", "x-amz-checksum-crc32"),
            ("x-amz-sdk-checksum-algorithm", "CRC32"),
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-checksum-mode", "ENABLED"),
            ("x-amz-security-token", "t"),
        ]);
        let forwarded = Forwarded::of(&client, None, false);
        assert_eq!(
            lines(&forwarded.unsigned),
            [
                "content-encoding: gzip",
                "content-type: image/png",
                "if-none-match: *"
            ]
        );
        assert_eq!(
            lines(&forwarded.signed),
            ["x-amz-acl: private", "x-amz-meta-a: b  c"]
        );
        let passed = Forwarded::of(&client, None, true);
        assert_eq!(
            lines(&passed.unsigned),
            [
                "content-encoding: aws-chunked, gzip",
                "content-type: image/png",
                "if-none-match: *"
            ]
        );
        assert!(passed.signed.contains_key("x-amz-trailer"));
    }

    #[test]
    fn an_encoding_that_is_aws_chunked_alone_is_none() {
        for encoding in ["aws-chunked", "AWS-Chunked,", " ,aws-chunked"] {
            let client = header_map(&[("content-encoding", encoding)]);
            let forwarded = Forwarded::of(&client, None, false);
            assert!(forwarded.unsigned.is_empty(), "{encoding}");
        }
    }

    #[test]
    fn a_copy_source_is_sent_as_it_was_authorised() {
        let client = header_map(&[(X_AMZ_COPY_SOURCE, "media/a b")]);
        let source = CopySource::parse("media/a b").expect("a source");
        let forwarded = Forwarded::of(&client, Some(&source), false);
        assert_eq!(
            lines(&forwarded.signed),
            ["x-amz-copy-source: /media/a%20b"]
        );
        // Of an operation that is no copy, nothing was authorised.
        assert!(Forwarded::of(&client, None, false).signed.is_empty());
    }
}

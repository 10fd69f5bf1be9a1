//! AWS Signature Version 4, calculated by AWS's own signer: requests are signed here for an origin, and in
//! [`presign`] for somebody else who sends them; [`claim`] and [`verify`] are about the signatures of clients.
//!
//! What is signed is what is sent: the encoded path and query string, the bucket's host, and the headers `x-amz-*`. No
//! other header is signed, because proxies may rewrite it. S3 differs from other AWS services in two settings: the path
//! is encoded once, not twice, and it is not normalised
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).

pub mod claim;
pub mod presign;
pub mod verify;

use std::time::SystemTime;

use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings,
    UriPathNormalizationMode, sign as sign_request,
};
use aws_sigv4::sign::v4::SigningParams;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use crate::routing::region::Region;
use crate::s3::credentials::Credentials;

/// SHA-256 of no bytes, in hexadecimal digits.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The value of `x-amz-content-sha256` for a body whose digest is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

/// The signed parts of a request.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'r> {
    /// The method as it will be sent.
    pub method: &'r Method,
    /// `Host` as it will be sent.
    pub host: &'r HeaderValue,
    /// The path as it will be sent, percent-encoded.
    pub path: &'r str,
    /// The query string as it will be sent, percent-encoded and sorted; empty for none.
    pub query: &'r str,
    /// The headers `x-amz-*` as they will be sent, without those that signing adds. `None` for no such header.
    pub headers: Option<&'r HeaderMap>,
    /// `x-amz-content-sha256`: the SHA-256 of the body in hexadecimal digits, or a word such as [`UNSIGNED_PAYLOAD`].
    pub payload: &'r str,
}

/// The signer rejected its input. Unreachable for a path of [`crate::s3::object_key::ObjectKey`] and a host
/// of [`crate::s3::address::BucketAddress`], and therefore without detail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotSignable;

impl<'r> ToSign<'r> {
    /// A request without a query string, a body and headers of its own.
    #[must_use]
    pub const fn read(method: &'r Method, host: &'r HeaderValue, path: &'r str) -> Self {
        Self {
            method,
            host,
            path,
            query: "",
            headers: None,
            payload: EMPTY_SHA256,
        }
    }
}

/// Signs a request to S3 in `region` at the time `now`. Returns the headers to add: `authorization`,
/// `x-amz-date` and `x-amz-content-sha256`.
///
/// # Errors
///
/// [`NotSignable`] if path or query string cannot be part of a URI, or a header is not UTF-8.
pub fn sign(
    request: &ToSign<'_>,
    region: &Region,
    credentials: &Credentials,
    now: SystemTime,
) -> Result<Vec<(HeaderName, HeaderValue)>, NotSignable> {
    let mut settings = settings_of_s3();
    settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    let params = SigningParams::builder()
        .identity(credentials.identity())
        .region(region.as_str())
        .name("s3")
        .time(now)
        .settings(settings)
        .build()
        .map_err(|_| NotSignable)?
        .into();
    let text =
        |value: &'_ HeaderValue| std::str::from_utf8(value.as_bytes()).map(ToOwned::to_owned);
    let mut headers = vec![("host", text(request.host).map_err(|_| NotSignable)?)];
    for (name, value) in request.headers.into_iter().flatten() {
        headers.push((name.as_str(), text(value).map_err(|_| NotSignable)?));
    }
    let separator = if request.query.is_empty() { "" } else { "?" };
    let target = format!("{}{separator}{}", request.path, request.query);
    let signable = SignableRequest::new(
        request.method.as_str(),
        target,
        headers.iter().map(|(name, value)| (*name, value.as_str())),
        SignableBody::Precomputed(request.payload.to_owned()),
    )
    .map_err(|_| NotSignable)?;
    let (instructions, _signature) = sign_request(signable, &params)
        .map_err(|_| NotSignable)?
        .into_parts();
    instructions
        .headers()
        .map(|(name, value)| {
            let name = HeaderName::try_from(name).map_err(|_| NotSignable)?;
            let value = HeaderValue::try_from(value).map_err(|_| NotSignable)?;
            Ok((name, value))
        })
        .collect()
}

/// The settings in which S3 differs from other services.
fn settings_of_s3() -> SigningSettings {
    let mut settings = SigningSettings::default();
    settings.percent_encoding_mode = PercentEncodingMode::Single;
    settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
    settings
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::s3::object_key::ObjectKey;

    /// The key, date, bucket and region of the examples in AWS's documentation
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>).
    fn example(path: &str) -> Vec<(HeaderName, HeaderValue)> {
        let key = Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        .expect("a key");
        let host = HeaderValue::from_static("examplebucket.s3.amazonaws.com");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let request = ToSign {
            query,
            ..ToSign::read(&Method::GET, &host, path)
        };
        let now = datetime!(2013-05-24 00:00 UTC).into();
        sign(
            &request,
            &Region::parse("us-east-1").expect("a region"),
            &key,
            now,
        )
        .expect("signable")
    }

    fn value<'h>(headers: &'h [(HeaderName, HeaderValue)], name: &str) -> &'h str {
        let (_, value) = headers.iter().find(|(n, _)| n == name).expect(name);
        value.to_str().expect("ASCII")
    }

    #[test]
    fn the_signature_is_the_one_that_aws_publishes_for_its_example() {
        // "Example: GET Bucket Lifecycle" signs exactly our three headers over an empty body.
        let headers = example("/?lifecycle");
        assert_eq!(
            value(&headers, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
             SignedHeaders=host;x-amz-content-sha256;x-amz-date, \
             Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(value(&headers, "x-amz-date"), "20130524T000000Z");
        assert_eq!(
            value(&headers, "x-amz-content-sha256"),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        assert_eq!(headers.len(), 3);
    }

    #[test]
    fn awkward_paths_are_signed_as_a_second_implementation_signs_them() {
        // From `S3SigV4Auth` of botocore 1.44.5, with the clock set to the example's date.
        for (path, signature) in [
            (
                "/a%20b%2Bc/%C3%A4//~%27%28%29%2A%21",
                "a8dad602a4c2cfc8660d3d41a7c3434ce27fe73611b829e2af4f4c4f7945c45a",
            ),
            (
                "//a%252Fb/",
                "d7129ef910bdea267bb0bec34b78aa34d1f88b03c029a1f8793ec026779cc2a9",
            ),
        ] {
            let headers = example(path);
            let authorization = value(&headers, "authorization");
            assert!(
                authorization.ends_with(signature),
                "{path}: {authorization}"
            );
        }
    }

    #[test]
    fn the_path_is_signed_as_it_is_sent() {
        // If the path were encoded again or normalised, both of a pair would have the same signature.
        for (one, other) in [
            ("/a%20b", "/a%2520b"),
            ("/a//b", "/a/b"),
            ("/a/./b", "/a/b"),
            ("//a", "/a"),
        ] {
            assert_ne!(
                value(&example(one), "authorization"),
                value(&example(other), "authorization"),
                "{one}"
            );
        }
    }

    #[test]
    fn every_path_of_a_key_can_be_signed() {
        for byte in 1..=0x7f_u8 {
            for path in [
                format!("/a%{byte:02X}b"),
                format!("/%{byte:02X}%{byte:02X}a"),
                format!("//a%{byte:02X}"),
            ] {
                if let Ok(key) = ObjectKey::from_path(path.as_bytes()) {
                    assert_eq!(example(&key.to_path()).len(), 3, "{path}");
                }
            }
        }
    }
}

//! Verifies the signature of a client's request, by calculating it anew with AWS's own signer.
//!
//! The path is verified in its canonical encoding, because clients and proxies encode it in different ways and S3 decodes
//! it first. `Accept-Encoding` is signed by some clients and rewritten by proxies, so it is tried with what a client
//! probably sent.

use aws_sigv4::http_request::{
    PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, sign as sign_request,
};
use aws_sigv4::sign::v4::{SigningParams, generate_signing_key};
use http::header::{ACCEPT_ENCODING, HOST};
use http::{HeaderMap, HeaderName};
use subtle::ConstantTimeEq as _;

use crate::http::query::{Plus, Query};
use crate::s3::credentials::Credentials;
use crate::s3::sigv4::claim::{Claim, X_AMZ_CONTENT_SHA256, X_AMZ_DATE};
use crate::s3::sigv4::settings_of_s3;

/// What Fastly says that the client sent as `Accept-Encoding`, which it normalizes
/// (<https://www.fastly.com/documentation/reference/http/http-headers/Fastly-Orig-Accept-Encoding/>).
const FASTLY_ORIG_ACCEPT_ENCODING: HeaderName =
    HeaderName::from_static("fastly-orig-accept-encoding");

/// The parts of a request that a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct SignedParts<'r> {
    /// The method.
    pub method: &'r str,
    /// The path in its canonical encoding.
    pub path: &'r str,
    /// The query string as it was sent.
    pub query: &'r str,
    /// All headers.
    pub headers: &'r HeaderMap,
}

/// The reading of the query string with which a signature is right; `None` if it is wrong.
#[must_use]
pub fn verify(request: &SignedParts<'_>, claim: &Claim, credentials: &Credentials) -> Option<Plus> {
    let readings = [Plus::Itself, Plus::Space];
    let readings = if request.query.contains('+') {
        &readings[..]
    } else {
        &readings[..1]
    };
    let codings: Vec<Option<&str>> = if claim.covers(&ACCEPT_ENCODING) {
        let original = request.headers.get(FASTLY_ORIG_ACCEPT_ENCODING);
        let original = original.and_then(|value| value.to_str().ok());
        let others = original.into_iter().chain(["identity", "gzip"]);
        std::iter::once(None).chain(others.map(Some)).collect()
    } else {
        vec![None]
    };
    let candidates = readings
        .iter()
        .flat_map(|plus| codings.iter().map(move |coding| (*plus, *coding)));
    candidates
        .into_iter()
        .find(|(plus, coding)| {
            let signature = signature(request, claim, credentials, *plus, *coding);
            signature.is_some_and(|signature| {
                signature
                    .as_bytes()
                    .ct_eq(claim.signature.as_bytes())
                    .into()
            })
        })
        .map(|(plus, _)| plus)
}

/// The key that the chunks of a body are signed with: derived from the application key for the scope of the claim.
#[must_use]
pub fn signing_key(claim: &Claim, credentials: &Credentials) -> Vec<u8> {
    let secret = credentials.application_key();
    generate_signing_key(secret, claim.time, &claim.region, "s3")
        .as_ref()
        .to_vec()
}

/// The scope of a claim, without the key ID.
#[must_use]
pub fn scope(claim: &Claim) -> String {
    format!("{}/{}/s3/aws4_request", claim.date, claim.region)
}

fn signature(
    request: &SignedParts<'_>,
    claim: &Claim,
    credentials: &Credentials,
    plus: Plus,
    accept_encoding: Option<&str>,
) -> Option<String> {
    // Without it, the signer would take the host from the target, which has none.
    if !claim.covers(&HOST) {
        return None;
    }
    let query = Query::parse(request.query, plus).ok()?;
    let mut settings = settings_of_s3();
    settings.excluded_headers = None;
    let is_presigned = claim.expires.is_some();
    let query = if is_presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = claim.expires;
        query.filtered(|parameter| !Claim::carries(parameter))
    } else {
        if claim.covers(&X_AMZ_CONTENT_SHA256) {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        query
    };
    let params = SigningParams::builder()
        .identity(credentials.identity())
        .region(&claim.region)
        .name("s3")
        .time(claim.time)
        .settings(settings)
        .build()
        .ok()?
        .into();
    let mut headers = Vec::with_capacity(claim.signed_headers.len());
    for name in &claim.signed_headers {
        // The signer adds these two from the time and the payload, which are the claim's.
        let is_added = name == X_AMZ_DATE.as_str() || name == X_AMZ_CONTENT_SHA256.as_str();
        if is_added && !is_presigned {
            continue;
        }
        if let Some(coding) = accept_encoding.filter(|_| name == ACCEPT_ENCODING.as_str()) {
            headers.push((name.as_str(), coding));
            continue;
        }
        let values = request.headers.get_all(name.as_str()).iter();
        let mut is_missing = true;
        for value in values {
            headers.push((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?));
            is_missing = false;
        }
        if is_missing {
            headers.push((name.as_str(), ""));
        }
    }
    let encoded = query.encode();
    let separator = if encoded.is_empty() { "" } else { "?" };
    let target = format!("{}{separator}{encoded}", request.path);
    let body = SignableBody::Precomputed(claim.payload.as_str().to_owned());
    let signable = SignableRequest::new(request.method, target, headers.into_iter(), body).ok()?;
    let (_, signature) = sign_request(signable, &params).ok()?.into_parts();
    Some(signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::field::header_map;

    /// AWS's published examples
    /// (<https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>,
    /// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>).
    fn key() -> Credentials {
        Credentials::new(
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        .expect("a key")
    }

    fn authorization(signed_headers: &str, signature: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders={signed_headers},Signature={signature}"
        )
    }

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn is_right(method: &str, path: &str, query: &str, lines: &[(&str, &str)]) -> Option<Plus> {
        let headers = header_map(lines);
        let parsed = Query::parse(query, Plus::Itself).expect(query);
        let claim = Claim::parse(&headers, &parsed).expect("a claim");
        let request = SignedParts {
            method,
            path,
            query,
            headers: &headers,
        };
        verify(&request, &claim, &key())
    }

    #[test]
    fn the_published_examples_verify_and_nothing_that_differs_in_a_byte() {
        let get = authorization(
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        );
        let lines = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", EMPTY),
            ("x-amz-date", "20130524T000000Z"),
            ("authorization", &get),
        ];
        assert!(is_right("GET", "/test.txt", "", &lines).is_some());
        assert!(is_right("HEAD", "/test.txt", "", &lines).is_none());
        assert!(is_right("GET", "/test.txt/", "", &lines).is_none());
        assert!(is_right("GET", "/test.txt", "a", &lines).is_none());
        for (at, value) in [
            (0, "examplebucket.s3.amazonaws.co"),
            (1, "bytes=0-8"),
            (3, "20130524T000001Z"),
        ] {
            let mut changed = lines;
            changed[at].1 = value;
            assert!(
                is_right("GET", "/test.txt", "", &changed).is_none(),
                "{value}"
            );
        }

        let put = authorization(
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        );
        let lines = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            (
                "x-amz-content-sha256",
                "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
            ),
            ("authorization", &put),
        ];
        // The example's key is `test$file.text`.
        assert!(is_right("PUT", "/test%24file.text", "", &lines).is_some());

        let list = authorization(
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        );
        let lines = [
            ("host", "examplebucket.s3.amazonaws.com"),
            ("x-amz-date", "20130524T000000Z"),
            ("x-amz-content-sha256", EMPTY),
            ("authorization", &list),
        ];
        assert!(is_right("GET", "/", "max-keys=2&prefix=J", &lines).is_some());
        assert!(is_right("GET", "/", "prefix=J&max-keys=2", &lines).is_some());
    }

    #[test]
    fn the_published_presigned_url_verifies() {
        let query = "X-Amz-Algorithm=AWS4-HMAC-SHA256\
            &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
            &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
            &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        let host = [("host", "examplebucket.s3.amazonaws.com")];
        assert!(is_right("GET", "/test.txt", query, &host).is_some());
        assert!(is_right("PUT", "/test.txt", query, &host).is_none());
        let longer = query.replace("86400", "86401");
        assert!(is_right("GET", "/test.txt", &longer, &host).is_none());
        let more = format!("{query}&versionId=1");
        assert!(is_right("GET", "/test.txt", &more, &host).is_none());
    }

    #[test]
    fn a_plus_is_what_the_client_signed_and_accept_encoding_what_it_probably_sent() {
        // From botocore 1.43's `S3SigV4Auth`, with the clock of the examples: `prefix` is `a+b`, then `a b`.
        for (signature, plus) in [
            (
                "6764a1b250a55b3c307fd0b12668813fc492af27ae14612bddda1b3fa261bcf6",
                Plus::Itself,
            ),
            (
                "c2241c777f57f6eb79d8fd81d00144f52f1463e5bab934a28cd2ee48386bd594",
                Plus::Space,
            ),
        ] {
            let header = authorization("host;x-amz-content-sha256;x-amz-date", signature);
            let lines = [
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-date", "20130524T000000Z"),
                ("x-amz-content-sha256", EMPTY),
                ("authorization", &header),
            ];
            assert_eq!(is_right("GET", "/", "prefix=a+b", &lines), Some(plus));
        }
        let header = authorization(
            "accept-encoding;host;x-amz-content-sha256;x-amz-date",
            "a37cc80a73db3ee7473a621a88a5edf87be969166f16a47e2f8d527dc7197ade",
        );
        // Signed with `identity`.
        for (received, original) in [("identity", "br"), ("br", "identity"), ("gzip", "zstd")] {
            let lines = [
                ("host", "examplebucket.s3.amazonaws.com"),
                ("x-amz-date", "20130524T000000Z"),
                ("x-amz-content-sha256", EMPTY),
                ("accept-encoding", received),
                ("fastly-orig-accept-encoding", original),
                ("authorization", &header),
            ];
            let found = is_right("GET", "/test.txt", "", &lines);
            assert!(found.is_some(), "{received} {original}");
        }
    }
}

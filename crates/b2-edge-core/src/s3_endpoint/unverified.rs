//! A request as it says itself, before any secret is read.

use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, TRANSFER_ENCODING,
};

use crate::http::query::{Plus, Query, QueryError};
use crate::s3::sigv4::claim::{Claim, ClaimError};
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::operation::method_not_allowed;
use crate::s3_endpoint::resource::{EndpointHost, Resource};

/// Headers besides the signed ones that must not be there twice, because they say what the body is.
const ONCE: [HeaderName; 5] = [
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    HOST,
    TRANSFER_ENCODING,
];

/// The longest path and query string, in bytes: Fastly's limit for a URL
/// (<https://docs.fastly.com/products/compute-resource-limits>).
const MAX_TARGET_BYTES: usize = 8192;

/// The longest header section, in bytes. S3 takes 8 KB
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html>), without what proxies add.
const MAX_HEADERS_BYTES: usize = 16 * 1024;

/// A request to the endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'r> {
    /// The method.
    pub method: &'r str,
    /// The path as it was sent.
    pub path: &'r [u8],
    /// The query string as it was sent; empty for none.
    pub query: &'r str,
    /// All headers.
    pub headers: &'r HeaderMap,
}

/// A request whose signature is not verified yet.
#[derive(Clone, Debug)]
pub enum Unverified {
    /// A CORS preflight, which is never signed, for this bucket.
    Preflight(Resource),
    /// A signed request.
    Signed {
        /// What it is about.
        resource: Resource,
        /// What it claims.
        claim: Claim,
    },
}

impl Unverified {
    /// Parses a request.
    ///
    /// # Errors
    ///
    /// An [`S3Error`] for a request that is not signed, or not validly.
    pub fn parse(host: EndpointHost, request: &Incoming<'_>) -> Result<Self, S3Error> {
        check_sizes(request)?;
        let query = Query::parse(request.query, Plus::Itself).map_err(of_query)?;
        if !matches!(
            request.method,
            "GET" | "HEAD" | "PUT" | "POST" | "DELETE" | "OPTIONS"
        ) {
            return Err(method_not_allowed());
        }
        let claim = match Claim::parse(request.headers, &query) {
            Err(ClaimError::Missing) if request.method == "OPTIONS" => None,
            Err(ClaimError::Missing) if is_form_upload(request) => {
                return Err(S3Error::new(
                    Code::NotImplemented,
                    "post_policy",
                    "B2 has no uploads by HTML forms. Use PUT, with a presigned URL for browsers.",
                ));
            }
            claim => Some(claim.map_err(of_claim)?),
        };
        let is_single = |name: &HeaderName| request.headers.get_all(name).iter().nth(1).is_none();
        let covers = |name: &HeaderName| claim.as_ref().is_some_and(|claim| claim.covers(name));
        let must_be_single =
            |name: &&HeaderName| is_of_s3(name) || ONCE.contains(name) || covers(name);
        if let Some(name) = request
            .headers
            .keys()
            .filter(must_be_single)
            .find(|name| !is_single(name))
        {
            let message = format!("The header {name} is there more than once.");
            return Err(S3Error::with_message(
                Code::InvalidRequest,
                "header_repeated",
                message,
            ));
        }
        let resource = Resource::parse(host, request.path)?;
        Ok(match claim {
            None => Self::Preflight(resource),
            Some(claim) => Self::Signed { resource, claim },
        })
    }
}

/// Refuses what is larger than a bucket would take.
fn check_sizes(request: &Incoming<'_>) -> Result<(), S3Error> {
    if request.path.len() + request.query.len() > MAX_TARGET_BYTES {
        return Err(S3Error::new(
            Code::InvalidUri,
            "target_too_long",
            "Path and query string may have 8,192 bytes together.",
        ));
    }
    let lines = request.headers.iter();
    let bytes: usize = lines
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if bytes > MAX_HEADERS_BYTES {
        return Err(S3Error::new(
            Code::HeadersTooLarge,
            "headers_too_large",
            "The headers may have 16,384 bytes together.",
        ));
    }
    Ok(())
}

/// Whether it is a header of S3, all of which must be signed.
pub(super) fn is_of_s3(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-amz-")
}

/// Whether it is an upload by an HTML form, with a POST policy.
fn is_form_upload(request: &Incoming<'_>) -> bool {
    let content_type = request.headers.get(CONTENT_TYPE);
    let is_form = content_type.is_some_and(|value| {
        let value = value.as_bytes().to_ascii_lowercase();
        value.starts_with(b"multipart/form-data")
    });
    request.method == "POST" && is_form
}

/// The error for a query string.
pub(super) const fn of_query(error: QueryError) -> S3Error {
    let message = match error {
        QueryError::BadEscape => {
            "The query string has a % that is not followed by two hexadecimal digits."
        }
        QueryError::NotUtf8 => {
            "A parameter of the query string is not valid UTF-8, or no value for a header."
        }
        QueryError::Duplicate => "A parameter of the query string is there more than once.",
    };
    S3Error::new(Code::InvalidArgument, "query_invalid", message)
}

const fn of_claim(error: ClaimError) -> S3Error {
    let (code, reason, message) = match error {
        ClaimError::Missing => (
            Code::AccessDenied,
            "not_signed",
            "This endpoint takes signed requests only (AWS Signature Version 4).",
        ),
        ClaimError::Twice => (
            Code::InvalidArgument,
            "signed_twice",
            "Only one signature is allowed: an Authorization header or the parameters of a presigned URL.",
        ),
        ClaimError::Algorithm => (
            Code::InvalidRequest,
            "algorithm_unknown",
            "Only AWS Signature Version 4 is supported: please use AWS4-HMAC-SHA256.",
        ),
        ClaimError::Header => (
            Code::AuthorizationHeaderMalformed,
            "authorization_malformed",
            "The Authorization header must have Credential=<key ID>/<date>/<region>/s3/aws4_request, SignedHeaders and \
             Signature.",
        ),
        ClaimError::Parameters => (
            Code::AuthorizationQueryParametersError,
            "authorization_malformed",
            "A presigned URL must have X-Amz-Algorithm, X-Amz-Credential, X-Amz-Date, X-Amz-Expires, \
             X-Amz-SignedHeaders and X-Amz-Signature.",
        ),
        ClaimError::Expires => (
            Code::AuthorizationQueryParametersError,
            "expires_invalid",
            "X-Amz-Expires must be a number of seconds from 1 to 604800.",
        ),
        ClaimError::Date => (
            Code::AccessDenied,
            "date_invalid",
            "The request must have a valid x-amz-date, such as 20270131T000000Z, on the day of its Credential.",
        ),
        ClaimError::Service => (
            Code::AuthorizationHeaderMalformed,
            "service_wrong",
            "The service of the signature must be s3.",
        ),
        ClaimError::Payload => (
            Code::InvalidRequest,
            "payload_unknown",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a SHA-256 in lower case, or a STREAMING value of the algorithm \
             AWS4-HMAC-SHA256.",
        ),
    };
    S3Error::new(code, reason, message)
}

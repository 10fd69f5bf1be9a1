//! Access control of a B2 region, as far as `s3s` leaves it to the server.
//!
//! `s3s` verifies the signature with the scope and the path that the request itself claims. This module adds
//! B2's other refusals: the scope of another region, another host or bucket, headers that are not signed, a
//! path that is not the canonical encoding of its key.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, Method, StatusCode};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::host::{S3Host, VirtualHost};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::object_path;

/// SHA-256 of the empty string: what a read must declare in `x-amz-content-sha256`.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The application keys of an origin.
pub(crate) struct ApplicationKeys(pub(crate) Vec<ApplicationKey>);

/// An application key.
pub(crate) struct ApplicationKey {
    pub(crate) id: String,
    pub(crate) secret: SecretKey,
}

#[async_trait::async_trait]
impl S3Auth for ApplicationKeys {
    async fn get_secret_key(&self, key_id: &str) -> S3Result<SecretKey> {
        let key = self.0.iter().find(|key| key.id == key_id);
        // s3s's own SimpleAuth responds with NotSignedUp here, which neither AWS nor B2 does.
        key.map(|key| key.secret.clone())
            .ok_or_else(|| s3_error!(InvalidAccessKeyId, "Malformed Access Key Id"))
    }
}

/// The host names of one regional endpoint: its own, and those of its buckets.
///
/// `s3s::host::SingleDomain` would accept any other host as the name of a bucket.
#[derive(Clone)]
pub(crate) struct RegionalHosts {
    pub(crate) endpoint: String,
}

impl S3Host for RegionalHosts {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        if host.eq_ignore_ascii_case(&self.endpoint) {
            return Ok(VirtualHost::new(self.endpoint.as_str()));
        }
        let host = host.to_ascii_lowercase();
        let bucket = host
            .strip_suffix(&self.endpoint)
            .and_then(|host| host.strip_suffix('.'));
        let Some(bucket) = bucket.filter(|bucket| !bucket.is_empty()) else {
            return Err(s3_error!(
                InvalidRequest,
                "This endpoint does not serve the requested host"
            ));
        };
        Ok(VirtualHost::new(self.endpoint.as_str()).with_bucket(bucket.to_owned()))
    }
}

/// Which requests an origin allows after `s3s` has verified the signature.
pub(crate) struct Policy {
    pub(crate) bucket: String,
    pub(crate) region: String,
    pub(crate) hosts: RegionalHosts,
    pub(crate) public: bool,
    /// The key that may only read, if there is one that may write.
    pub(crate) read_only_key: Option<String>,
}

#[async_trait::async_trait]
impl S3Access for Policy {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        self.check_host(request.headers())?;
        if request.s3_path().get_bucket_name() != Some(self.bucket.as_str()) {
            return Err(s3_error!(AccessDenied, "not entitled"));
        }
        let Some(credentials) = request.credentials() else {
            return self.check_anonymous(request);
        };
        let is_read_only = self.read_only_key.as_ref() == Some(&credentials.access_key);
        if is_read_only && !reads(request.s3_op().name()) {
            return Err(s3_error!(AccessDenied, "not entitled"));
        }
        // s3s would accept a signature of the path as sent; B2 canonicalises the decoded key.
        if !object_path::is_canonical(request.uri().path()) {
            return Err(s3_error!(
                SignatureDoesNotMatch,
                "Signature validation failed"
            ));
        }
        let authorization = request.headers().get(AUTHORIZATION);
        let Some(authorization) = authorization.and_then(|value| value.to_str().ok()) else {
            let query = request.uri().query().unwrap_or_default();
            return self.check_scope(&field(query, "X-Amz-Credential=", '&').replace("%2F", "/"));
        };
        self.check_scope(field(authorization, "Credential=", ','))?;
        check_signed_headers(
            field(authorization, "SignedHeaders=", ','),
            request.headers(),
        )?;
        check_payload(request.method(), request.headers())
    }
}

impl Policy {
    /// `s3s` skips its host parser if the host is an IP address, so the host is checked here.
    fn check_host(&self, headers: &HeaderMap) -> S3Result<()> {
        let host = headers
            .get(HOST)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        self.hosts.parse_host_header(host).map(drop)
    }

    fn check_anonymous(&self, request: &S3AccessContext<'_>) -> S3Result<()> {
        match request.s3_op().name() {
            "GetObject" | "HeadObject" if self.public => Ok(()),
            _ => Err(s3_error!(
                AccessDenied,
                "Unauthenticated requests are not allowed for this api"
            )),
        }
    }

    /// `<key id>/<date>/<region>/s3/aws4_request`. `s3s` also accepts `SigV2`, which has no scope;
    /// B2 does not: "v2 signatures are not supported"
    /// (<https://www.backblaze.com/docs/cloud-storage-s3-compatible-api>).
    fn check_scope(&self, credential: &str) -> S3Result<()> {
        let mut scope = credential.rsplit('/');
        let (terminator, service, region) = (scope.next(), scope.next(), scope.next());
        if (terminator, service, region)
            == (Some("aws4_request"), Some("s3"), Some(self.region.as_str()))
        {
            Ok(())
        } else {
            Err(s3_error!(
                SignatureDoesNotMatch,
                "Signature validation failed"
            ))
        }
    }
}

/// Whether an operation of this name changes nothing.
fn reads(operation: &str) -> bool {
    ["Get", "Head", "List"]
        .iter()
        .any(|verb| operation.starts_with(verb))
}

/// `host` and every `x-amz-*` header must be part of the signature:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>.
fn check_signed_headers(signed: &str, headers: &HeaderMap) -> S3Result<()> {
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let unsigned = headers
        .keys()
        .map(http::HeaderName::as_str)
        .find(|name| (*name == "host" || name.starts_with("x-amz-")) && !is_signed(name));
    match unsigned {
        None => Ok(()),
        Some(name) => Err(s3_error!(
            AccessDenied,
            "There were headers present in the request which were not signed: {name}"
        )),
    }
}

/// `s3s` compares the declared hash only with a body that it reads, and a read has none.
fn check_payload(method: &Method, headers: &HeaderMap) -> S3Result<()> {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let is_empty = headers
        .get(CONTENT_LENGTH)
        .is_none_or(|length| length == "0");
    let declared = headers
        .get("x-amz-content-sha256")
        .and_then(|value| value.to_str().ok());
    match declared {
        Some(hash) if is_read && is_empty && hash != EMPTY_SHA256 && hash != "UNSIGNED-PAYLOAD" => {
            Err(mismatch())
        }
        _ => Ok(()),
    }
}

/// The error for content unlike its `x-amz-content-sha256`.
pub(crate) fn mismatch() -> S3Error {
    let mut mismatch = S3Error::new(S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()));
    mismatch
        .set_message("The provided 'x-amz-content-sha256' header does not match what was computed");
    mismatch.set_status_code(StatusCode::BAD_REQUEST);
    mismatch
}

/// The text between `name` and `end` (or the end of the string).
pub(crate) fn field<'a>(text: &'a str, name: &str, end: char) -> &'a str {
    let rest = text.split_once(name).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or(rest, |(value, _)| value).trim()
}

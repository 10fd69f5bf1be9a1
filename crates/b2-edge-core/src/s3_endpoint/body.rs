//! What happens to the body of a request.
//!
//! A body that is not in `aws-chunked` goes to the bucket as it is, which verifies the digest that the client signed: the
//! host passes it on, and it costs no CPU time. What B2 does not accept is verified here: `aws-chunked`, and checksums
//! other than `Content-MD5` and the signed digest.

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};
use sha2::{Digest as _, Sha256};

use crate::http::field::{single_value, whole_number};
use crate::s3::checksum::ChecksumAlgorithm;
use crate::s3::chunk_signatures::ChunkSignatures;
use crate::s3::delete_objects::DeleteError;
use crate::s3::sigv4::claim::PayloadClaim;
use crate::s3::sigv4::verify::{scope, signing_key};
use crate::s3::sigv4::{EMPTY_SHA256, UNSIGNED_PAYLOAD};
use crate::s3::upload::UploadBody;
use crate::s3::upload_error::UploadError;
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::operation::Operation;
use crate::s3_endpoint::settings::{AwsChunked, S3Settings};
use crate::s3_endpoint::verified::Verified;

/// The length of the content of a body in `aws-chunked`.
pub(super) const X_AMZ_DECODED_CONTENT_LENGTH: HeaderName =
    HeaderName::from_static("x-amz-decoded-content-length");

/// The trailer of a body in `aws-chunked`.
const X_AMZ_TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");

/// The longest body of `DeleteObjects`, in bytes.
pub const DELETE_OBJECTS_LIMIT: u64 = 2 * 1024 * 1024;

/// The longest body that is read whole to calculate its MD5, in bytes.
pub const MD5_LIMIT: u64 = 8 * 1024 * 1024;

/// The body that the bucket gets, and how the client's becomes it.
#[derive(Clone, Debug)]
pub struct BodyPlan {
    /// The length that the bucket is told.
    pub length: u64,
    /// What is signed for it: `x-amz-content-sha256`.
    pub payload: String,
    /// How it becomes it.
    pub handling: BodyHandling,
}

/// How the client's body becomes the bucket's.
#[derive(Clone, Debug)]
pub enum BodyHandling {
    /// There is none. A client's body must be empty, if its length was not announced.
    Empty,
    /// The host passes it on.
    Pass,
    /// The same in `aws-chunked`, to a store that decodes it.
    PassAwsChunked,
    /// It is read, verified, and passed on piece by piece.
    Verify(UploadBody),
    /// It is read whole, verified if there is something to verify, and sent with its MD5.
    Buffer(Option<UploadBody>),
}

/// Plans the body of a request.
///
/// # Errors
///
/// An [`S3Error`] for a body without a length, with an unknown or too expensive checksum, or too long.
pub fn plan(
    operation: Operation,
    method: &str,
    request: &Verified<'_>,
    settings: &S3Settings,
) -> Result<BodyPlan, S3Error> {
    if !matches!(method, "PUT" | "POST") {
        return Ok(BodyPlan {
            length: 0,
            payload: EMPTY_SHA256.to_owned(),
            handling: BodyHandling::Empty,
        });
    }
    let headers = &request.headers;
    let PayloadClaim::Streaming {
        is_signed,
        has_trailer,
    } = request.claim.payload
    else {
        return plain(operation, request, settings);
    };
    let length = decoded_length(headers)?;
    let trailer = trailer(headers, has_trailer)?;
    if trailer.is_none() && !is_signed {
        return Err(S3Error::new(
            Code::InvalidRequest,
            "trailer_missing",
            "A body in aws-chunked whose chunks are not signed must have a checksum in a trailer (x-amz-trailer).",
        ));
    }
    let needs_md5 = operation.needs_md5(headers);
    if settings.aws_chunked == AwsChunked::Pass && !is_signed && !needs_md5 {
        return Ok(BodyPlan {
            length: content_length(headers)?.ok_or_else(no_length)?,
            payload: request.claim.payload.as_str().to_owned(),
            handling: BodyHandling::PassAwsChunked,
        });
    }
    let is_expensive = is_signed || trailer.is_some_and(ChecksumAlgorithm::is_expensive);
    check_limit(length, is_expensive, settings)?;
    let signatures = is_signed.then(|| {
        let claim = &request.claim;
        let key = signing_key(claim, &request.client.credentials);
        ChunkSignatures::new(key, &claim.timestamp, scope(claim), &claim.signature)
    });
    let body = UploadBody::AwsChunked {
        decoded_length: length,
        signatures,
        trailer,
    };
    with_md5_if(needs_md5, operation, length, UNSIGNED_PAYLOAD, Some(body))
}

/// A body that is not in `aws-chunked`.
fn plain(
    operation: Operation,
    request: &Verified<'_>,
    settings: &S3Settings,
) -> Result<BodyPlan, S3Error> {
    let headers = &request.headers;
    let payload = request.claim.payload.as_str();
    let length = match content_length(headers)? {
        Some(length) => length,
        None if headers.contains_key(TRANSFER_ENCODING) => return Err(no_length()),
        // Neither field: the body is empty (RFC 9112, section 6.3).
        None => 0,
    };
    let checksum = header_checksum(headers)?;
    let has_digest = matches!(request.claim.payload, PayloadClaim::Digest(_));
    // The bucket verifies the signed digest of the same bytes.
    let checksum = checksum.filter(|_| !has_digest);
    if let Some((algorithm, _)) = &checksum {
        check_limit(length, algorithm.is_expensive(), settings)?;
    }
    let body = checksum.map(|checksum| UploadBody::Plain { length, checksum });
    if length == 0 && body.is_none() {
        return Ok(BodyPlan {
            length,
            payload: payload.to_owned(),
            handling: BodyHandling::Empty,
        });
    }
    let needs_md5 = operation.needs_md5(headers);
    with_md5_if(needs_md5, operation, length, payload, body)
}

fn with_md5_if(
    needs_md5: bool,
    operation: Operation,
    length: u64,
    payload: &str,
    body: Option<UploadBody>,
) -> Result<BodyPlan, S3Error> {
    let handling = if needs_md5 {
        let limit = match operation {
            Operation::DeleteObjects => DELETE_OBJECTS_LIMIT,
            _ => MD5_LIMIT,
        };
        if length > limit {
            return Err(S3Error::with_message(
                Code::EntityTooLarge,
                "body_too_large",
                format!(
                    "The body of this request may have {limit} bytes, because its Content-MD5 is calculated here. Upload a \
                     larger object without Object Lock headers, or in parts."
                ),
            ));
        }
        BodyHandling::Buffer(body)
    } else {
        body.map_or(BodyHandling::Pass, BodyHandling::Verify)
    };
    Ok(BodyPlan {
        length,
        payload: payload.to_owned(),
        handling,
    })
}

fn check_limit(length: u64, is_expensive: bool, settings: &S3Settings) -> Result<(), S3Error> {
    let (limit, name) = if is_expensive {
        (settings.signed_chunk_limit, "s3.signed_chunk_limit_bytes")
    } else {
        (settings.checksum_limit, "s3.checksum_limit_bytes")
    };
    if length <= limit {
        return Ok(());
    }
    Err(S3Error::with_message(
        Code::EntityTooLarge,
        "body_too_large_to_verify",
        format!(
            "An upload with this kind of checksum or signature may have {limit} bytes here ({name}). Use a multipart upload \
             with smaller parts, or set the SDK to add checksums when_required only (request_checksum_calculation)."
        ),
    ))
}

/// The checksum that a trailer will have.
fn trailer(headers: &HeaderMap, has_trailer: bool) -> Result<Option<ChecksumAlgorithm>, S3Error> {
    let unknown = || {
        S3Error::new(
            Code::InvalidRequest,
            "trailer_unknown",
            "x-amz-trailer must name one checksum of CRC32, CRC32C, CRC64NVME, SHA-1 and SHA-256, such as \
             x-amz-checksum-crc32, and x-amz-content-sha256 must announce it (-TRAILER).",
        )
    };
    let Some(name) = headers.get(X_AMZ_TRAILER) else {
        return Ok(None);
    };
    let name = name.to_str().map_err(|_| unknown())?;
    let algorithm = ChecksumAlgorithm::of_header(&name.trim().to_ascii_lowercase());
    Ok(Some(algorithm.filter(|_| has_trailer).ok_or_else(unknown)?))
}

/// The checksum in a header; `None` without one.
fn header_checksum(headers: &HeaderMap) -> Result<Option<(ChecksumAlgorithm, String)>, S3Error> {
    let mut checksums = ChecksumAlgorithm::ALL.into_iter().filter_map(|algorithm| {
        let value = headers
            .get(algorithm.header())?
            .to_str()
            .unwrap_or_default();
        Some((algorithm, value.to_owned()))
    });
    let first = checksums.next();
    if checksums.next().is_some() {
        return Err(S3Error::new(
            Code::InvalidRequest,
            "checksums_several",
            "Expecting a single x-amz-checksum- header. Multiple checksums are not allowed.",
        ));
    }
    Ok(first)
}

fn content_length(headers: &HeaderMap) -> Result<Option<u64>, S3Error> {
    length_in(headers, &CONTENT_LENGTH)
}

fn decoded_length(headers: &HeaderMap) -> Result<u64, S3Error> {
    length_in(headers, &X_AMZ_DECODED_CONTENT_LENGTH)?.ok_or_else(|| {
        S3Error::new(
            Code::MissingContentLength,
            "length_missing",
            "A body in aws-chunked must have the length of its content in x-amz-decoded-content-length.",
        )
    })
}

fn length_in(headers: &HeaderMap, name: &HeaderName) -> Result<Option<u64>, S3Error> {
    if !headers.contains_key(name) {
        return Ok(None);
    }
    let length = single_value(headers, name).and_then(whole_number);
    Ok(Some(length.ok_or_else(|| {
        S3Error::with_message(
            Code::InvalidArgument,
            "length_invalid",
            format!("{name} must be a number."),
        )
    })?))
}

/// Whether a body that was read whole is the one whose digest the client signed.
#[must_use]
pub fn is_as_signed(payload: &PayloadClaim, body: &[u8]) -> bool {
    let PayloadClaim::Digest(digest) = payload else {
        return true;
    };
    let calculated = Sha256::digest(body);
    let digits = calculated.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
    digits.eq(digest.chars())
}

/// The body has no length, and B2 takes no other.
#[must_use]
pub const fn no_length() -> S3Error {
    S3Error::new(
        Code::MissingContentLength,
        "length_missing",
        "You must provide the Content-Length HTTP header.",
    )
}

/// The error for a body that is not the one whose digest the client signed.
#[must_use]
pub const fn digest_wrong() -> S3Error {
    S3Error::new(
        Code::BadDigest,
        "digest_wrong",
        "The SHA-256 of the body is not the one in x-amz-content-sha256.",
    )
}

/// The error for a list of objects to delete.
#[must_use]
pub fn list_invalid(error: DeleteError) -> S3Error {
    S3Error::with_message(
        Code::MalformedXml,
        error.reason(),
        format!("The body is no list of objects to delete: {error}."),
    )
}

/// The error for a body that is not what the client said.
#[must_use]
pub const fn of_upload(error: UploadError) -> S3Error {
    let (code, message) = match error {
        UploadError::Framing => (
            Code::InvalidRequest,
            "The body is not in the form that aws-chunked has.",
        ),
        UploadError::TooShort => (
            Code::IncompleteBody,
            "The body is shorter than it was announced, or broke off.",
        ),
        UploadError::TooLong => (
            Code::InvalidRequest,
            "The body is longer than it was announced.",
        ),
        UploadError::ChunkSignature => (
            Code::SignatureDoesNotMatch,
            "The signature of a chunk is not the one that the secret key gives.",
        ),
        UploadError::TrailerSignature => (
            Code::SignatureDoesNotMatch,
            "The signature of the trailer is missing, or not the one that the secret key gives.",
        ),
        UploadError::TrailerMissing => (
            Code::InvalidRequest,
            "The trailer that x-amz-trailer announces is missing.",
        ),
        UploadError::Checksum(_) => (
            Code::BadDigest,
            "The checksum is not that of the content. The upload was damaged on its way: try again.",
        ),
    };
    S3Error::new(code, error.reason(), message)
}

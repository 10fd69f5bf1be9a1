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
use crate::s3::delete_objects::{DeleteError, content_md5};
use crate::s3::sigv4::claim::PayloadClaim;
use crate::s3::sigv4::verify::{scope, signing_key};
use crate::s3::sigv4::{EMPTY_SHA256, UNSIGNED_PAYLOAD};
use crate::s3::upload::UploadBody;
use crate::s3::upload_error::UploadError;
use crate::s3_endpoint::error::{Code, S3Error};
use crate::s3_endpoint::forward::CONTENT_MD5;
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

/// Whether a body that was read whole is the one whose digest the client signed, and whose MD5 it sent. The bucket would
/// verify both, but gets a body or an MD5 that was made here.
#[must_use]
pub fn is_as_announced(payload: &PayloadClaim, headers: &HeaderMap, body: &[u8]) -> bool {
    let md5 = headers.get(CONTENT_MD5);
    if md5.is_some_and(|md5| md5.as_bytes() != content_md5(body).as_bytes()) {
        return false;
    }
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
        "The body is not the one whose SHA-256 is in x-amz-content-sha256, or whose MD5 is in Content-MD5.",
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::http::field::header_map;
    use crate::http::query::Query;
    use crate::s3::credentials::Credentials;
    use crate::s3::sigv4::claim::Claim;
    use crate::s3_endpoint::client::Grant;
    use crate::s3_endpoint::resource::{EndpointHost, Resource};
    use crate::s3_endpoint::verified::Client;

    const CRC: (&str, &str) = ("x-amz-trailer", "x-amz-checksum-crc32");
    const SHA: (&str, &str) = ("x-amz-trailer", "x-amz-checksum-sha256");

    fn planned(
        operation: Operation,
        payload: PayloadClaim,
        lines: &[(&str, &str)],
        settings: &S3Settings,
    ) -> Result<(&'static str, u64), (Code, &'static str)> {
        let client = Client {
            name: "a".to_owned(),
            credentials: Credentials::new("key-id", "secret").expect("a key"),
            grant: Grant::everything("media"),
        };
        let request = Verified {
            client: &client,
            claim: Claim {
                key_id: "key-id".to_owned(),
                region: "auto".to_owned(),
                date: "19700101".to_owned(),
                timestamp: "19700101T000000Z".to_owned(),
                time: SystemTime::UNIX_EPOCH,
                signed_headers: Vec::new(),
                signature: "0".repeat(64),
                payload,
                expires: None,
            },
            resource: Resource::parse(EndpointHost { bucket: None }, b"/media/a").expect("a path"),
            query: Query::default(),
            headers: header_map(lines),
        };
        let plan = plan(operation, "PUT", &request, settings)
            .map_err(|error| (error.code, error.reason))?;
        let handling = match plan.handling {
            BodyHandling::Empty => "empty",
            BodyHandling::Pass => "pass",
            BodyHandling::PassAwsChunked => "pass aws-chunked",
            BodyHandling::Verify(_) => "verify",
            BodyHandling::Buffer(None) => "buffer",
            BodyHandling::Buffer(Some(_)) => "buffer and verify",
        };
        Ok((handling, plan.length))
    }

    const UNSIGNED_CHUNKS: PayloadClaim = PayloadClaim::Streaming {
        is_signed: false,
        has_trailer: true,
    };
    const SIGNED_CHUNKS: PayloadClaim = PayloadClaim::Streaming {
        is_signed: true,
        has_trailer: false,
    };

    #[test]
    fn a_body_that_b2_can_verify_goes_through_the_host() {
        let length = ("content-length", "9");
        let lock = ("x-amz-object-lock-mode", "GOVERNANCE");
        let crc = ("x-amz-checksum-crc32", "AAAAAA==");
        let digest = || PayloadClaim::Digest(EMPTY_SHA256.to_owned());
        let put = Operation::PutObject;
        for (operation, payload, lines, handling) in [
            (put, PayloadClaim::Unsigned, &[length][..], "pass"),
            (put, digest(), &[length, crc], "pass"),
            (put, PayloadClaim::Unsigned, &[length, crc], "verify"),
            (put, PayloadClaim::Unsigned, &[length, lock], "buffer"),
            (
                put,
                PayloadClaim::Unsigned,
                &[length, lock, crc],
                "buffer and verify",
            ),
            (Operation::DeleteObjects, digest(), &[length], "buffer"),
            (
                Operation::CompleteMultipartUpload,
                digest(),
                &[length],
                "pass",
            ),
        ] {
            let planned = planned(operation, payload, lines, &S3Settings::default());
            assert_eq!(planned, Ok((handling, 9)), "{operation:?} {lines:?}");
        }
        for lines in [&[][..], &[("content-length", "0")]] {
            let planned = planned(put, PayloadClaim::Unsigned, lines, &S3Settings::default());
            assert_eq!(planned, Ok(("empty", 0)), "{lines:?}");
        }
    }

    #[test]
    fn aws_chunked_is_verified_up_to_the_limit_of_what_it_costs() {
        let limits = S3Settings {
            checksum_limit: 100,
            signed_chunk_limit: 10,
            ..S3Settings::default()
        };
        let length = |digits| ("x-amz-decoded-content-length", digits);
        let too_large = Err((Code::EntityTooLarge, "body_too_large_to_verify"));
        for (payload, lines, result) in [
            (
                UNSIGNED_CHUNKS,
                &[length("100"), CRC][..],
                Ok(("verify", 100)),
            ),
            (UNSIGNED_CHUNKS, &[length("101"), CRC], too_large),
            (UNSIGNED_CHUNKS, &[length("10"), SHA], Ok(("verify", 10))),
            (UNSIGNED_CHUNKS, &[length("11"), SHA], too_large),
            (SIGNED_CHUNKS, &[length("10")], Ok(("verify", 10))),
            (SIGNED_CHUNKS, &[length("11")], too_large),
            (UNSIGNED_CHUNKS, &[length("0"), CRC], Ok(("verify", 0))),
            (
                UNSIGNED_CHUNKS,
                &[CRC],
                Err((Code::MissingContentLength, "length_missing")),
            ),
            (
                UNSIGNED_CHUNKS,
                &[length("+5"), CRC],
                Err((Code::InvalidArgument, "length_invalid")),
            ),
            (
                UNSIGNED_CHUNKS,
                &[length("5")],
                Err((Code::InvalidRequest, "trailer_missing")),
            ),
            (
                UNSIGNED_CHUNKS,
                &[length("5"), ("x-amz-trailer", "x-amz-meta-a")],
                Err((Code::InvalidRequest, "trailer_unknown")),
            ),
            (
                SIGNED_CHUNKS,
                &[length("5"), CRC],
                Err((Code::InvalidRequest, "trailer_unknown")),
            ),
        ] {
            let planned = planned(Operation::PutObject, payload.clone(), lines, &limits);
            assert_eq!(planned, result, "{payload:?} {lines:?}");
        }
    }

    #[test]
    fn a_store_that_decodes_aws_chunked_gets_it_unless_the_chunks_are_signed() {
        let settings = S3Settings {
            aws_chunked: AwsChunked::Pass,
            ..S3Settings::default()
        };
        let lines = [
            ("x-amz-decoded-content-length", "5"),
            ("content-length", "60"),
            CRC,
        ];
        let put = Operation::PutObject;
        assert_eq!(
            planned(put, UNSIGNED_CHUNKS, &lines, &settings),
            Ok(("pass aws-chunked", 60))
        );
        assert_eq!(
            planned(put, SIGNED_CHUNKS, &lines[..2], &settings),
            Ok(("verify", 5))
        );
    }

    #[test]
    fn a_body_without_a_usable_length_is_refused() {
        let two = [
            ("x-amz-checksum-crc32", "AAAAAA=="),
            ("x-amz-checksum-sha1", "a"),
            ("content-length", "1"),
        ];
        let large = MD5_LIMIT + 1;
        let large = large.to_string();
        for (lines, result) in [
            (
                &[("transfer-encoding", "chunked")][..],
                (Code::MissingContentLength, "length_missing"),
            ),
            (
                &[("content-length", "1e3")],
                (Code::InvalidArgument, "length_invalid"),
            ),
            (&two, (Code::InvalidRequest, "checksums_several")),
            (
                &[
                    ("content-length", &*large),
                    ("x-amz-object-lock-legal-hold", "ON"),
                ],
                (Code::EntityTooLarge, "body_too_large"),
            ),
        ] {
            let planned = planned(
                Operation::PutObject,
                PayloadClaim::Unsigned,
                lines,
                &S3Settings::default(),
            );
            assert_eq!(planned, Err(result), "{lines:?}");
        }
    }

    #[test]
    fn a_body_is_what_its_digest_and_its_md5_say() {
        let digest = || PayloadClaim::Digest(EMPTY_SHA256.to_owned());
        let md5 = |value| header_map(&[("content-md5", value)]);
        // MD5 of no bytes.
        let empty = md5("1B2M2Y8AsgTpgAmY7PhCfg==");
        let none = HeaderMap::new();
        for (payload, headers, body, is_right) in [
            (digest(), &none, &b""[..], true),
            (digest(), &none, b"a", false),
            (digest(), &empty, b"", true),
            (PayloadClaim::Unsigned, &none, b"a", true),
            (PayloadClaim::Unsigned, &empty, b"", true),
            (PayloadClaim::Unsigned, &empty, b"a", false),
            (PayloadClaim::Unsigned, &md5("x"), b"a", false),
        ] {
            let announced = is_as_announced(&payload, headers, body);
            assert_eq!(announced, is_right, "{payload:?} {headers:?} {body:?}");
        }
    }
}

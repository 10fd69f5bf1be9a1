//! Range and preconditions of a read, applied to the stored version.

use http::header::{CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{Extensions, HeaderMap, HeaderValue};
use s3s::dto::{Range, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use super::bucket::Stored;
use super::preconditions::{ReadDecision, ReadHeaders};

/// The range to send, or the 304 or 412 that the preconditions require.
pub(super) fn permitted(extensions: &Extensions, stored: &Stored) -> S3Result<Option<Range>> {
    let asked = extensions.get::<ReadHeaders>().cloned().unwrap_or_default();
    match asked.evaluate(&stored.validators) {
        ReadDecision::Serve(range) => Ok(range),
        // As an error because s3s 0.14.1 does not apply `S3Response::status`.
        ReadDecision::NotModified => {
            let mut not_modified = S3Error::new(S3ErrorCode::NotModified);
            not_modified.set_headers(validator_headers(stored)?);
            Err(not_modified)
        }
        ReadDecision::PreconditionFailed => Err(s3_error!(
            PreconditionFailed,
            "At least one of the pre-conditions you specified did not hold"
        )),
    }
}

/// The headers of a 304: those of the 200 that RFC 9110 §15.4.5 requires, and the date that B2 adds.
fn validator_headers(stored: &Stored) -> S3Result<HeaderMap> {
    let etag = format!("\"{}\"", stored.validators.etag);
    let mut date = Vec::new();
    stored
        .validators
        .last_modified
        .format(TimestampFormat::HttpDate, &mut date)
        .map_err(S3Error::internal_error)?;
    let mut headers = HeaderMap::new();
    headers.insert(ETAG, etag.parse().map_err(S3Error::internal_error)?);
    headers.insert(
        LAST_MODIFIED,
        HeaderValue::from_bytes(&date).map_err(S3Error::internal_error)?,
    );
    if let Some(value) = &stored.cache_control {
        headers.insert(
            CACHE_CONTROL,
            value.parse().map_err(S3Error::internal_error)?,
        );
    }
    Ok(headers)
}

/// The satisfiable part of the range, otherwise 416 with the `Content-Range` that `s3s` omits.
///
/// `s3s-fs` 0.14.1 fails with a 500 on a suffix longer than the object, because it seeks before the
/// start, and overflows on a suffix of an empty one.
pub(super) fn within(range: Range, stored: &Stored) -> S3Result<Range> {
    match range {
        _ if stored.size == 0 || range.check(stored.size).is_err() => {
            let mut unsatisfiable =
                s3_error!(InvalidRange, "The requested range is not satisfiable");
            let mut headers = HeaderMap::new();
            let content_range = format!("bytes */{}", stored.size);
            headers.insert(
                CONTENT_RANGE,
                content_range.parse().map_err(S3Error::internal_error)?,
            );
            // Headers that are set on an error replace those of its XML document.
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            unsatisfiable.set_headers(headers);
            Err(unsatisfiable)
        }
        Range::Suffix { length } if length >= stored.size => Ok(Range::Int {
            first: 0,
            last: None,
        }),
        Range::Suffix { .. } | Range::Int { .. } => Ok(range),
    }
}

//! What something broken on the way to a bucket makes of ranges: requests and answers that look
//! right to whoever does not compare.

use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;

use super::fault::CannedAnswer;
use super::interrupted_body::{AnswerBody, BoxError};
use super::service::{full, respond};

/// An error document whose `Content-Range` says that it is all there is.
pub(crate) fn error_document() -> CannedAnswer {
    let mut canned = CannedAnswer::status(500);
    canned.status = StatusCode::PARTIAL_CONTENT;
    let length = canned.body.len();
    canned.header(CONTENT_RANGE, &format!("bytes 0-{}/{length}", length - 1))
}

/// The same under the headers by which the object is known. An answer without content stays.
pub(crate) fn error_in_place_of(truth: Response<AnswerBody>) -> Response<AnswerBody> {
    if !truth.status().is_success() {
        return truth;
    }
    let mut mangled = respond(error_document());
    for name in [ETAG, LAST_MODIFIED, CONTENT_TYPE] {
        if let Some(value) = truth.headers().get(&name) {
            mangled.headers_mut().insert(name, value.clone());
        }
    }
    mangled
}

/// The first half of the content of a 206, with the `Content-Range` of the whole.
pub(crate) async fn half_of(truth: Response<AnswerBody>) -> Result<Response<AnswerBody>, BoxError> {
    if truth.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(truth);
    }
    let (mut head, body) = truth.into_parts();
    let content = body.collect().await?.to_bytes();
    let half = content.slice(..content.len() / 2);
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(half.len()));
    Ok(Response::from_parts(head, full(half)))
}

/// `bytes=5-9` becomes `bytes=6-9`. No signature covers the range.
pub(crate) fn asking_one_byte_later<B>(mut request: Request<B>) -> Request<B> {
    let asked = request.headers().get(RANGE);
    let asked = asked.and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let Some((first, last)) = asked.and_then(|range| range.split_once('-')) else {
        return request;
    };
    let later = if let Ok(first) = first.parse::<u64>() {
        format!("bytes={}-{last}", first + 1)
    } else {
        // A suffix, which starts later when it is shorter.
        let length: u64 = last.parse().unwrap_or_default();
        format!("bytes=-{}", length.saturating_sub(1))
    };
    let later = HeaderValue::from_str(&later).expect("digits and a dash");
    request.headers_mut().insert(RANGE, later);
    request
}

pub(crate) fn without_range<B>(mut request: Request<B>) -> Request<B> {
    request.headers_mut().remove(RANGE);
    request.headers_mut().remove(IF_RANGE);
    request
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_moved_by_one_byte_whatever_its_form() {
        for (asked, later) in [
            ("bytes=0-9", "bytes=1-9"),
            ("bytes=5-", "bytes=6-"),
            ("bytes=-7", "bytes=-6"),
            ("lines=1-2", "lines=1-2"),
        ] {
            let request = Request::builder().header(RANGE, asked).body(());
            let request = asking_one_byte_later(request.expect("a request"));
            assert_eq!(request.headers()[RANGE], later, "{asked}");
        }
    }
}

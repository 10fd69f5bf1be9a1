//! Malformed ranges, as a broken proxy before a bucket would cause them: each looks right unless status,
//! `Content-Range` and length are compared.

use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderValue, IF_RANGE, LAST_MODIFIED, RANGE,
};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;

use super::fault::CannedResponse;
use super::interrupted_body::{BoxError, ResponseBody};
use super::service::{canned_response, full};

/// A 206 with an error document, whose `Content-Range` covers all of it.
pub(crate) fn error_document() -> CannedResponse {
    let mut canned = CannedResponse::status(500);
    canned.status = StatusCode::PARTIAL_CONTENT;
    let length = canned.body.len();
    canned.header(CONTENT_RANGE, &format!("bytes 0-{}/{length}", length - 1))
}

/// The same with the validators and the type of the object. A response without content is not changed.
pub(crate) fn with_error_document(real: Response<ResponseBody>) -> Response<ResponseBody> {
    if !real.status().is_success() {
        return real;
    }
    let mut response = canned_response(error_document());
    for name in [ETAG, LAST_MODIFIED, CONTENT_TYPE] {
        if let Some(value) = real.headers().get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

/// The first half of the content of a 206, with the `Content-Range` of the whole.
pub(crate) async fn with_half_of_body(
    real: Response<ResponseBody>,
) -> Result<Response<ResponseBody>, BoxError> {
    if real.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(real);
    }
    let (mut head, body) = real.into_parts();
    let content = body.collect().await?.to_bytes();
    let half = content.slice(..content.len() / 2);
    head.headers
        .insert(CONTENT_LENGTH, HeaderValue::from(half.len()));
    Ok(Response::from_parts(head, full(half)))
}

/// `bytes=5-9` becomes `bytes=6-9`. The signature does not cover the range.
pub(crate) fn with_range_one_byte_later<B>(mut request: Request<B>) -> Request<B> {
    let range = request.headers().get(RANGE);
    let range = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
        return request;
    };
    let later = if let Ok(first) = first.parse::<u64>() {
        format!("bytes={}-{last}", first + 1)
    } else {
        // A shorter suffix starts later.
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
        for (range, later) in [
            ("bytes=0-9", "bytes=1-9"),
            ("bytes=5-", "bytes=6-"),
            ("bytes=-7", "bytes=-6"),
            ("lines=1-2", "lines=1-2"),
        ] {
            let request = Request::builder().header(RANGE, range).body(());
            let request = with_range_one_byte_later(request.expect("a request"));
            assert_eq!(request.headers()[RANGE], later, "{range}");
        }
    }
}

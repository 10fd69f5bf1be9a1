//! Requests that B2 refuses and AWS serves, from <https://www.backblaze.com/docs/cloud-storage-s3-compatible-api>
//! and what its Python guide says about checksums. `s3s` would serve them.

use http::header::{CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH, TRANSFER_ENCODING};
use http::{HeaderMap, Method, Request, StatusCode};

use super::fault::CannedResponse;

/// The response to a request that B2 does not support; `None` if `s3s` can judge it.
pub(crate) fn refusal<B>(request: &Request<B>) -> Option<CannedResponse> {
    let (method, headers) = (request.method(), request.headers());
    if let Some(name) = checksum_header(headers) {
        let message = format!("Unsupported header '{name}' received for this API call.");
        return Some(refused(StatusCode::BAD_REQUEST, "InvalidRequest", &message));
    }
    let payload = text(headers, "x-amz-content-sha256");
    if payload.starts_with("STREAMING-") {
        let message = format!("Unsupported x-amz-content-sha256 '{payload}'.");
        return Some(refused(StatusCode::BAD_REQUEST, "InvalidRequest", &message));
    }
    let is_conditional = headers.contains_key(IF_MATCH) || headers.contains_key(IF_NONE_MATCH);
    if method == Method::PUT && is_conditional {
        let message = "A header you provided implies functionality that is not implemented.";
        return Some(refused(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            message,
        ));
    }
    let is_form = text(headers, CONTENT_TYPE.as_str()).starts_with("multipart/form-data");
    if method == Method::POST && is_form {
        let message = "Uploads with a POST policy are not implemented.";
        return Some(refused(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            message,
        ));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        let message = "You must provide the Content-Length HTTP header.";
        return Some(refused(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            message,
        ));
    }
    None
}

fn checksum_header(headers: &HeaderMap) -> Option<&str> {
    headers.keys().map(http::HeaderName::as_str).find(|name| {
        name.starts_with("x-amz-checksum-")
            || ["x-amz-sdk-checksum-algorithm", "x-amz-trailer"].contains(name)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

fn refused(status: StatusCode, code: &str, message: &str) -> CannedResponse {
    CannedResponse::s3_error(status, code, message)
}

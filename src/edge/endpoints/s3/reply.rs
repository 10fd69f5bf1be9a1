//! The replies of the S3 endpoint: an origin's response as it is, and the endpoint's own documents.

use b2_edge_core::cache::provenance::X_B2_HOST;
use b2_edge_core::s3::address::BucketAddress;
use b2_edge_core::s3_endpoint::error::S3Error;
use fastly::Response;
use fastly::handle::PendingRequestHandle;
use fastly::http::HeaderName;
use fastly::http::Method;
use fastly::http::StatusCode;
use fastly::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use fastly::http::request::PendingResponseKind;

use crate::edge::response::local_reply;
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::reply::{Delivery, Reply};

/// What S3's clients show of a request that failed.
const X_AMZ_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-request-id");

/// An error document; of a `HEAD`, its headers.
pub(super) fn error(error: &S3Error, method: &Method, path: &str, request_id: &str) -> Reply {
    let document = error.to_xml(path, request_id);
    let reply = xml(error.code.status(), error.reason, document, method);
    with_id(reply, request_id)
}

/// A document of the endpoint itself.
pub(super) fn document(content: String, method: &Method, request_id: &str) -> Reply {
    with_id(xml(200, "s3_served", content, method), request_id)
}

/// The response of an origin, as it is.
pub(super) fn of_origin(received: Response, address: &BucketAddress) -> Reply {
    let length = received.get_content_length();
    let mut response = Outgoing::new(received.get_status());
    for (name, value) in received.get_headers() {
        if name != TRANSFER_ENCODING {
            response.append_header(name.clone(), value.clone());
        }
    }
    response.keeps_content_length = response.contains_header(&CONTENT_LENGTH);
    response.set_body(received.into_body());
    response.set_header(X_B2_HOST, &address.host);
    let is_success = response.status.as_u16() < 400;
    let reason = if is_success {
        "s3_served"
    } else {
        "s3_refused_by_origin"
    };
    Reply::new(response, reason, length.map(|length| length as u64))
}

/// A response that has not begun in time: the host sends it to the client, whenever it comes. Its status is not known, so
/// the log says 202.
pub(super) fn handed_over(pending: PendingRequestHandle, address: &BucketAddress) -> Reply {
    pending.set_response_header(X_B2_HOST, &address.host, PendingResponseKind::Any);
    let response = Outgoing::new(StatusCode::ACCEPTED);
    Reply {
        delivery: Delivery::Pending(pending),
        ..Reply::new(response, "s3_handed_over", None)
    }
}

fn xml(status: u16, reason: &'static str, content: String, method: &Method) -> Reply {
    local_reply::content(status, reason, "application/xml", content, method)
}

fn with_id(mut reply: Reply, request_id: &str) -> Reply {
    reply.response.set_header(X_AMZ_REQUEST_ID, request_id);
    reply
}

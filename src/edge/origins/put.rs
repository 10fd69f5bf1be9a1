//! Stores an object at an origin.

use std::time::SystemTime;

use b2_edge_core::s3::error_document::MAX_DOCUMENT_BYTES;
use b2_edge_core::s3::sigv4::{ToSign, UNSIGNED_PAYLOAD, sign};
use b2_edge_core::setup::origin::{Access, Origin};
use fastly::Request;
use fastly::handle::{BodyHandle, CacheOverride};
use fastly::http::Method;
use fastly::http::header::HOST;
use http::HeaderMap;

use crate::edge::origins::content::read_chunk;
use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::select::first_ready;

/// What came of storing an object.
pub(crate) enum PutOutcome {
    /// The origin responded, with this document if it is an error.
    Responded { status: u16, document: Vec<u8> },
    /// It did not in time, or could not be reached.
    NoResponse,
}

/// Sends `PUT` for the object at the encoded `path`, with `headers`, of which those that begin with `x-amz-` are signed.
pub(crate) fn put(
    origin: &Origin,
    path: &str,
    headers: &HeaderMap,
    bytes: &[u8],
    deadline: Deadline,
) -> PutOutcome {
    sent(origin, path, headers, bytes, deadline).unwrap_or(PutOutcome::NoResponse)
}

fn sent(
    origin: &Origin,
    path: &str,
    headers: &HeaderMap,
    bytes: &[u8],
    deadline: Deadline,
) -> Option<PutOutcome> {
    let host = &origin.address.host;
    let mut request = Request::new(Method::PUT, format!("https://origin.invalid{path}"));
    request.set_header(HOST, host);
    for (name, value) in headers {
        request.set_header(name, value);
    }
    if let Access::Private(credentials) = &origin.access {
        let signed = headers
            .iter()
            .filter(|(name, _)| name.as_str().starts_with("x-amz-"));
        let signed = signed.map(|(name, value)| (name.clone(), value.clone()));
        let signed: HeaderMap = signed.collect();
        let to_sign = ToSign {
            headers: Some(&signed),
            // Its digest would take ten milliseconds a megabyte, and the connection is encrypted.
            payload: UNSIGNED_PAYLOAD,
            ..ToSign::read(&Method::PUT, host, path)
        };
        let now = SystemTime::now();
        for (name, value) in sign(&to_sign, &origin.address.region, credentials, now).ok()? {
            request.set_header(name, value);
        }
    }
    request.set_body(bytes);
    let (mut head, body) = request.into_handles();
    head.set_cache_override(&CacheOverride::pass());
    let pending = head
        .send_async(body.unwrap_or_else(BodyHandle::new), &origin.backend)
        .ok()?;
    first_ready(&[pending.as_u32()], deadline.left())?;
    let (head, mut body) = pending.wait().ok()?;
    let status = head.get_status().as_u16();
    let mut document = Vec::new();
    while status >= 300
        && document.len() < MAX_DOCUMENT_BYTES
        && read_chunk(&mut body, &mut document, MAX_DOCUMENT_BYTES)
    {}
    Some(PutOutcome::Responded { status, document })
}

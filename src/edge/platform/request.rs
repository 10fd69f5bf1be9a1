//! The client's request: its target and the headers that are used.

use b2_edge_core::http::accept::{FASTLY_FF, SEC_FETCH_DEST};
use b2_edge_core::origins::headers::READ_HEADERS;
use b2_edge_core::request::request_id::{REQUEST_ID_HEADERS, RequestId};
use fastly::Request;
use fastly_sys::fastly_http_req::uri_get;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName};

use crate::edge::platform::downstream;

/// The size of the first buffer for the target, in bytes. The platform's limit for a URL is 8,192
/// (<https://docs.fastly.com/products/compute-resource-limits>), and few have a tenth of it.
const URL_BYTES: usize = 1024;

/// The request target, byte for byte as the client sent it; empty if the platform does not return it.
///
/// The SDK's `get_path` has resolved `..` and turned `\` into `/` already. Only the host call beneath it returns the
/// original, without which `/a/../b` would be another object.
pub(crate) fn raw_target(request: &Request) -> Vec<u8> {
    let handle = request.as_handles().0.as_u32();
    let mut target = Vec::new();
    let mut length = URL_BYTES;
    // The second round is for a longer target, whose length the host returned in the first.
    for _ in 0..2 {
        target.resize(length, 0);
        #[expect(
            unsafe_code,
            reason = "the SDK has no safe call for the target as it was sent"
        )]
        // SAFETY: the host writes at most `target.len()` bytes into the buffer and one `usize` into `length`. Both
        // live, and are not borrowed otherwise, until the call returns.
        let status = unsafe { uri_get(handle, target.as_mut_ptr(), target.len(), &raw mut length) };
        if status.is_ok() {
            target.truncate(length);
            return target;
        }
    }
    Vec::new()
}

/// The client's headers that are used.
pub(crate) struct Client {
    /// The request ID: the client's, or a new one.
    pub(crate) id: RequestId,
    /// Preconditions and range of a read (RFC 9110, sections 13.1 and 14.2).
    pub(crate) conditions: HeaderMap,
    /// The headers of [`NEGOTIATION`].
    pub(crate) negotiation: HeaderMap,
}

/// The headers of content negotiation (RFC 9110, section 12.5), of the Fetch standard, and of a request from another
/// POP.
const NEGOTIATION: [HeaderName; 6] = [
    ACCEPT,
    ACCEPT_ENCODING,
    FASTLY_FF,
    SEC_FETCH_DEST,
    ORIGIN,
    ACCESS_CONTROL_REQUEST_METHOD,
];

impl Client {
    pub(crate) fn of(request: &Request) -> Self {
        let (mut conditions, mut negotiation) = (HeaderMap::new(), HeaderMap::new());
        let mut ids = HeaderMap::new();
        // All names take one host call, each value another.
        for name in request.get_header_names() {
            let headers = if READ_HEADERS.contains(name) {
                &mut conditions
            } else if NEGOTIATION.contains(name) {
                &mut negotiation
            } else if REQUEST_ID_HEADERS.contains(name) {
                &mut ids
            } else {
                continue;
            };
            for value in request.get_header_all(name) {
                headers.append(name, value.clone());
            }
        }
        Self {
            id: RequestId::take(&mut ids).unwrap_or_else(|| downstream::request_id(request)),
            conditions,
            negotiation,
        }
    }
}

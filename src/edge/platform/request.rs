//! Receives a request from the platform.

use b2_edge_core::http::accept::{FASTLY_FF, SEC_FETCH_DEST};
use b2_edge_core::origins::headers::READ_HEADERS;
use b2_edge_core::request::request_id::{REQUEST_ID_HEADERS, RequestId};
use fastly::Request;

use fastly_sys::fastly_http_req::uri_get;
use http::header::{ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, HeaderName};

use crate::edge::platform::downstream;

/// The longest target that is read at the first try, in bytes. The platform's limit for a URL is 8,192
/// (<https://docs.fastly.com/products/compute-resource-limits>), and few are a tenth of it.
const URL_BYTES: usize = 1024;

/// The request target byte for byte as the client sent it; empty, which is no path, if the platform
/// does not tell it.
///
/// The SDK's `get_path` has `..` resolved and `\` turned into `/` already; only the host call
/// beneath it tells what was sent.
pub(crate) fn raw_target(request: &Request) -> Vec<u8> {
    let handle = request.as_handles().0.as_u32();
    let mut target = Vec::new();
    let mut length = URL_BYTES;
    // The second round is for a longer target: the host has told its length in the first.
    for _ in 0..2 {
        target.resize(length, 0);
        #[expect(
            unsafe_code,
            reason = "the SDK has no safe call for the target as it was sent"
        )]
        // SAFETY: the host writes at most `target.len()` bytes into the buffer and one `usize` into
        // `length`; both live, and are borrowed for nothing else, until the call returns.
        let status = unsafe { uri_get(handle, target.as_mut_ptr(), target.len(), &raw mut length) };
        if status.is_ok() {
            target.truncate(length);
            return target;
        }
    }
    Vec::new()
}

/// What of a client's headers matters.
pub(crate) struct Client {
    /// The request's ID: the client's, or ours.
    pub(crate) id: RequestId,
    /// The conditions and the range of a read.
    pub(crate) conditions: HeaderMap,
    /// What it takes, and on whose behalf it asks.
    pub(crate) negotiation: HeaderMap,
}

/// The headers that say what a client takes (RFC 9110, section 12.5), and on whose behalf it asks (the Fetch
/// standard).
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
        // One call of the host tells the names, where each value takes another.
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

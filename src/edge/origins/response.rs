//! The head of an origin's response.

use std::time::SystemTime;

use b2_edge_core::http::date::http_date;
use b2_edge_core::http::field::whole_number;
use b2_edge_core::http::retry_after::retry_after;
use b2_edge_core::origins::headers::{is_used, remove_upload_framing};
use b2_edge_core::origins::outcome::OriginResponse;
use fastly::Response;
use fastly::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED, RETRY_AFTER};
use http::HeaderMap;

use crate::edge::origins::content::Content;

/// The headers and the content of a response that is served.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// The headers of a response that are used here. Each value takes a call of the host.
pub(crate) fn headers_of(head: &Response) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in head.get_header_names().filter(|name| is_used(name)) {
        for value in head.get_header_all(name) {
            headers.append(name, value.clone());
        }
    }
    remove_upload_framing(&mut headers);
    headers
}

/// What the verdict on a response depends on, its error document excepted.
pub(crate) fn summarize(status: u16, headers: &HeaderMap) -> OriginResponse {
    let number = |name| headers.get(name).and_then(whole_number);
    OriginResponse {
        status,
        code: None,
        denial: None,
        retry_after: headers
            .get(RETRY_AFTER)
            .and_then(|value| retry_after(value, SystemTime::now())),
        content_range: headers.get(CONTENT_RANGE).cloned(),
        content_length: number(CONTENT_LENGTH),
        etag: headers.get(ETAG).cloned(),
        last_modified: headers.get(LAST_MODIFIED).and_then(http_date),
    }
}

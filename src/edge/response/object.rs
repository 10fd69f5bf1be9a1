//! Answers about objects, from an entry or from an origin.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKind};
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::http::content_type::{self, ContentTraits};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::{Span, unsatisfied_range};
use b2_edge_core::http::selection::Selection;
use b2_edge_core::origins::headers::for_client;
use b2_edge_core::origins::outcome::NotFoundAs;
use fastly::http::header::{ACCEPT_RANGES, AGE, CONTENT_LENGTH, CONTENT_RANGE};
use fastly::http::{FramingHeadersMode, HeaderName, HeaderValue, StatusCode};
use fastly::{Body, Response};

use crate::edge::cache::store::Hit;
use crate::edge::origins::attempt::Content;
use crate::edge::origins::fetch::FetchedResponse;
use crate::edge::read::object::ObjectRead;
use crate::edge::response::local_reply::text;
use crate::edge::response::reply::Reply;

/// The origin whose answer a response is.
const X_B2_HOST: HeaderName = HeaderName::from_static("x-b2-host");

/// What the cache had to do with it.
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The same for the developer tools of a browser, with times.
pub(crate) const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// An answer from an entry; `None` if the cache does not give its bytes.
pub(crate) fn with_entry(read: &ObjectRead<'_>, hit: &Hit, state: CacheStatus) -> Option<Reply> {
    if let EntryKind::NotFound(absence) = hit.entry.kind {
        let mut reply = not_found(read, absence);
        tell(&mut reply.response, read, &hit.entry, state, hit.age);
        return Some(reply);
    }
    let answer = select(read.method, read.client, &hit.entry);
    let part = match answer {
        Selection::Part(span) => Some(span),
        Selection::Whole
        | Selection::NotModified
        | Selection::PreconditionFailed
        | Selection::RangeNotSatisfiable => None,
    };
    let mut reply = match (answer.message(), answer, read.method) {
        (Some(message), _, method) => {
            let (status, reason) = (answer.status(), answer.reason());
            let mut reply = text(status, reason, message, &method.as_http());
            if answer == Selection::RangeNotSatisfiable {
                let range = unsatisfied_range(hit.entry.length);
                reply.response.set_header(CONTENT_RANGE, range);
            }
            reply
        }
        (None, Selection::NotModified, _) => {
            let response = Response::from_status(StatusCode::NOT_MODIFIED);
            let mut reply = Reply::new(response, answer.reason(), Some(0));
            describe(&mut reply.response, answer, &hit.entry);
            reply.about(hit.entry.content_traits())
        }
        (None, _, ReadMethod::Head) => {
            let mut reply = head_of(&hit.entry, part);
            reply.bytes = Some(0);
            reply
        }
        (None, _, ReadMethod::Get) => head_of(&hit.entry, part).with_body(hit.body(part)?),
    };
    tell(&mut reply.response, read, &hit.entry, state, hit.age);
    Some(reply)
}

/// The head of an answer with the object or a part of it, of which `first` is the first segment.
pub(crate) fn with_part_of(
    read: &ObjectRead<'_>,
    described: &Hit,
    part: Option<Span>,
    first: &Hit,
    state: CacheStatus,
) -> Reply {
    let mut reply = head_of(&described.entry, part);
    tell(
        &mut reply.response,
        read,
        &first.entry,
        state,
        described.age,
    );
    reply
}

/// The head of an answer with an object or a part of it.
fn head_of(entry: &Entry, part: Option<Span>) -> Reply {
    let served = part.map_or(Selection::Whole, Selection::Part);
    let length = part.map_or(entry.length, Span::length);
    let mut response = Response::from_status(served.status());
    describe(&mut response, served, entry);
    if let Some(span) = part {
        response.set_header(CONTENT_RANGE, span.content_range(entry.length));
    }
    response.set_header(ACCEPT_RANGES, "bytes");
    response.set_header(CONTENT_LENGTH, length.to_string());
    keep_content_length(&mut response);
    Reply::new(response, served.reason(), Some(length)).about(entry.content_traits())
}

fn describe(response: &mut Response, served: Selection, entry: &Entry) {
    for (name, value) in entry.lines_for(served) {
        response.append_header(name, value);
    }
}

/// Says whose the bytes are and how the cache came by them.
fn tell(
    response: &mut Response,
    read: &ObjectRead<'_>,
    entry: &Entry,
    state: CacheStatus,
    age: Duration,
) {
    match state {
        CacheStatus::Hit | CacheStatus::Stale => {
            response.set_header(AGE, age.as_secs().to_string());
        }
        CacheStatus::Miss | CacheStatus::Pass => {}
    }
    if let Some(host) = entry.host() {
        response.set_header(X_B2_HOST, host);
    }
    tell_state(response, read, &entry.origin, state);
}

fn tell_state(response: &mut Response, read: &ObjectRead<'_>, origin: &str, state: CacheStatus) {
    response.set_header(X_CACHE, state.as_header());
    let timing = state.server_timing(origin, read.asked_for.get());
    response.set_header(SERVER_TIMING, timing);
}

/// An origin's answer about the object, passed on: its content streams through, its errors do not.
pub(crate) fn with_answer(read: &ObjectRead<'_>, answered: FetchedResponse<'_>) -> Reply {
    let FetchedResponse {
        served,
        origin,
        received,
        ..
    } = answered;
    let headers = for_client(served, &received.headers);
    let mut reply = if let Some(message) = served.message() {
        let method = read.method.as_http();
        text(served.status(), served.reason(), message, &method)
    } else {
        // A 304 does not say of which type the object is.
        let mut description = received.headers;
        content_type::fill_missing(&mut description, read.key.as_str());
        let kind = ContentTraits::of_map(&description);
        content(read.method, served, received.content).about(kind)
    };
    for (name, value) in &headers {
        reply.response.append_header(name, value);
    }
    reply.response.set_header(X_B2_HOST, &origin.address.host);
    tell_state(
        &mut reply.response,
        read,
        &origin.backend,
        CacheStatus::Pass,
    );
    reply
}

fn content(method: ReadMethod, served: Selection, content: Content) -> Reply {
    let mut response = Response::from_status(served.status());
    let bytes = match (method, served) {
        (ReadMethod::Head, _) => {
            keep_content_length(&mut response);
            Some(0)
        }
        // A 304 has no content, whatever length it tells (RFC 9110, section 15.4.5).
        (ReadMethod::Get, Selection::NotModified) => Some(0),
        (ReadMethod::Get, _) => match content {
            Content::Bytes(bytes) => {
                let length = bytes.len() as u64;
                response.set_body(bytes);
                Some(length)
            }
            Content::Stream(body, length) => {
                response.set_body(Body::from(body));
                length
            }
        },
    };
    Reply::new(response, served.reason(), bytes)
}

/// What an origin has said of an object that is not there, when it is not kept.
pub(crate) fn with_absence(
    read: &ObjectRead<'_>,
    backend: &str,
    host: &HeaderValue,
    absence: NotFoundAs,
) -> Reply {
    let mut reply = not_found(read, absence);
    reply.response.set_header(X_B2_HOST, host);
    tell_state(&mut reply.response, read, backend, CacheStatus::Pass);
    reply
}

fn not_found(read: &ObjectRead<'_>, absence: NotFoundAs) -> Reply {
    let method = read.method.as_http();
    let mut reply = text(404, absence.reason(), NotFoundAs::MESSAGE, &method);
    reply.absence = Some(absence);
    reply
}

/// Lets `Content-Length` stand: by itself the platform replaces it with what it knows of the body, which
/// is nothing for `HEAD` and for a body that is still coming.
pub(crate) fn keep_content_length(response: &mut Response) {
    response.set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
}

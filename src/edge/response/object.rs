//! Responses about an object, from a cache entry or from an origin.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKind};
use b2_edge_core::cache::policy::initial_age;
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::http::content_type::{self, ContentTraits};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::{Span, unsatisfied_range};
use b2_edge_core::http::selection::Selection;
use b2_edge_core::origins::consensus::NotFound;
use b2_edge_core::origins::headers::for_client;
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::setup::origin::Origin;
use fastly::http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE};
use fastly::http::{HeaderValue, StatusCode};

use crate::edge::cache::store::CachedEntry;
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;
use crate::edge::origins::fetch::{FetchedNotFound, FetchedResponse};
use crate::edge::response::local_reply::text;
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::reply::Reply;

/// A response from an entry, for which an origin took `took`; `None` if the cache does not give the bytes.
pub(crate) fn from_entry(
    read: &ObjectRead<'_>,
    hit: &CachedEntry,
    status: CacheStatus,
    took: Duration,
) -> Option<Reply> {
    let provenance = provenance_of(&hit.entry, status, hit.age, took);
    if let EntryKind::NotFound(not_found) = hit.entry.kind {
        return Some(not_found_reply(read, not_found, provenance));
    }
    if let EntryKind::Unrendered(failure) = hit.entry.kind {
        let method = read.method.as_http();
        let mut reply = text(
            failure.status(),
            failure.reason(),
            failure.message(),
            &method,
        );
        reply.unrendered = Some(failure);
        return Some(reply.with_provenance(provenance));
    }
    let selection = select(read.method, read.conditions, &hit.entry);
    let reply = match (selection, selection.message(), read.method) {
        (_, Some(message), method) => {
            let (status, reason) = (selection.status(), selection.reason());
            let mut reply = text(status, reason, message, &method.as_http());
            if selection == Selection::RangeNotSatisfiable {
                let range = unsatisfied_range(hit.entry.length);
                reply.response.set_header(CONTENT_RANGE, range);
            }
            reply
        }
        (Selection::NotModified, None, _) => {
            let response = Outgoing::new(StatusCode::NOT_MODIFIED);
            let mut reply = Reply::new(response, selection.reason(), Some(0));
            let headers = hit.entry.headers_for(selection);
            reply.response.extend(headers);
            reply.with_traits(hit.entry.content_traits())
        }
        (_, None, ReadMethod::Head) => {
            let mut reply = head(&hit.entry, selection);
            reply.bytes = Some(0);
            reply
        }
        (_, None, ReadMethod::Get) => {
            let part = part_of(selection);
            let mut reply = head(&hit.entry, selection);
            if let Some(bytes) = hit.bytes(part) {
                // The platform knows their number.
                reply.response.keeps_content_length = false;
                reply.response.remove_header(&CONTENT_LENGTH);
                reply.response.set_body(bytes);
                reply
            } else {
                reply.with_body(hit.body(part)?)
            }
        }
    };
    Some(reply.with_provenance(provenance))
}

/// The head of a response with a large object or a part of it, of which `first` is the first segment.
pub(crate) fn from_segments(
    object: &CachedEntry,
    part: Option<Span>,
    first: &CachedEntry,
    status: CacheStatus,
    took: Duration,
) -> Reply {
    let selection = part.map_or(Selection::Whole, Selection::Part);
    let provenance = provenance_of(&first.entry, status, object.age, took);
    head(&object.entry, selection).with_provenance(provenance)
}

/// An origin's response about the object, passed on. Its content streams through; an error document does not.
pub(crate) fn from_origin(
    read: &ObjectRead<'_>,
    fetched: FetchedResponse<'_>,
    status: CacheStatus,
) -> Reply {
    let FetchedResponse {
        origin,
        selection,
        received,
        took,
        ..
    } = fetched;
    let headers = for_client(selection, &received.headers);
    let age = initial_age(&received.headers);
    let mut reply = if let Some(message) = selection.message() {
        let method = read.method.as_http();
        text(selection.status(), selection.reason(), message, &method)
    } else {
        // A 304 has no `Content-Type`.
        let mut description = received.headers;
        content_type::fill_missing(&mut description, read.key.as_str());
        let traits = ContentTraits::of_map(&description);
        with_content(read.method, selection, received.content).with_traits(traits)
    };
    let headers = headers.iter();
    let headers = headers.map(|(name, value)| (name.clone(), value.clone()));
    reply.response.extend(headers);
    reply.with_provenance(provenance_at(origin, status, age, took))
}

/// That the object was not found, where that is not cached.
pub(crate) fn not_found(
    read: &ObjectRead<'_>,
    fetched: FetchedNotFound<'_>,
    status: CacheStatus,
) -> Reply {
    let provenance = provenance_at(fetched.origin, status, Duration::ZERO, fetched.took);
    not_found_reply(read, fetched.not_found, provenance)
}

fn not_found_reply(read: &ObjectRead<'_>, not_found: NotFound, provenance: Provenance) -> Reply {
    let method = read.method.as_http();
    let reason = not_found.said.reason();
    let mut reply = text(404, reason, NotFoundAs::MESSAGE, &method);
    reply.not_found = Some(not_found);
    reply.with_provenance(provenance)
}

pub(crate) fn provenance_of(
    entry: &Entry,
    status: CacheStatus,
    age: Duration,
    took: Duration,
) -> Provenance {
    Provenance {
        origin: entry.origin.clone(),
        host: entry.host(),
        status,
        age,
        took,
    }
}

pub(crate) fn provenance_at(
    origin: &Origin,
    status: CacheStatus,
    age: Duration,
    took: Duration,
) -> Provenance {
    Provenance {
        origin: origin.backend.clone(),
        host: Some(origin.address.host.clone()),
        status,
        age,
        took,
    }
}

/// The head of a response with an object or a part of it.
fn head(entry: &Entry, selection: Selection) -> Reply {
    let part = part_of(selection);
    let length = part.map_or(entry.length, Span::length);
    let mut response = Outgoing::new(selection.status());
    response.extend(entry.headers_for(selection));
    if let Some(span) = part {
        response.append_header(CONTENT_RANGE, span.content_range(entry.length));
    }
    // These are not stored, because they describe one response.
    response.append_header(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response.append_header(CONTENT_LENGTH, length);
    response.keeps_content_length = true;
    Reply::new(response, selection.reason(), Some(length)).with_traits(entry.content_traits())
}

const fn part_of(selection: Selection) -> Option<Span> {
    match selection {
        Selection::Part(span) => Some(span),
        Selection::Whole
        | Selection::NotModified
        | Selection::PreconditionFailed
        | Selection::RangeNotSatisfiable => None,
    }
}

fn with_content(method: ReadMethod, selection: Selection, content: Content) -> Reply {
    let mut response = Outgoing::new(selection.status());
    let bytes = match (method, selection) {
        (ReadMethod::Head, _) => {
            response.keeps_content_length = true;
            Some(0)
        }
        // A 304 has no content, whatever its `Content-Length` (RFC 9110, section 15.4.5).
        (ReadMethod::Get, Selection::NotModified) => Some(0),
        (ReadMethod::Get, _) => match content {
            Content::Bytes(bytes) => {
                let length = bytes.len() as u64;
                response.set_body(bytes);
                Some(length)
            }
            Content::Stream(body, length) => {
                response.set_body(body);
                if length.is_some() {
                    response.keeps_content_length = true;
                }
                length
            }
        },
    };
    Reply::new(response, selection.reason(), bytes)
}

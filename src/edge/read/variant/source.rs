//! The source of a variant: what is known of it, and its bytes for the engine in this program.

use std::time::Duration;

use b2_edge_core::cache::entry::{EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::policy::{Cacheability, UncacheableReason};
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::cache::variant_policy::SourceFreshness;
use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::{Exhausted, NotFound};
use b2_edge_core::origins::request::OriginRequest;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, ETAG, EXPIRES, IF_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::edge::cache::store;
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::{Content, read_whole};
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::read::object::{read_object, revalidate};
use crate::edge::response::object::provenance_at;
use crate::edge::response::reply::{Delivery, Reply};

/// What is known of a source.
pub(super) struct SourceObject {
    pub(super) etag: Option<String>,
    /// Its length in bytes; `None` if its origin does not tell.
    pub(super) length: Option<u64>,
    /// Its headers that are about caching.
    pub(super) caching: HeaderMap,
    pub(super) freshness: SourceFreshness,
    /// The origin that told.
    pub(super) provenance: Provenance,
    /// The cache entry that told, and its ID.
    entry: Option<(EntryKey<'static>, String)>,
}

/// Whether there is a source.
pub(super) enum Described {
    Found(Box<SourceObject>),
    NotFound(NotFound, Provenance),
}

/// Describes the source of a variant: by a fresh entry, or by asking the origins.
pub(super) fn describe(
    read: &ObjectRead<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Described, Exhausted> {
    let head = source_read(read, ReadMethod::Head);
    let mut reply = read_source(&head, attempts)?;
    // A variant is not renewed by what is stale itself.
    if let Some(key) = reply.revalidates {
        revalidate(head.clone(), key, attempts);
        reply = read_source(&head, attempts)?;
    }
    let provenance = reply.provenance.clone().ok_or(Exhausted::Failed)?;
    if let Some(not_found) = reply.not_found {
        return Ok(Described::NotFound(not_found, provenance));
    }
    if reply.response.status != StatusCode::OK {
        return Err(Exhausted::Failed);
    }
    let etag = text_of(&reply, &ETAG);
    let found = [EntryKey::Object, EntryKey::Head]
        .into_iter()
        .find_map(|key| {
            let hit = store::lookup(&head, key)?;
            (hit.entry.etag() == etag.as_deref()).then_some((key, hit))
        });
    let freshness = match (&found, provenance.status) {
        (_, CacheStatus::Pass(reason)) => SourceFreshness {
            cacheability: Cacheability::Uncacheable(reason),
            age: Duration::ZERO,
        },
        (Some((_, hit)), _) => SourceFreshness {
            cacheability: Cacheability::Cacheable(hit.entry.lifetime),
            age: hit.age,
        },
        (None, _) => SourceFreshness {
            cacheability: Cacheability::Uncacheable(UncacheableReason::CacheUnavailable),
            age: Duration::ZERO,
        },
    };
    let mut caching = HeaderMap::new();
    for name in [CACHE_CONTROL, EXPIRES] {
        for value in reply.response.get_header_all(&name) {
            caching.append(name.clone(), value.clone());
        }
    }
    Ok(Described::Found(Box::new(SourceObject {
        etag,
        length: text_of(&reply, &CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        caching,
        freshness,
        provenance,
        entry: found.map(|(key, hit)| (key, hit.entry.id)),
    })))
}

impl SourceObject {
    /// Whether the entry that told of the source has been purged since, softly or not, or replaced by another version.
    pub(super) fn was_purged(&self, read: &ObjectRead<'_>) -> bool {
        self.entry.as_ref().is_some_and(|(key, _)| {
            let head = source_read(read, ReadMethod::Head);
            store::lookup(&head, *key).is_none_or(|hit| {
                let is_soft_purged =
                    hit.freshness != Freshness::Fresh && hit.age < hit.entry.lifetime.fresh();
                hit.entry.etag() != self.etag.as_deref() || is_soft_purged
            })
        })
    }

    /// Purges the entry that told of the source, which is another one by now, or gone.
    pub(super) fn forget(&self) {
        if let Some((_, id)) = &self.entry {
            store::purge_id(id);
        }
    }
}

/// Whether the cache still says that there is no source.
pub(super) fn is_still_missing(read: &ObjectRead<'_>) -> bool {
    let head = source_read(read, ReadMethod::Head);
    let mut found = [EntryKey::Object, EntryKey::Head].into_iter();
    found.any(|key| {
        let hit = store::lookup(&head, key);
        hit.is_some_and(|hit| matches!(hit.entry.kind, EntryKind::NotFound(_)))
    })
}

/// Why a source cannot be read.
pub(super) enum SourceError {
    /// It is another version than it was a moment ago, or gone.
    Changed,
    /// No origin gave it, or not all of it in time.
    Unavailable,
}

/// The bytes of a source.
pub(super) struct SourceBytes {
    pub(super) bytes: Vec<u8>,
    pub(super) etag: Option<String>,
    pub(super) provenance: Provenance,
}

/// Reads a source: through the cache if it is cached whole, and else from an origin.
pub(super) fn read_bytes(
    read: &ObjectRead<'_>,
    source: &SourceObject,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<SourceBytes, SourceError> {
    let get = source_read(read, ReadMethod::Get);
    let length = source.length.unwrap_or(u64::MAX);
    if length > get.cache.segment_bytes {
        return fetch_bytes(&get, source, attempts);
    }
    let mut reply = read_source(&get, attempts).map_err(|_| SourceError::Unavailable)?;
    if reply.not_found.is_some() {
        return Err(SourceError::Changed);
    }
    let is_whole = reply.response.status == StatusCode::OK
        && matches!(
            reply.delivery,
            Delivery::Body | Delivery::BodyOfNewEntry(..)
        );
    let provenance = reply.provenance.clone().filter(|_| is_whole);
    let provenance = provenance.ok_or(SourceError::Unavailable)?;
    // Of the version that is sent, which may be another than was described.
    let length = reply.bytes.and_then(|length| usize::try_from(length).ok());
    let body = reply.response.take_body().into_handle();
    let bytes = length.and_then(|length| read_whole(body, length, get.deadline));
    Ok(SourceBytes {
        bytes: bytes.ok_or(SourceError::Unavailable)?,
        etag: text_of(&reply, &ETAG),
        provenance,
    })
}

/// Reads a source that is not cached whole.
fn fetch_bytes(
    get: &ObjectRead<'_>,
    source: &SourceObject,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<SourceBytes, SourceError> {
    let etag = source
        .etag
        .as_deref()
        .filter(|etag| !etag.starts_with("W/"));
    let if_match = etag.and_then(|etag| HeaderValue::try_from(etag).ok());
    let conditions = if_match.map(|etag| (IF_MATCH, etag)).into_iter().collect();
    let request = OriginRequest::from_client(ReadMethod::Get, &conditions);
    let fetched = match fetch(get, &request, get.deadline, attempts) {
        FetchOutcome::Response(fetched) if fetched.selection == Selection::Whole => fetched,
        FetchOutcome::Exhausted(_) => return Err(SourceError::Unavailable),
        FetchOutcome::Response(_)
        | FetchOutcome::NotFound(_)
        | FetchOutcome::OtherVersion { .. } => return Err(SourceError::Changed),
    };
    let etag = fetched.received.headers.get(ETAG);
    let etag = etag.and_then(|etag| etag.to_str().ok().map(ToOwned::to_owned));
    let provenance = provenance_at(
        fetched.origin,
        source.provenance.status,
        Duration::ZERO,
        fetched.took,
    );
    let bytes = match fetched.received.content {
        Content::Bytes(bytes) => Some(bytes),
        Content::Stream(body, length) => {
            let length = length.and_then(|length| usize::try_from(length).ok());
            length.and_then(|length| read_whole(body, length, get.deadline))
        }
    };
    Ok(SourceBytes {
        bytes: bytes.ok_or(SourceError::Unavailable)?,
        etag,
        provenance,
    })
}

fn source_read<'r>(read: &ObjectRead<'r>, method: ReadMethod) -> ObjectRead<'r> {
    let context = read.context;
    ObjectRead {
        deadline: read
            .deadline
            .at_most(context.service.failover.total_timeout),
        ..context.whole_alternate(method, read.key.clone())
    }
}

fn read_source(
    read: &ObjectRead<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Reply, Exhausted> {
    read_object(read, attempts).map_err(|error| match error {
        GatewayError::OriginsExhausted(exhausted) => exhausted,
        _ => Exhausted::Failed,
    })
}

fn text_of(reply: &Reply, name: &HeaderName) -> Option<String> {
    let value = reply.response.get_header(name)?;
    value.to_str().ok().map(ToOwned::to_owned)
}

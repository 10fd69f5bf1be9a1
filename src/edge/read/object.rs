//! Reads one object: from the cache, or from the origins through the cache.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;

use crate::edge::cache::store::{self, CachedEntry, Obligation};
use crate::edge::context::ObjectRead;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::read::fill::{Filled, fill};
use crate::edge::read::segmented::{self, Segmented};
use crate::edge::read::through_cache::{
    self, Round, Source, read_cold, read_found, read_stale, read_through,
};
use crate::edge::response::object;
use crate::edge::response::reply::Reply;

/// Reads the object, and adds each request to an origin to `attempts`.
pub(crate) fn read_object(
    read: &ObjectRead<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Reply, GatewayError> {
    // An object that changes twice during one request is too busy to be read.
    for _ in 0..2 {
        let reply = read_once(read, attempts).map_err(GatewayError::OriginsExhausted)?;
        if let Some(reply) = reply {
            return Ok(reply);
        }
    }
    Err(GatewayError::OriginsExhausted(Exhausted::Failed))
}

fn read_once(read: &ObjectRead<'_>, attempts: &mut Vec<LoggedAttempt>) -> Result<Round, Exhausted> {
    if read.method == ReadMethod::Get {
        return read_through(&mut Objects, read, EntryKey::Object, attempts);
    }
    let object = store::lookup(read, EntryKey::Object).filter(|hit| {
        // That no origin gave the object says nothing of its headers.
        !matches!(hit.entry.kind, EntryKind::Exhausted(_))
    });
    match object {
        Some(hit) if hit.freshness <= Freshness::StaleWhileRevalidate => {
            read_found(&mut Objects, read, EntryKey::Object, hit, attempts)
        }
        // The headers of an object cost an origin less than the object.
        object => {
            let head = match store::lookup(read, EntryKey::Head) {
                Some(hit) if hit.freshness == Freshness::Fresh => {
                    return respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts);
                }
                head => head,
            };
            let may_serve = |stale: &CachedEntry| stale.freshness != Freshness::Expired;
            let (stale, stale_key) = match (head, object) {
                // What may be served comes before what may not.
                (Some(head), Some(object)) if may_serve(&head) || !may_serve(&object) => {
                    (head, EntryKey::Head)
                }
                (_, Some(object)) => (object, EntryKey::Object),
                (Some(head), None) => (head, EntryKey::Head),
                (None, None) => {
                    return read_cold(
                        &mut Objects,
                        read,
                        EntryKey::Head,
                        MissReason::NoEntry,
                        attempts,
                    );
                }
            };
            read_stale(
                &mut Objects,
                read,
                EntryKey::Head,
                stale_key,
                stale,
                attempts,
            )
        }
    }
}

/// Revalidates what was served stale, after the response.
pub(crate) fn revalidate(
    read: ObjectRead<'_>,
    key: EntryKey<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) {
    through_cache::revalidate(&mut Objects, read, key, attempts);
}

/// Objects of the bucket, which come from the origins.
struct Objects;

impl<'s> Source<'s> for Objects {
    fn fill(
        &mut self,
        read: &ObjectRead<'s>,
        key: EntryKey<'_>,
        obligation: Obligation,
        miss_reason: MissReason,
        held: Option<&Entry>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Filled<'s>, Exhausted> {
        fill(read, key, obligation, miss_reason, held, attempts)
    }

    fn respond(
        &mut self,
        read: &ObjectRead<'s>,
        hit: CachedEntry,
        status: CacheStatus,
        took: Duration,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted> {
        respond(read, hit, status, took, attempts)
    }

    fn pass(
        &mut self,
        read: &ObjectRead<'s>,
        reason: UncacheableReason,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted> {
        pass(read, reason, attempts)
    }
}

/// Responds from an entry, for which an origin took `took`.
fn respond(
    read: &ObjectRead<'_>,
    hit: CachedEntry,
    status: CacheStatus,
    took: Duration,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match (hit.entry.kind, read.method) {
        (EntryKind::HitForPass(reason), _) => return pass(read, reason, attempts),
        (EntryKind::Exhausted(exhausted), _) => return Err(exhausted),
        (EntryKind::HeadersOnly, ReadMethod::Get) => {
            return match segmented::respond(read, hit, status, took, attempts)? {
                Segmented::Reply(reply) => Ok(Some(*reply)),
                Segmented::NotSegmentable(reason) => pass(read, reason, attempts),
                Segmented::Changed => Ok(None),
            };
        }
        (
            EntryKind::HeadersOnly
            | EntryKind::Body
            | EntryKind::NotFound(_)
            | EntryKind::Unrendered(_)
            | EntryKind::Released,
            _,
        ) => {}
    }
    let Some(reply) = object::from_entry(read, &hit, status, took) else {
        return pass(read, UncacheableReason::CacheUnavailable, attempts);
    };
    Ok(Some(match status {
        CacheStatus::Miss(_) => reply.then_check(read, EntryKey::Object, &hit),
        CacheStatus::Hit
        | CacheStatus::Revalidated
        | CacheStatus::Stale(_)
        | CacheStatus::Pass(_) => reply,
    }))
}

/// Passes the client's own request to the origins, and the response to the client.
fn pass(
    read: &ObjectRead<'_>,
    reason: UncacheableReason,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    let request = OriginRequest::from_client(read.method, read.conditions);
    let status = CacheStatus::Pass(reason);
    let reply = match fetch(read, &request, read.deadline, attempts) {
        FetchOutcome::Response(fetched) => object::from_origin(read, fetched, status),
        FetchOutcome::NotFound(fetched) => object::not_found(read, fetched, status),
        // Any version is passed on.
        FetchOutcome::OtherVersion { .. } => return Err(Exhausted::Failed),
        FetchOutcome::Exhausted(exhausted) => return Err(exhausted),
    };
    Ok(Some(reply))
}

//! Reads one object: from the cache, or from the origins through the cache.

use std::time::Duration;

use b2_edge_core::cache::entry::{EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::status::{CacheStatus, MissReason, StaleReason};
use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;

use crate::edge::cache::store::{self, CachedEntry, Transaction, UNCONTENDED};
use crate::edge::context::ObjectRead;
use crate::edge::origins::circuit_breaker;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::read::fill::{Filled, brief_entry, fill};
use crate::edge::read::segmented::{self, Segmented};
use crate::edge::response::object;
use crate::edge::response::reply::Reply;

/// How long a failed revalidation keeps others from trying it again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long the lock of a successful revalidation stays: as long as the requests that waited take to see it.
const AFTER_SUCCESS: Duration = Duration::from_millis(50);

/// The reply of one round of reading; `None` if the object changed between its headers and its first segment. What was
/// cached of it is purged then.
type Round = Option<Reply>;

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
    let hit = store::lookup(read, EntryKey::Object).filter(|hit| {
        // That no origin gave the object says nothing of its headers.
        let is_failure = matches!(hit.entry.kind, EntryKind::Exhausted(_));
        !(is_failure && read.method == ReadMethod::Head)
    });
    match (hit, read.method) {
        (Some(hit), _) if hit.freshness == Freshness::Fresh => {
            respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts)
        }
        (Some(hit), _) if hit.freshness == Freshness::StaleWhileRevalidate => {
            let status = CacheStatus::Stale(StaleReason::WhileRevalidate);
            let reply = respond(read, hit, status, Duration::ZERO, attempts)?;
            Ok(reply.map(|reply| reply.then_revalidate(EntryKey::Object)))
        }
        (Some(stale), ReadMethod::Get) => {
            let key = EntryKey::Object;
            read_stale(read, key, key, stale, attempts)
        }
        (None, ReadMethod::Get) => read_cold(read, EntryKey::Object, MissReason::NoEntry, attempts),
        // The headers of an object cost an origin less than the object.
        (object, ReadMethod::Head) => {
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
                    return read_cold(read, EntryKey::Head, MissReason::NoEntry, attempts);
                }
            };
            read_stale(read, EntryKey::Head, stale_key, stale, attempts)
        }
    }
}

/// Reads an object that has no entry, or none that may be served. The first request for it asks the origins; the
/// others wait for the head of the response and stream along.
fn read_cold(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    miss_reason: MissReason,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match store::transact(read, key, read.deadline.left()) {
        Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => {
            respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts)
        }
        Transaction::Obligation(obligation) => {
            let filled = fill(read, key, obligation, miss_reason, None, attempts)?;
            respond_filled(read, filled, attempts)
        }
        Transaction::TimedOut => Err(Exhausted::Failed),
        // A stale entry, which another request revalidates.
        Transaction::Hit(_) | Transaction::Unavailable => {
            pass(read, UncacheableReason::CacheUnavailable, attempts)
        }
    }
}

/// Reads an object whose entry is too stale to be served without asking an origin. One request, which gets `lock`,
/// revalidates it; the others wait for that. All serve the stale entry if no origin can be asked and
/// `stale-if-error` allows it.
///
/// `key` is that of the entry which is filled, and `stale_key` that of the stale one: the response to a `HEAD` may come from
/// an entry of the object.
///
/// The lock is an entry of its own, because a transaction does not wait where there is a stale entry.
fn read_stale(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    stale_key: EntryKey<'static>,
    stale: CachedEntry,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    let may_serve = stale.freshness != Freshness::Expired;
    let served_stale = CacheStatus::Stale(StaleReason::IfError);
    if may_serve && every_origin_is_failing(read) {
        let reply = respond(read, stale, served_stale, Duration::ZERO, attempts)?;
        return Ok(reply.map(|reply| reply.then_revalidate(stale_key)));
    }
    // With something to serve, nobody waits longer than for one origin.
    let attempt_timeout = read.context.service.failover.attempt_timeout;
    let timeout = if may_serve {
        attempt_timeout.min(read.deadline.left())
    } else {
        read.deadline.left()
    };
    let lock = match store::transact(read, lock_of(key), timeout) {
        Transaction::Obligation(lock) => lock,
        waited => return read_after_waiting(read, key, stale, &waited, attempts),
    };
    let deadline = read.deadline.at_most(timeout);
    let filled = match store::transact(read, key, UNCONTENDED) {
        Transaction::Obligation(obligation) => {
            let read = &ObjectRead {
                deadline,
                ..read.clone()
            };
            let held = may_serve.then_some(&stale.entry);
            fill(read, key, obligation, MissReason::Expired, held, attempts)
        }
        Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => Ok(Filled::Entry {
            hit,
            status: CacheStatus::Hit,
            took: Duration::ZERO,
        }),
        // A revalidation after an earlier response has the obligation.
        Transaction::Hit(_) | Transaction::TimedOut | Transaction::Unavailable if may_serve => {
            lock.release(read, &brief_entry(read, EntryKind::Released), AFTER_FAILURE);
            return respond(read, stale, served_stale, Duration::ZERO, attempts);
        }
        Transaction::Hit(_) | Transaction::TimedOut | Transaction::Unavailable => {
            Ok(Filled::Pass(UncacheableReason::CacheUnavailable))
        }
    };
    let (outcome, ttl) = match &filled {
        // Asked for a short time only, as those who wait have something to serve; others must ask for themselves.
        Err(_) | Ok(Filled::Doubtful(_)) if may_serve => (EntryKind::Released, AFTER_FAILURE),
        Err(exhausted) if read.fails_for_all() => (EntryKind::Exhausted(*exhausted), AFTER_FAILURE),
        Err(_) | Ok(_) => (EntryKind::Released, AFTER_SUCCESS),
    };
    lock.release(read, &brief_entry(read, outcome), ttl);
    let took = match &filled {
        Ok(Filled::Doubtful(took)) => *took,
        Err(_) if may_serve => Duration::ZERO,
        _ => return respond_filled(read, filled?, attempts),
    };
    let reply = respond(read, stale, served_stale, took, attempts)?;
    // Out of time is not out of origins: they are asked on after the response.
    Ok(reply.map(|reply| {
        if deadline.left().is_zero() {
            reply.then_revalidate(stale_key)
        } else {
            reply
        }
    }))
}

/// Reads an object with a stale entry that another request was revalidating, after waiting for that.
fn read_after_waiting(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    stale: CachedEntry,
    waited: &Transaction,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match (store::lookup(read, key), waited) {
        (Some(hit), _) if hit.freshness == Freshness::Fresh => {
            respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts)
        }
        _ if stale.freshness != Freshness::Expired => {
            let status = CacheStatus::Stale(StaleReason::IfError);
            respond(read, stale, status, Duration::ZERO, attempts)
        }
        // What the other request learnt.
        (_, Transaction::Hit(lock)) if let EntryKind::Exhausted(exhausted) = lock.entry.kind => {
            Err(exhausted)
        }
        _ => read_cold(read, key, MissReason::Expired, attempts),
    }
}

/// Whether every origin has failed lately, so that a client need not wait for one.
fn every_origin_is_failing(read: &ObjectRead<'_>) -> bool {
    let origins = read.context.settings.origins().unwrap_or_default();
    let mut origins = origins.iter().map(|resolved| resolved.origin.as_ref());
    origins.all(|origin| origin.map_or(true, circuit_breaker::has_failed_lately))
}

/// Responds with what filling the cache came to.
fn respond_filled(
    read: &ObjectRead<'_>,
    filled: Filled<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match filled {
        Filled::Entry { hit, status, took } => respond(read, hit, status, took, attempts),
        // Only a held entry makes a not-found doubtful, and then that is served.
        Filled::Doubtful(_) => Err(Exhausted::Failed),
        Filled::Uncacheable(fetched, reason) => {
            let reply = object::from_origin(read, fetched, CacheStatus::Pass(reason));
            Ok(Some(reply))
        }
        Filled::Pass(reason) => pass(read, reason, attempts),
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
            EntryKind::HeadersOnly | EntryKind::Body | EntryKind::NotFound(_) | EntryKind::Released,
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

/// Revalidates what was served stale, after the response.
pub(crate) fn revalidate(
    read: ObjectRead<'_>,
    key: EntryKey<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) {
    let read = ObjectRead {
        deadline: read.new_deadline(),
        ..read
    };
    let lock = lock_of(key);
    let has_failed = store::lookup(&read, lock).is_some_and(|lock| {
        let is_failure = matches!(lock.entry.kind, EntryKind::Exhausted(_));
        is_failure && lock.freshness == Freshness::Fresh
    });
    // A moment ago, although it had all its time.
    if has_failed {
        return;
    }
    let Transaction::Obligation(obligation) = store::transact(&read, key, UNCONTENDED) else {
        return;
    };
    let held = obligation.held();
    let held = held.as_ref();
    let filled = fill(&read, key, obligation, MissReason::Expired, held, attempts);
    if let Err(exhausted) = filled
        && read.fails_for_all()
        && let Transaction::Obligation(lock) = store::transact(&read, lock, UNCONTENDED)
    {
        let outcome = brief_entry(&read, EntryKind::Exhausted(exhausted));
        lock.release(&read, &outcome, AFTER_FAILURE);
    }
}

/// The lock of the entry with this key.
const fn lock_of(key: EntryKey<'_>) -> EntryKey<'static> {
    match key {
        EntryKey::Head => EntryKey::HeadRevalidationLock,
        _ => EntryKey::RevalidationLock,
    }
}

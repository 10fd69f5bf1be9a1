//! Reads something through the cache: from a fresh entry, from a stale one, or by filling the cache first. What fills it
//! is a [`Source`]: the origins for an object, an engine for a variant.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::status::{CacheStatus, MissReason, StaleReason};
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;

use crate::edge::cache::store::{self, CachedEntry, Obligation, Transaction, UNCONTENDED};
use crate::edge::context::ObjectRead;
use crate::edge::origins::circuit_breaker;
use crate::edge::read::fill::{Filled, brief_entry};
use crate::edge::response::object;
use crate::edge::response::reply::Reply;

/// How long a failed revalidation keeps others from trying it again.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long the lock of a successful revalidation stays: as long as the requests that waited take to see it.
const AFTER_SUCCESS: Duration = Duration::from_millis(50);

/// The reply of one round of reading; `None` if the object changed between its headers and its first segment. What was
/// cached of it is purged then.
pub(crate) type Round = Option<Reply>;

/// What fills the cache, and how its entries become responses.
pub(crate) trait Source<'s> {
    /// Fills the cache, and returns what came of it. `held` is the stale entry that may still be served.
    fn fill(
        &mut self,
        read: &ObjectRead<'s>,
        key: EntryKey<'_>,
        obligation: Obligation,
        miss_reason: MissReason,
        held: Option<&Entry>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Filled<'s>, Exhausted>;

    /// Whether the failure of filling the cache is one for every client.
    fn fails_for_all(&self, read: &ObjectRead<'s>) -> bool {
        read.fails_for_all()
    }

    /// Responds from an entry, for which an origin took `took`.
    fn respond(
        &mut self,
        read: &ObjectRead<'s>,
        hit: CachedEntry,
        status: CacheStatus,
        took: Duration,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted>;

    /// Responds without the cache.
    fn pass(
        &mut self,
        read: &ObjectRead<'s>,
        reason: UncacheableReason,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted>;
}

/// Reads something with `GET`.
pub(crate) fn read_through<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    key: EntryKey<'static>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match store::lookup(read, key) {
        Some(hit) => read_found(source, read, key, hit, attempts),
        None => read_cold(source, read, key, MissReason::NoEntry, attempts),
    }
}

/// Reads something with `GET` that has an entry.
pub(crate) fn read_found<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    key: EntryKey<'static>,
    hit: CachedEntry,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match hit.freshness {
        Freshness::Fresh => source.respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts),
        Freshness::StaleWhileRevalidate => {
            let status = CacheStatus::Stale(StaleReason::WhileRevalidate);
            let reply = source.respond(read, hit, status, Duration::ZERO, attempts)?;
            Ok(reply.map(|reply| reply.then_revalidate(key)))
        }
        Freshness::StaleIfError | Freshness::Expired => {
            read_stale(source, read, key, key, hit, attempts)
        }
    }
}

/// Reads an object that has no entry, or none that may be served. The first request for it asks the origins; the
/// others wait for the head of the response and stream along.
pub(crate) fn read_cold<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    key: EntryKey<'_>,
    miss_reason: MissReason,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match store::transact(read, key, read.deadline.left()) {
        Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => {
            source.respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts)
        }
        Transaction::Obligation(obligation) => {
            let filled = source.fill(read, key, obligation, miss_reason, None, attempts)?;
            respond_filled(source, read, filled, attempts)
        }
        Transaction::TimedOut => Err(Exhausted::Failed),
        // A stale entry, which another request revalidates.
        Transaction::Hit(_) | Transaction::Unavailable => {
            source.pass(read, UncacheableReason::CacheUnavailable, attempts)
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
pub(crate) fn read_stale<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    key: EntryKey<'_>,
    stale_key: EntryKey<'static>,
    stale: CachedEntry,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    let may_serve = stale.freshness != Freshness::Expired;
    let served_stale = CacheStatus::Stale(StaleReason::IfError);
    if may_serve && every_origin_is_failing(read) {
        let reply = source.respond(read, stale, served_stale, Duration::ZERO, attempts)?;
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
        waited => return read_after_waiting(source, read, key, stale, &waited, attempts),
    };
    let deadline = read.deadline.at_most(timeout);
    let filled = match store::transact(read, key, UNCONTENDED) {
        Transaction::Obligation(obligation) => {
            let read = &ObjectRead {
                deadline,
                ..read.clone()
            };
            let held = may_serve.then_some(&stale.entry);
            source.fill(read, key, obligation, MissReason::Expired, held, attempts)
        }
        Transaction::Hit(hit) if hit.freshness == Freshness::Fresh => Ok(Filled::Entry {
            hit,
            status: CacheStatus::Hit,
            took: Duration::ZERO,
        }),
        // A revalidation after an earlier response has the obligation.
        Transaction::Hit(_) | Transaction::TimedOut | Transaction::Unavailable if may_serve => {
            lock.release(read, &brief_entry(read, EntryKind::Released), AFTER_FAILURE);
            return source.respond(read, stale, served_stale, Duration::ZERO, attempts);
        }
        Transaction::Hit(_) | Transaction::TimedOut | Transaction::Unavailable => {
            Ok(Filled::Pass(UncacheableReason::CacheUnavailable))
        }
    };
    let (outcome, ttl) = match &filled {
        // Asked for a short time only, as those who wait have something to serve; others must ask for themselves.
        Err(_) | Ok(Filled::Doubtful(_)) if may_serve => (EntryKind::Released, AFTER_FAILURE),
        Err(exhausted) if source.fails_for_all(read) => {
            (EntryKind::Exhausted(*exhausted), AFTER_FAILURE)
        }
        Err(_) | Ok(_) => (EntryKind::Released, AFTER_SUCCESS),
    };
    lock.release(read, &brief_entry(read, outcome), ttl);
    let took = match &filled {
        Ok(Filled::Doubtful(took)) => *took,
        Err(_) if may_serve => Duration::ZERO,
        _ => return respond_filled(source, read, filled?, attempts),
    };
    let reply = source.respond(read, stale, served_stale, took, attempts)?;
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
fn read_after_waiting<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    key: EntryKey<'_>,
    stale: CachedEntry,
    waited: &Transaction,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match (store::lookup(read, key), waited) {
        (Some(hit), _) if hit.freshness == Freshness::Fresh => {
            source.respond(read, hit, CacheStatus::Hit, Duration::ZERO, attempts)
        }
        _ if stale.freshness != Freshness::Expired => {
            let status = CacheStatus::Stale(StaleReason::IfError);
            source.respond(read, stale, status, Duration::ZERO, attempts)
        }
        // What the other request learnt.
        (_, Transaction::Hit(lock)) if let EntryKind::Exhausted(exhausted) = lock.entry.kind => {
            Err(exhausted)
        }
        _ => read_cold(source, read, key, MissReason::Expired, attempts),
    }
}

/// Whether every origin has failed lately, so that a client need not wait for one.
fn every_origin_is_failing(read: &ObjectRead<'_>) -> bool {
    let origins = read.context.settings.origins().unwrap_or_default();
    let mut origins = origins.iter().map(|resolved| resolved.origin.as_ref());
    origins.all(|origin| origin.map_or(true, circuit_breaker::has_failed_lately))
}

/// Responds with what filling the cache came to.
fn respond_filled<'s>(
    source: &mut dyn Source<'s>,
    read: &ObjectRead<'s>,
    filled: Filled<'s>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Round, Exhausted> {
    match filled {
        Filled::Entry { hit, status, took } => source.respond(read, hit, status, took, attempts),
        // Only a held entry makes a not-found doubtful, and then that is served.
        Filled::Doubtful(_) => Err(Exhausted::Failed),
        Filled::Uncacheable(fetched, reason) => {
            let reply = object::from_origin(read, fetched, CacheStatus::Pass(reason));
            Ok(Some(reply))
        }
        Filled::Pass(reason) => source.pass(read, reason, attempts),
    }
}

/// Revalidates what was served stale, after the response.
pub(crate) fn revalidate<'s>(
    source: &mut dyn Source<'s>,
    read: ObjectRead<'s>,
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
    let filled = source.fill(&read, key, obligation, MissReason::Expired, held, attempts);
    if let Err(exhausted) = filled
        && source.fails_for_all(&read)
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
        EntryKey::Variant(id) => EntryKey::VariantRevalidationLock(id),
        _ => EntryKey::RevalidationLock,
    }
}

//! Reading a variant of an image: from the cache, from the bucket, or by rendering it. Its entry in the cache has the
//! surrogate keys of the source, so that what drops the source drops its variants.

mod engines;
mod guest;
mod outcome;
mod production;
mod service;
mod source;
mod stored;

use std::rc::Rc;
use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Lifetime;
use b2_edge_core::cache::policy::{Cacheability, UncacheableReason, not_found_cacheability};
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::cache::settings::CacheSettings;
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::error::GatewayError;
use b2_edge_core::images::route::OnMiss;
use b2_edge_core::images::stored::REDIRECTED;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::image::LoggedImage;
use b2_edge_core::origins::consensus::Exhausted;

use self::production::{Produced, Product, Production, told_by};
pub(crate) use self::stored::store;
use crate::edge::cache::store::{self as cache, CachedEntry, Obligation};
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;
use crate::edge::read::fill::{Filled, HIT_FOR_PASS, brief_entry};
use crate::edge::read::through_cache::{self, Round, Source, read_cold, read_found};
use crate::edge::response::reply::{Reply, UnstoredVariant};
use crate::edge::response::{local_reply, object};

/// Reads a variant, and adds each request to an origin to `attempts`.
pub(crate) fn read_variant<'r>(
    read: &ObjectRead<'r>,
    variant: &Rc<Variant<'r>>,
    attempts: &mut Vec<LoggedAttempt>,
) -> (Result<Reply, GatewayError>, LoggedImage) {
    let key = EntryKey::Variant(variant.id);
    let hit = cache::lookup(read, key);
    let mut variants = Variants {
        production: Production::new(variant),
        // Who waits for a variant gets what the one gets who has it rendered.
        may_redirect: hit.is_none() && variant.on_miss == OnMiss::Redirect,
    };
    let round = match hit {
        Some(hit) => read_found(&mut variants, read, key, hit, attempts),
        None => read_cold(&mut variants, read, key, MissReason::NoEntry, attempts),
    };
    let Production {
        logged, unstored, ..
    } = variants.production;
    let reply = round.and_then(|reply| reply.ok_or(Exhausted::Failed));
    let reply = reply.map(|reply| Reply {
        stores: unstored,
        ..reply
    });
    (reply.map_err(GatewayError::OriginsExhausted), logged)
}

/// Revalidates a variant that was served stale, after the response. Returns what is to be stored in the bucket.
pub(crate) fn revalidate<'r>(
    read: ObjectRead<'r>,
    variant: &Rc<Variant<'r>>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Option<Box<UnstoredVariant>> {
    let mut variants = Variants {
        production: Production::new(variant),
        may_redirect: false,
    };
    let key = EntryKey::Variant(variant.id);
    through_cache::revalidate(&mut variants, read, key, attempts);
    variants.production.unstored
}

/// Variants, which come from the bucket or an engine.
struct Variants<'s> {
    production: Production<'s>,
    /// Whether a variant that was stored in the bucket just now becomes a redirect to it.
    may_redirect: bool,
}

impl<'s> Source<'s> for Variants<'s> {
    fn fill(
        &mut self,
        read: &ObjectRead<'s>,
        key: EntryKey<'_>,
        obligation: Obligation,
        miss_reason: MissReason,
        held: Option<&Entry>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Filled<'s>, Exhausted> {
        let stale = obligation.stale();
        let stale = stale.filter(|stale| stale.kind == EntryKind::Body);
        let produced = self.production.produce(read, stale.as_ref(), attempts);
        let (produced, source) = match produced {
            Ok(produced) => produced,
            Err(exhausted) => {
                let is_shared = self.fails_for_all(read);
                if stale.is_none() && held.is_none() && is_shared {
                    let entry = brief_entry(read, EntryKind::Exhausted(exhausted));
                    let _ = obligation.insert(read, entry, Duration::ZERO, Content::empty());
                }
                return Err(exhausted);
            }
        };
        let filled = match produced {
            // Of another version than was looked up: it does not take the place of what may be served.
            Produced::Variant(product) if held.is_some() && !product.is_described => {
                return Ok(Filled::Doubtful(product.took));
            }
            Produced::Variant(product) => insert(read, obligation, *product, miss_reason),
            Produced::Confirmed(lifetime, took) => match stale {
                Some(stale) => confirm(read, key, obligation, stale, lifetime, took),
                None => Filled::Pass(UncacheableReason::CacheUnavailable),
            },
            Produced::NotFound(not_found, provenance) => {
                if held.is_some() && !not_found.is_confirmed {
                    return Ok(Filled::Doubtful(provenance.took));
                }
                let kind = EntryKind::NotFound(not_found);
                let settings = not_found.unanimous.then_some(&read.cache);
                insert_failure(read, obligation, kind, settings, miss_reason, &provenance)
            }
            Produced::Failed(failure, provenance) => {
                let kind = EntryKind::Unrendered(failure);
                let settings = Some(&read.cache);
                insert_failure(read, obligation, kind, settings, miss_reason, &provenance)
            }
        };
        // A purge that came meanwhile did not reach what has just been inserted.
        let is_late = match &source {
            Some(source) => source.was_purged(read),
            None => !source::is_still_missing(read),
        };
        if let Filled::Entry { hit, .. } = &filled
            && is_late
        {
            cache::purge_entry(&hit.entry);
        }
        Ok(filled)
    }

    fn fails_for_all(&self, read: &ObjectRead<'s>) -> bool {
        read.fails_for_all() && !self.production.fails_alone
    }

    fn respond(
        &mut self,
        read: &ObjectRead<'s>,
        hit: CachedEntry,
        status: CacheStatus,
        took: Duration,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted> {
        match hit.entry.kind {
            EntryKind::HitForPass(reason) => return self.pass(read, reason, attempts),
            EntryKind::Exhausted(exhausted) => return Err(exhausted),
            EntryKind::Body
            | EntryKind::HeadersOnly
            | EntryKind::NotFound(_)
            | EntryKind::Unrendered(_)
            | EntryKind::Released => {}
        }
        if self.may_redirect && hit.entry.header(&REDIRECTED).is_some() {
            let provenance = object::provenance_of(&hit.entry, status, hit.age, took);
            let redirect = local_reply::stored_redirect(&read.context.target);
            return Ok(redirect.map(|reply| reply.with_provenance(provenance)));
        }
        match object::from_entry(read, &hit, status, took) {
            Some(reply) => Ok(Some(reply)),
            None => self.pass(read, UncacheableReason::CacheUnavailable, attempts),
        }
    }

    fn pass(
        &mut self,
        read: &ObjectRead<'s>,
        reason: UncacheableReason,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Round, Exhausted> {
        let (produced, _) = self.production.produce(read, None, attempts)?;
        let status = CacheStatus::Pass(reason);
        let (entry, bytes, took) = match produced {
            Produced::Variant(product) => (product.entry, product.bytes, product.took),
            Produced::NotFound(not_found, provenance) => {
                failed(EntryKind::NotFound(not_found), Lifetime::BRIEF, &provenance)
            }
            Produced::Failed(failure, provenance) => {
                failed(EntryKind::Unrendered(failure), Lifetime::BRIEF, &provenance)
            }
            // Nothing stale was given.
            Produced::Confirmed(..) => return Err(Exhausted::Failed),
        };
        let made = CachedEntry::in_memory(entry, Duration::ZERO, bytes);
        Ok(object::from_entry(read, &made, status, took))
    }
}

/// Inserts a variant, or that it is not cached.
fn insert<'s>(
    read: &ObjectRead<'_>,
    obligation: Obligation,
    product: Product,
    miss_reason: MissReason,
) -> Filled<'s> {
    let Product {
        entry,
        bytes,
        cacheability,
        took,
        ..
    } = product;
    let status = match cacheability {
        Cacheability::Cacheable(_) => {
            let content = Content::Bytes(bytes.clone());
            let _ = obligation.insert(read, entry.clone(), Duration::ZERO, content);
            CacheStatus::Miss(miss_reason)
        }
        Cacheability::Uncacheable(reason) => {
            let mut pass = brief_entry(read, EntryKind::HitForPass(reason));
            pass.lifetime = HIT_FOR_PASS;
            let _ = obligation.insert(read, pass, Duration::ZERO, Content::empty());
            CacheStatus::Pass(reason)
        }
    };
    Filled::Entry {
        hit: CachedEntry::in_memory(entry, Duration::ZERO, bytes),
        status,
        took,
    }
}

/// Renews a stale variant whose source has not changed.
fn confirm<'s>(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    obligation: Obligation,
    mut stale: Entry,
    lifetime: Lifetime,
    took: Duration,
) -> Filled<'s> {
    stale.lifetime = lifetime;
    obligation.update(read, &stale);
    match cache::lookup(read, key) {
        Some(hit) => Filled::Entry {
            hit,
            status: CacheStatus::Revalidated,
            took,
        },
        None => Filled::Pass(UncacheableReason::CacheUnavailable),
    }
}

/// Inserts that there is no variant, for as long as it is cached that an object does not exist; without settings, for those
/// who wait.
fn insert_failure<'s>(
    read: &ObjectRead<'_>,
    obligation: Obligation,
    kind: EntryKind,
    settings: Option<&CacheSettings>,
    miss_reason: MissReason,
    provenance: &Provenance,
) -> Filled<'s> {
    let (lifetime, reason) = match settings.map(not_found_cacheability) {
        None => (Lifetime::BRIEF, MissReason::UnconfirmedNotFound),
        Some(Cacheability::Cacheable(lifetime)) => (lifetime, miss_reason),
        Some(Cacheability::Uncacheable(_)) => (Lifetime::BRIEF, MissReason::NotFoundUncacheable),
    };
    let (entry, bytes, took) = failed(kind, lifetime, provenance);
    let _ = obligation.insert(read, entry.clone(), Duration::ZERO, Content::empty());
    Filled::Entry {
        hit: CachedEntry::in_memory(entry, Duration::ZERO, bytes),
        status: CacheStatus::Miss(reason),
        took,
    }
}

fn failed(
    kind: EntryKind,
    lifetime: Lifetime,
    provenance: &Provenance,
) -> (Entry, Vec<u8>, Duration) {
    let entry = told_by(Entry::of_kind(kind, lifetime), provenance);
    (entry, Vec::new(), provenance.took)
}

//! Fills the cache: a request that has the obligation asks the origins, and inserts what may be cached.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Lifetime;
use b2_edge_core::cache::policy::{
    Cacheability, UncacheableReason, initial_age, not_found_cacheability, object_cacheability,
};
use b2_edge_core::cache::segments::{Segment, end_from, sought};
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::http::field::whole_number;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::{ByteRange, Span, parse_content_range};
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::setup::origin::Origin;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};
use http::{HeaderMap, HeaderValue};

use crate::edge::cache::store::{self, CachedEntry, Obligation, Transaction, UNCONTENDED};
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;
use crate::edge::origins::fetch::{FetchOutcome, FetchedNotFound, FetchedResponse, fetch};

/// The lifetime of a hit-for-pass entry. It spares concurrent requests from waiting for each other, and an object
/// that becomes cacheable is cached after a minute at the latest.
pub(crate) const HIT_FOR_PASS: Lifetime = Lifetime {
    fresh_s: 60,
    stale_while_revalidate_s: 0,
    stale_if_error_s: 0,
};

/// What filling the cache came to.
pub(crate) enum Filled<'s> {
    /// An entry, inserted, updated or found; `took` is the origin's response time.
    Entry {
        hit: CachedEntry,
        status: CacheStatus,
        took: Duration,
    },
    /// A not-found that is not confirmed, or a variant of another version than was looked up, while there is a stale entry
    /// that may be served; and how long the origin took.
    Doubtful(Duration),
    /// A response that was not cached, and is what the client requested.
    Uncacheable(FetchedResponse<'s>, UncacheableReason),
    /// The object was not cached, and the response is not what the client requested.
    Pass(UncacheableReason),
}

/// Asks the origins and inserts what may be cached. `miss_reason` is logged for a miss. `held` is the stale entry that may
/// still be served, which only a confirmed 404 and a version that is not older replace.
///
/// Where nothing may be cached, the requests that wait for the obligation get the result as well, from an entry that
/// lives for a second: a failure, or a not-found that some origin may contradict.
pub(crate) fn fill<'s>(
    read: &ObjectRead<'s>,
    key: EntryKey<'_>,
    obligation: Obligation,
    miss_reason: MissReason,
    held: Option<&Entry>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Filled<'s>, Exhausted> {
    let stale = obligation.stale().filter(is_revalidatable);
    let known = stale.as_ref().and_then(Entry::etag_value);
    let is_new = key == EntryKey::Object && stale.is_none();
    let sought = is_new
        .then(|| sought(read.conditions, read.cache.segment_bytes))
        .flatten();
    let is_sought = sought.is_some();
    let mut wants_head =
        key == EntryKey::Head || (is_new && !is_sought && begins_beyond_first(read));
    let request = match sought {
        Some(Segment { first, last, .. }) => OriginRequest::part(Span { first, last }),
        None if wants_head => OriginRequest::head(known.as_ref()),
        None => OriginRequest::first_segment(read.cache.segment_bytes, known.as_ref()),
    };
    let not_older = |request: OriginRequest| request.not_older_than(held.map(Entry::held_version));
    let fill = Fill {
        read,
        key,
        stale,
        is_held: held.is_some(),
        miss_reason,
    };
    let mut fetched = fetch(read, &not_older(request), read.deadline, attempts);
    // It ends before the range: what remains to be known is its length.
    if is_sought && fetched.is_beyond_end() {
        wants_head = true;
        let request = OriginRequest::head(known.as_ref());
        fetched = fetch(read, &not_older(request), read.deadline, attempts);
    }
    match fetched {
        FetchOutcome::Exhausted(exhausted) => Err(fill.exhausted(obligation, exhausted)),
        // The cache keeps what it has. If it has nothing, no version is too old.
        FetchOutcome::OtherVersion { .. } => Err(Exhausted::Failed),
        // A 404 to HEAD has no document, so the bucket may be missing. What GET is served comes from a GET.
        FetchOutcome::NotFound(_) if wants_head && key == EntryKey::Object => {
            let request = OriginRequest::first_segment(read.cache.segment_bytes, known.as_ref());
            match fetch(read, &request, read.deadline, attempts) {
                FetchOutcome::Exhausted(exhausted) => Err(fill.exhausted(obligation, exhausted)),
                FetchOutcome::OtherVersion { .. } => Err(Exhausted::Failed),
                FetchOutcome::NotFound(fetched) => Ok(fill.not_found(obligation, fetched)),
                FetchOutcome::Response(fetched) => fill.response(obligation, fetched, attempts),
            }
        }
        FetchOutcome::NotFound(fetched) => Ok(fill.not_found(obligation, fetched)),
        FetchOutcome::Response(fetched) => fill.response(obligation, fetched, attempts),
    }
}

fn is_revalidatable(stale: &Entry) -> bool {
    match stale.kind {
        EntryKind::Body | EntryKind::HeadersOnly => true,
        EntryKind::NotFound(_)
        | EntryKind::Unrendered(_)
        | EntryKind::Exhausted(_)
        | EntryKind::Released
        | EntryKind::HitForPass(_) => false,
    }
}

/// Whether the client's range lies beyond the first segment, or is unknown without the object's length.
fn begins_beyond_first(read: &ObjectRead<'_>) -> bool {
    match ByteRange::requested(read.conditions) {
        Some(ByteRange::From { first, .. }) => first >= read.cache.segment_bytes,
        Some(ByteRange::Suffix { .. }) => true,
        None => false,
    }
}

struct Fill<'r, 's, 'k> {
    read: &'r ObjectRead<'s>,
    key: EntryKey<'k>,
    /// The stale entry, if it can be updated.
    stale: Option<Entry>,
    /// Whether the stale entry may still be served.
    is_held: bool,
    miss_reason: MissReason,
}

impl<'s> Fill<'_, 's, '_> {
    /// Has the failure answer those who wait, unless that would replace an entry that a 304 can confirm.
    fn exhausted(&self, obligation: Obligation, exhausted: Exhausted) -> Exhausted {
        if self.stale.is_none() && !self.is_held && self.read.fails_for_all() {
            let entry = brief_entry(self.read, EntryKind::Exhausted(exhausted));
            let _ = obligation.insert(self.read, entry, Duration::ZERO, Content::empty());
        }
        exhausted
    }

    fn not_found(&self, obligation: Obligation, fetched: FetchedNotFound<'s>) -> Filled<'s> {
        let not_found = fetched.not_found;
        if self.is_held && !not_found.is_confirmed {
            return Filled::Doubtful(fetched.took);
        }
        let (lifetime, reason) = match not_found_cacheability(&self.read.cache) {
            _ if !not_found.unanimous => (Lifetime::BRIEF, MissReason::UnconfirmedNotFound),
            Cacheability::Cacheable(lifetime) => (lifetime, self.miss_reason),
            Cacheability::Uncacheable(_) => (Lifetime::BRIEF, MissReason::NotFoundUncacheable),
        };
        let lifetime = self.trusted(lifetime, fetched.origin);
        let entry = Entry::of_kind(EntryKind::NotFound(not_found), lifetime);
        let entry = from_origin(entry, fetched.origin);
        // Where the cache does not store it, the response is the same.
        let _ = obligation.insert(self.read, entry.clone(), Duration::ZERO, Content::empty());
        Filled::Entry {
            hit: CachedEntry::in_memory(entry, Duration::ZERO, Vec::new()),
            status: CacheStatus::Miss(reason),
            took: fetched.took,
        }
    }

    /// The lifetime of what an origin gave: another one than the preferred is trusted for a limited time.
    fn trusted(&self, lifetime: Lifetime, origin: &Origin) -> Lifetime {
        if origin.backend == self.read.preferred() {
            lifetime
        } else {
            lifetime.fresh_at_most(self.read.context.service.failover.borrowed_ttl)
        }
    }

    fn response(
        self,
        obligation: Obligation,
        fetched: FetchedResponse<'s>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Filled<'s>, Exhausted> {
        match fetched.selection {
            Selection::NotModified => Ok(self.not_modified(obligation, &fetched)),
            Selection::Whole | Selection::Part(_) => self.object(obligation, fetched, attempts),
            // Only a request with a precondition gets the first. The second is followed by a `HEAD`.
            Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
                Err(Exhausted::Failed)
            }
        }
    }

    fn not_modified(&self, obligation: Obligation, fetched: &FetchedResponse<'s>) -> Filled<'s> {
        let Some(stale) = &self.stale else {
            return Filled::Pass(UncacheableReason::CacheUnavailable);
        };
        let headers = &fetched.received.headers;
        let updated = stale.updated(headers, stale.lifetime);
        let now = SystemTime::now();
        let lifetime = match object_cacheability(&updated.headers(), now, &self.read.cache) {
            Cacheability::Cacheable(lifetime) => lifetime,
            Cacheability::Uncacheable(reason) => {
                return self.hit_for_pass(obligation, fetched.origin, reason);
            }
        };
        let updated = updated.updated(headers, self.trusted(lifetime, fetched.origin));
        obligation.update(self.read, &updated);
        match store::lookup(self.read, self.key) {
            Some(hit) => Filled::Entry {
                hit,
                status: CacheStatus::Revalidated,
                took: fetched.took,
            },
            None => Filled::Pass(UncacheableReason::CacheUnavailable),
        }
    }

    /// Inserts an object, or the first part of one.
    fn object(
        self,
        obligation: Obligation,
        fetched: FetchedResponse<'s>,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Filled<'s>, Exhausted> {
        let read = self.read;
        let headers = &fetched.received.headers;
        let cache = &read.cache;
        let length = complete_length(fetched.selection, headers);
        let lifetime = match object_cacheability(headers, SystemTime::now(), cache) {
            Cacheability::Cacheable(lifetime) => lifetime,
            Cacheability::Uncacheable(reason) => {
                return Ok(self.uncacheable(obligation, fetched, length, reason));
            }
        };
        let Some(length) = length else {
            let reason = UncacheableReason::NoLength;
            return Ok(self.uncacheable(obligation, fetched, None, reason));
        };
        let lifetime = self.trusted(lifetime, fetched.origin);
        let entry = Entry::of_object(length, headers, lifetime);
        let entry = from_origin(entry, fetched.origin);
        let age = initial_age(headers);
        let is_small = length <= cache.segment_bytes;
        let has_headers_only = fetched.method == ReadMethod::Head;
        match (has_headers_only, is_small) {
            // Now that its length is known: a small object is cached whole.
            (true, true) if self.key != EntryKey::Head => {
                let request = OriginRequest::first_segment(cache.segment_bytes, None);
                match fetch(read, &request, read.deadline, attempts) {
                    FetchOutcome::Response(fetched)
                        if matches!(fetched.selection, Selection::Part(_) | Selection::Whole) =>
                    {
                        self.object(obligation, fetched, attempts)
                    }
                    FetchOutcome::Exhausted(exhausted) => {
                        Err(self.exhausted(obligation, exhausted))
                    }
                    FetchOutcome::Response(_)
                    | FetchOutcome::OtherVersion { .. }
                    | FetchOutcome::NotFound(_) => Ok(Filled::Pass(UncacheableReason::Changed)),
                }
            }
            (true, _) => {
                let (entry, content) = (entry.without_body(), Content::empty());
                Ok(self.insert(obligation, entry, age, content, fetched.took))
            }
            (false, true) => {
                let content = fetched.received.content;
                Ok(self.insert(obligation, entry, age, content, fetched.took))
            }
            (false, false) => Ok(self.segmented(obligation, entry, age, fetched)),
        }
    }

    /// Inserts the headers of a large object, and the segment that came with them.
    fn segmented(
        &self,
        obligation: Obligation,
        entry: Entry,
        age: Duration,
        fetched: FetchedResponse<'s>,
    ) -> Filled<'s> {
        let bytes = self.read.cache.segment_bytes;
        let (Some(etag), Selection::Part(part)) =
            (entry.version().and(entry.etag()), fetched.selection)
        else {
            // Its segments could be of different versions, or cannot be requested.
            let reason = UncacheableReason::NotSegmentable;
            return self.uncacheable(obligation, fetched, Some(entry.length), reason);
        };
        let segment = end_from(part.first, bytes);
        let key = EntryKey::of_segment(segment, etag, bytes);
        // Before the headers: a request that finds those looks this up.
        if let Transaction::Obligation(obligation) = store::transact(self.read, key, UNCONTENDED) {
            let segment = entry.segment(part.length());
            let _ = obligation.insert(self.read, segment, age, fetched.received.content);
        }
        let (entry, content) = (entry.without_body(), Content::empty());
        self.insert(obligation, entry, age, content, fetched.took)
    }

    fn insert(
        &self,
        obligation: Obligation,
        entry: Entry,
        age: Duration,
        content: Content,
        took: Duration,
    ) -> Filled<'s> {
        match obligation.insert(self.read, entry, age, content) {
            Some(hit) => Filled::Entry {
                hit,
                status: CacheStatus::Miss(self.miss_reason),
                took,
            },
            None => Filled::Pass(UncacheableReason::CacheUnavailable),
        }
    }

    /// Inserts a hit-for-pass entry, and returns the response itself where it is what the client requested.
    fn uncacheable(
        &self,
        obligation: Obligation,
        fetched: FetchedResponse<'s>,
        length: Option<u64>,
        reason: UncacheableReason,
    ) -> Filled<'s> {
        let pass = self.hit_for_pass(obligation, fetched.origin, reason);
        let is_small = length.is_some_and(|length| length <= self.read.cache.segment_bytes);
        let is_all = match fetched.selection {
            Selection::Whole => true,
            Selection::Part(_) => is_small,
            Selection::NotModified
            | Selection::PreconditionFailed
            | Selection::RangeNotSatisfiable => false,
        };
        let is_unconditional = self.read.conditions.is_empty();
        if is_all && is_unconditional && fetched.method == self.read.method {
            return Filled::Uncacheable(fetched.into_whole(), reason);
        }
        pass
    }

    fn hit_for_pass(
        &self,
        obligation: Obligation,
        origin: &Origin,
        reason: UncacheableReason,
    ) -> Filled<'s> {
        let entry = Entry::of_kind(EntryKind::HitForPass(reason), HIT_FOR_PASS);
        let entry = from_origin(entry, origin);
        let _ = obligation.insert(self.read, entry, Duration::ZERO, Content::empty());
        Filled::Pass(reason)
    }
}

/// An entry that answers those who wait for what no origin gave.
pub(crate) fn brief_entry(read: &ObjectRead<'_>, kind: EntryKind) -> Entry {
    let (preferred, host) = (read.preferred(), HeaderValue::from_static(""));
    Entry::of_kind(kind, Lifetime::BRIEF).from_origin(preferred, &host, SystemTime::now())
}

/// An entry that an origin has just given.
pub(crate) fn from_origin(entry: Entry, origin: &Origin) -> Entry {
    entry.from_origin(&origin.backend, &origin.address.host, SystemTime::now())
}

/// The length of the object of a response.
fn complete_length(selection: Selection, headers: &HeaderMap) -> Option<u64> {
    let value = |name| headers.get(name);
    match selection {
        Selection::Whole => value(CONTENT_LENGTH).and_then(whole_number),
        Selection::Part(_) => Some(value(CONTENT_RANGE).and_then(parse_content_range)?.1),
        Selection::NotModified | Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
            None
        }
    }
}

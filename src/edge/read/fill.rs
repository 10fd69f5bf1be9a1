//! Fills the cache: asks the origins about an object when it is our turn, and stores what may be
//! stored.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::policy::{
    Cacheability, Lifetime, initial_age, not_found_cacheability, object_cacheability,
};
use b2_edge_core::cache::segments::segment;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::http::field::whole_number;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::{ByteRange, parse_content_range};
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::line::LogLine;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::setup::origin::Origin;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};

use crate::edge::cache::store::{self, Hit, Obligation, Transaction};
use crate::edge::origins::attempt::{Content, Received};
use crate::edge::origins::fetch::{FetchOutcome, FetchedResponse, fetch};
use crate::edge::read::object::{MOMENT, ObjectRead};

/// How long it is remembered that an object is not kept. It spares those who ask for it together from
/// waiting for each other, and an object that becomes cacheable waits so long at most.
const PASS: Lifetime = Lifetime {
    fresh_s: 60,
    stale_while_revalidate_s: 0,
    stale_if_error_s: 0,
};

/// What has come of it.
pub(crate) enum Filled<'s> {
    /// An entry, stored or at hand.
    Entry(Hit, CacheStatus),
    /// There is no such object, as far as could be heard; not stored.
    DoubtfulAbsence(Hit),
    /// An answer that is not kept, and is what the client asked for.
    Unkept(FetchedResponse<'s>),
    /// The object is not kept, and what was heard does not answer the client.
    Pass,
}

/// Asks the origins and stores what they say.
pub(crate) fn fill<'s>(
    read: &ObjectRead<'s>,
    key: EntryKey<'_>,
    obligation: Obligation,
    line: &mut LogLine,
) -> Result<Filled<'s>, Exhausted> {
    let stale = obligation.stale().filter(is_revalidatable);
    let known = stale.as_ref().and_then(Entry::etag_value);
    let is_described = key == EntryKey::Head || (stale.is_none() && begins_beyond_first(read));
    let request = if is_described {
        OriginRequest::head(known.as_ref())
    } else {
        OriginRequest::first_segment(read.cache.segment_bytes, known.as_ref())
    };
    let fill = Fill { read, key, stale };
    match fetch(read, &request, line) {
        FetchOutcome::Exhausted(exhausted) => Err(exhausted),
        FetchOutcome::NotFound {
            origin,
            absence,
            is_certain,
        } => Ok(fill.absent(obligation, origin, absence, is_certain)),
        FetchOutcome::Response(answered) => fill.answered(obligation, answered, line),
    }
}

fn is_revalidatable(stale: &Entry) -> bool {
    match stale.kind {
        EntryKind::Body | EntryKind::HeadersOnly => true,
        EntryKind::NotFound(_) | EntryKind::HitForPass => false,
    }
}

/// Whether the client wants a part of an object that its first segment can not have, or that can not
/// be told without the object's length.
fn begins_beyond_first(read: &ObjectRead<'_>) -> bool {
    match ByteRange::requested(read.client) {
        Some(ByteRange::From { first, .. }) => first >= read.cache.segment_bytes,
        Some(ByteRange::Suffix { .. }) => true,
        None => false,
    }
}

struct Fill<'r, 's, 'k> {
    read: &'r ObjectRead<'s>,
    key: EntryKey<'k>,
    /// The entry that is there, if it can be updated.
    stale: Option<Entry>,
}

impl<'s> Fill<'_, 's, '_> {
    fn absent(
        &self,
        obligation: Obligation,
        origin: &Origin,
        absence: NotFoundAs,
        is_certain: bool,
    ) -> Filled<'s> {
        let storage = not_found_cacheability(&self.read.cache);
        let lifetime = match storage {
            Cacheability::Cacheable(lifetime) => lifetime,
            Cacheability::Uncacheable(_) => PASS,
        };
        let kind = EntryKind::NotFound(absence);
        let entry = fetched(Entry::of_kind(kind, lifetime), origin);
        match storage {
            _ if !is_certain => Filled::DoubtfulAbsence(Hit::in_memory(entry, Vec::new())),
            Cacheability::Uncacheable(_) => {
                Filled::Entry(Hit::in_memory(entry, Vec::new()), CacheStatus::Miss)
            }
            Cacheability::Cacheable(_) => {
                let hit = Hit::in_memory(entry.clone(), Vec::new());
                let nothing = Content::Bytes(Vec::new());
                obligation.store(self.read, entry, Duration::ZERO, nothing);
                Filled::Entry(hit, CacheStatus::Miss)
            }
        }
    }

    fn answered(
        self,
        obligation: Obligation,
        answered: FetchedResponse<'s>,
        line: &mut LogLine,
    ) -> Result<Filled<'s>, Exhausted> {
        match answered.served {
            Selection::NotModified => Ok(self.not_modified(obligation, &answered)),
            Selection::Whole | Selection::Part(_) => self.object(obligation, answered, line),
            // Not asked for, and so never judged to be an answer.
            Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
                Err(Exhausted::Failed)
            }
        }
    }

    fn not_modified(&self, obligation: Obligation, answered: &FetchedResponse<'s>) -> Filled<'s> {
        let Some(stale) = &self.stale else {
            return Filled::Pass;
        };
        let headers = &answered.received.headers;
        let updated = stale.updated(headers, stale.lifetime);
        let now = SystemTime::now();
        let storage = object_cacheability(&updated.headers(), now, &self.read.cache);
        let Cacheability::Cacheable(lifetime) = storage else {
            return self.mark_as_passed(obligation, answered.origin);
        };
        let updated = updated.updated(headers, lifetime);
        obligation.update(self.read, &updated);
        match store::lookup(self.read, self.key) {
            Some(hit) => Filled::Entry(hit, CacheStatus::Hit),
            None => Filled::Pass,
        }
    }

    /// Stores an object, or the beginning of one.
    fn object(
        self,
        obligation: Obligation,
        answered: FetchedResponse<'s>,
        line: &mut LogLine,
    ) -> Result<Filled<'s>, Exhausted> {
        let read = self.read;
        let Received { headers, .. } = &answered.received;
        let settings = &read.cache;
        let storage = object_cacheability(headers, SystemTime::now(), settings);
        let length = complete_length(answered.served, headers);
        let (Cacheability::Cacheable(lifetime), Some(length)) = (storage, length) else {
            return Ok(self.unkept(obligation, answered, length));
        };
        let entry = Entry::of_object(length, headers, lifetime);
        let entry = fetched(entry, answered.origin);
        let age = initial_age(headers);
        let is_small = length <= settings.segment_bytes;
        let is_described = answered.asked_by == ReadMethod::Head;
        match (is_described, is_small) {
            // Now that its length is known: small ones are kept whole.
            (true, true) if self.key != EntryKey::Head => {
                let request = OriginRequest::first_segment(settings.segment_bytes, None);
                match fetch(read, &request, line) {
                    FetchOutcome::Response(answered)
                        if matches!(answered.served, Selection::Part(_) | Selection::Whole) =>
                    {
                        self.object(obligation, answered, line)
                    }
                    FetchOutcome::Exhausted(exhausted) => Err(exhausted),
                    FetchOutcome::Response(_) | FetchOutcome::NotFound { .. } => Ok(Filled::Pass),
                }
            }
            (true, _) => Ok(self.store(
                obligation,
                entry.without_body(),
                age,
                Content::Bytes(Vec::new()),
            )),
            (false, true) => Ok(self.store(obligation, entry, age, answered.received.content)),
            (false, false) => Ok(self.segmented(obligation, entry, age, answered)),
        }
    }

    /// Stores the description of a large object, and the first segment that has come with it.
    fn segmented(
        &self,
        obligation: Obligation,
        entry: Entry,
        age: Duration,
        answered: FetchedResponse<'s>,
    ) -> Filled<'s> {
        let bytes = self.read.cache.segment_bytes;
        let first = segment(0, entry.length, bytes);
        let (Some(etag), Some(first), Selection::Part(_)) =
            (entry.version().and(entry.etag()), first, answered.served)
        else {
            // Its parts could be of different versions, or are not to be had.
            let length = Some(entry.length);
            return self.unkept(obligation, answered, length);
        };
        let key = EntryKey::Segment {
            etag,
            segment_bytes: bytes,
            index: 0,
        };
        // Before the description: who finds that looks for this.
        if let Transaction::Obligation(obligation) = store::transact(self.read, key, MOMENT) {
            let first = entry.segment(first.last - first.first + 1);
            obligation.store(self.read, first, age, answered.received.content);
        }
        self.store(
            obligation,
            entry.without_body(),
            age,
            Content::Bytes(Vec::new()),
        )
    }

    fn store(
        &self,
        obligation: Obligation,
        entry: Entry,
        age: Duration,
        content: Content,
    ) -> Filled<'s> {
        match obligation.store(self.read, entry, age, content) {
            Some(hit) => Filled::Entry(hit, CacheStatus::Miss),
            None => Filled::Pass,
        }
    }

    /// An answer that is not kept, which is noted.
    fn unkept(
        &self,
        obligation: Obligation,
        answered: FetchedResponse<'s>,
        length: Option<u64>,
    ) -> Filled<'s> {
        let mark = self.mark_as_passed(obligation, answered.origin);
        let is_small = length.is_some_and(|length| length <= self.read.cache.segment_bytes);
        let is_all = match answered.served {
            Selection::Whole => true,
            Selection::Part(_) => is_small,
            Selection::NotModified
            | Selection::PreconditionFailed
            | Selection::RangeNotSatisfiable => false,
        };
        if is_all && answered.asked_by == self.read.method && self.read.client.is_empty() {
            return Filled::Unkept(answered.into_whole());
        }
        mark
    }

    fn mark_as_passed(&self, obligation: Obligation, origin: &Origin) -> Filled<'s> {
        let mark = fetched(Entry::of_kind(EntryKind::HitForPass, PASS), origin);
        obligation.store(self.read, mark, Duration::ZERO, Content::Bytes(Vec::new()));
        Filled::Pass
    }
}

pub(crate) fn fetched(entry: Entry, origin: &Origin) -> Entry {
    entry.from_origin(&origin.backend, &origin.address.host, SystemTime::now())
}

/// The length of the object that an answer is about.
fn complete_length(served: Selection, headers: &HeaderMap) -> Option<u64> {
    let value = |name| headers.get(name);
    match served {
        Selection::Whole => value(CONTENT_LENGTH).and_then(whole_number),
        Selection::Part(_) => Some(value(CONTENT_RANGE).and_then(parse_content_range)?.1),
        Selection::NotModified | Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
            None
        }
    }
}

//! Fills the cache: asks the origins about an object when it is our turn, and stores what may be
//! stored.

use std::time::{Duration, SystemTime};

use b2_edge_core::cache::entry::{Entry, EntryKey, Holds};
use b2_edge_core::cache::policy::{
    Lifetime, Storage, initial_age, storage_of_not_found, storage_of_object,
};
use b2_edge_core::cache::segments::segment;
use b2_edge_core::cache::status::CacheState;
use b2_edge_core::http::range::{ByteRange, parse_content_range};
use b2_edge_core::log::line::LogLine;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::headers::whole_number;
use b2_edge_core::origins::outcome::{Absence, Served};
use b2_edge_core::origins::request::Question;
use b2_edge_core::request::intent::ReadMethod;
use b2_edge_core::setup::origin::Origin;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};

use crate::edge::cache::store as cache;
use crate::edge::cache::store::{Hit, Ours, Turn};
use crate::edge::origins::attempt::{Content, Received};
use crate::edge::origins::fetch::{Answered, Heard, ask_origins};
use crate::edge::read::object::{MOMENT, Read};

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
    Entry(Hit, CacheState),
    /// There is no such object, as far as could be heard; not stored.
    DoubtfulAbsence(Hit),
    /// An answer that is not kept, and is what the client asked for.
    Unkept(Answered<'s>),
    /// The object is not kept, and what was heard does not answer the client.
    Pass,
}

/// Asks the origins and stores what they say.
pub(crate) fn fill<'s>(
    read: &Read<'s>,
    key: EntryKey<'_>,
    ours: Ours,
    line: &mut LogLine,
) -> Result<Filled<'s>, Exhausted> {
    let stale = ours.stale().filter(is_revalidatable);
    let known = stale.as_ref().and_then(Entry::etag_value);
    let is_described = key == EntryKey::Head || (stale.is_none() && begins_beyond_first(read));
    let question = if is_described {
        Question::head(known.as_ref())
    } else {
        Question::first_look(read.cache.segment_bytes, known.as_ref())
    };
    let fill = Fill { read, key, stale };
    match ask_origins(read, &question, line) {
        Heard::Exhausted(exhausted) => Err(exhausted),
        Heard::NotFound {
            origin,
            absence,
            is_certain,
        } => Ok(fill.absent(ours, origin, absence, is_certain)),
        Heard::Answered(answered) => fill.answered(ours, answered, line),
    }
}

fn is_revalidatable(stale: &Entry) -> bool {
    match stale.holds {
        Holds::Content | Holds::Description => true,
        Holds::Absence(_) | Holds::Pass => false,
    }
}

/// Whether the client wants a part of an object that its first segment can not have, or that can not
/// be told without the object's length.
fn begins_beyond_first(read: &Read<'_>) -> bool {
    match ByteRange::requested(read.client) {
        Some(ByteRange::From { first, .. }) => first >= read.cache.segment_bytes,
        Some(ByteRange::Suffix { .. }) => true,
        None => false,
    }
}

struct Fill<'r, 's, 'k> {
    read: &'r Read<'s>,
    key: EntryKey<'k>,
    /// The entry that is there, if it can be renewed.
    stale: Option<Entry>,
}

impl<'s> Fill<'_, 's, '_> {
    fn absent(
        &self,
        ours: Ours,
        origin: &Origin,
        absence: Absence,
        is_certain: bool,
    ) -> Filled<'s> {
        let storage = storage_of_not_found(&self.read.cache);
        let lifetime = match storage {
            Storage::Store(lifetime) => lifetime,
            Storage::Pass(_) => PASS,
        };
        let holds = Holds::Absence(absence);
        let entry = fetched(Entry::without_content(holds, lifetime), origin);
        match storage {
            _ if !is_certain => Filled::DoubtfulAbsence(Hit::at_hand(entry, Vec::new())),
            Storage::Pass(_) => Filled::Entry(Hit::at_hand(entry, Vec::new()), CacheState::Miss),
            Storage::Store(_) => {
                let hit = Hit::at_hand(entry.clone(), Vec::new());
                let nothing = Content::Bytes(Vec::new());
                ours.store(self.read, entry, Duration::ZERO, nothing);
                Filled::Entry(hit, CacheState::Miss)
            }
        }
    }

    fn answered(
        self,
        ours: Ours,
        answered: Answered<'s>,
        line: &mut LogLine,
    ) -> Result<Filled<'s>, Exhausted> {
        match answered.served {
            Served::NotModified => Ok(self.not_modified(ours, &answered)),
            Served::Whole | Served::Part => self.object(ours, answered, line),
            // Not asked for, and so never judged to be an answer.
            Served::PreconditionFailed | Served::RangeNotSatisfiable => Err(Exhausted::Failed),
        }
    }

    fn not_modified(&self, ours: Ours, answered: &Answered<'s>) -> Filled<'s> {
        let Some(stale) = &self.stale else {
            return Filled::Pass;
        };
        let headers = &answered.received.headers;
        let renewed = stale.renewed(headers, stale.lifetime);
        let now = SystemTime::now();
        let storage = storage_of_object(&renewed.headers(), now, &self.read.cache);
        let Storage::Store(lifetime) = storage else {
            return self.mark_as_passed(ours, answered.origin);
        };
        let renewed = renewed.renewed(headers, lifetime);
        ours.renew(self.read, &renewed);
        match cache::look(self.read, self.key) {
            Some(hit) => Filled::Entry(hit, CacheState::Hit),
            None => Filled::Pass,
        }
    }

    /// Stores an object, or the beginning of one.
    fn object(
        self,
        ours: Ours,
        answered: Answered<'s>,
        line: &mut LogLine,
    ) -> Result<Filled<'s>, Exhausted> {
        let read = self.read;
        let Received { headers, .. } = &answered.received;
        let settings = &read.cache;
        let storage = storage_of_object(headers, SystemTime::now(), settings);
        let length = complete_length(answered.served, headers);
        let (Storage::Store(lifetime), Some(length)) = (storage, length) else {
            return Ok(self.unkept(ours, answered, length));
        };
        let entry = Entry::of_object(length, headers, lifetime);
        let entry = fetched(entry, answered.origin);
        let age = initial_age(headers);
        let is_small = length <= settings.segment_bytes;
        let is_described = answered.asked_by == ReadMethod::Head;
        match (is_described, is_small) {
            // Now that its length is known: small ones are kept whole.
            (true, true) if self.key != EntryKey::Head => {
                let question = Question::first_look(settings.segment_bytes, None);
                match ask_origins(read, &question, line) {
                    Heard::Answered(answered)
                        if answered.served == Served::Part || answered.served == Served::Whole =>
                    {
                        self.object(ours, answered, line)
                    }
                    Heard::Exhausted(exhausted) => Err(exhausted),
                    Heard::Answered(_) | Heard::NotFound { .. } => Ok(Filled::Pass),
                }
            }
            (true, _) => Ok(self.store(ours, entry.described(), age, Content::Bytes(Vec::new()))),
            (false, true) => Ok(self.store(ours, entry, age, answered.received.content)),
            (false, false) => Ok(self.segmented(ours, entry, age, answered)),
        }
    }

    /// Stores the description of a large object, and the first segment that has come with it.
    fn segmented(
        &self,
        ours: Ours,
        entry: Entry,
        age: Duration,
        answered: Answered<'s>,
    ) -> Filled<'s> {
        let bytes = self.read.cache.segment_bytes;
        let first = segment(0, entry.length, bytes);
        let (Some(etag), Some(first), Served::Part) =
            (entry.version().and(entry.etag()), first, answered.served)
        else {
            // Its parts could be of different versions, or are not to be had.
            let length = Some(entry.length);
            return self.unkept(ours, answered, length);
        };
        let key = EntryKey::Segment {
            etag,
            segment_bytes: bytes,
            index: 0,
        };
        // Before the description: who finds that looks for this.
        if let Turn::Ours(ours) = cache::take_turn(self.read, key, MOMENT) {
            let first = entry.segment(first.last - first.first + 1);
            ours.store(self.read, first, age, answered.received.content);
        }
        self.store(ours, entry.described(), age, Content::Bytes(Vec::new()))
    }

    fn store(&self, ours: Ours, entry: Entry, age: Duration, content: Content) -> Filled<'s> {
        match ours.store(self.read, entry, age, content) {
            Some(hit) => Filled::Entry(hit, CacheState::Miss),
            None => Filled::Pass,
        }
    }

    /// An answer that is not kept, which is noted.
    fn unkept(&self, ours: Ours, answered: Answered<'s>, length: Option<u64>) -> Filled<'s> {
        let mark = self.mark_as_passed(ours, answered.origin);
        let is_small = length.is_some_and(|length| length <= self.read.cache.segment_bytes);
        let is_all = match answered.served {
            Served::Whole => true,
            Served::Part => is_small,
            Served::NotModified | Served::PreconditionFailed | Served::RangeNotSatisfiable => false,
        };
        if is_all && answered.asked_by == self.read.method && self.read.client.is_empty() {
            return Filled::Unkept(answered.into_whole());
        }
        mark
    }

    fn mark_as_passed(&self, ours: Ours, origin: &Origin) -> Filled<'s> {
        let mark = fetched(Entry::without_content(Holds::Pass, PASS), origin);
        ours.store(self.read, mark, Duration::ZERO, Content::Bytes(Vec::new()));
        Filled::Pass
    }
}

pub(crate) fn fetched(entry: Entry, origin: &Origin) -> Entry {
    entry.fetched_from(&origin.backend, &origin.place.host, SystemTime::now())
}

/// The length of the object that an answer is about.
fn complete_length(served: Served, headers: &HeaderMap) -> Option<u64> {
    let value = |name| headers.get(name);
    match served {
        Served::Whole => value(CONTENT_LENGTH).and_then(whole_number),
        Served::Part => Some(value(CONTENT_RANGE).and_then(parse_content_range)?.1),
        Served::NotModified | Served::PreconditionFailed | Served::RangeNotSatisfiable => None,
    }
}

//! Reads a large object, whose segments are entries of their own.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::segments::{Segment, covering, end_from, end_of_length};
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::Span;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::{Exhausted, NotFound};
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::s3::version::ObjectVersion;

use crate::edge::cache::store::{self, CachedEntry, Transaction};
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::platform::deadline::Deadline;
use crate::edge::read::fill::{brief_entry, from_origin};
use crate::edge::response::object;
use crate::edge::response::reply::Reply;
use crate::edge::response::segments::SegmentPlan;

/// What reading a large object in segments came to.
pub(crate) enum Segmented {
    Reply(Box<Reply>),
    /// It cannot be read so.
    NotSegmentable(UncacheableReason),
    /// It is of another version than its cached headers, which are purged.
    Changed,
}

/// Why there is no segment.
pub(crate) enum SegmentError {
    /// Every origin has another version.
    Changed,
    /// Those that work have another version.
    Unreachable,
    /// No origin gave it.
    Exhausted(Exhausted),
}

/// A segment, and how long its origin took if it was fetched for this request.
pub(crate) struct FoundSegment {
    pub(crate) hit: CachedEntry,
    pub(crate) took: Option<Duration>,
}

/// Responds with an object whose entry has its headers only.
pub(crate) fn respond(
    read: &ObjectRead<'_>,
    object: CachedEntry,
    status: CacheStatus,
    took: Duration,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Segmented, Exhausted> {
    let entry = &object.entry;
    let part = match select(ReadMethod::Get, read.conditions, entry) {
        Selection::Part(span) => Some(span),
        Selection::Whole => None,
        Selection::NotModified | Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
            let reply = object::from_entry(read, &object, status, took);
            return Ok(reply.map_or(
                Segmented::NotSegmentable(UncacheableReason::CacheUnavailable),
                |reply| Segmented::Reply(Box::new(reply)),
            ));
        }
    };
    let all = Span {
        first: 0,
        last: entry.length.saturating_sub(1),
    };
    let span = part.unwrap_or(all);
    let mut pieces = covering(span, entry.length, read.cache.segment_bytes);
    let (Some(version), Some((first, wanted))) = (entry.version(), pieces.next()) else {
        return Ok(Segmented::NotSegmentable(UncacheableReason::NotSegmentable));
    };
    let segments = Segments {
        read,
        entry,
        version,
    };
    let (first, wanted, found) = segments.get_from(first, wanted, attempts);
    let FoundSegment { hit, took: new } = match found {
        Ok(found) => found,
        Err(SegmentError::Changed) => {
            object.purge();
            return Ok(Segmented::Changed);
        }
        // No origin that works has this version: it passes on what it has.
        Err(SegmentError::Unreachable) => {
            return Ok(Segmented::NotSegmentable(UncacheableReason::Changed));
        }
        Err(SegmentError::Exhausted(exhausted)) => return Err(exhausted),
    };
    let status = match status {
        CacheStatus::Hit | CacheStatus::Revalidated if new.is_some() => {
            CacheStatus::Miss(MissReason::NoSegment)
        }
        status => status,
    };
    // The first segment may have arrived with the headers, and then it is as new.
    let is_new = new.is_some() || matches!(status, CacheStatus::Miss(_));
    let took = new.unwrap_or(took);
    let reply = object::from_segments(&object, part, &hit, status, took);
    if pieces.next().is_none() {
        let Some(body) = hit.body(Some(wanted)) else {
            return Ok(Segmented::NotSegmentable(
                UncacheableReason::CacheUnavailable,
            ));
        };
        let reply = reply.with_body(body);
        return Ok(Segmented::Reply(Box::new(if is_new {
            reply.then_check(read, segments.key(first), &hit)
        } else {
            reply
        })));
    }
    Ok(Segmented::Reply(Box::new(reply.with_segments(
        SegmentPlan {
            object,
            span,
            first: hit,
            first_at: (first, wanted),
            is_first_new: is_new,
        },
    ))))
}

/// The segments of one version of an object.
pub(crate) struct Segments<'r, 's> {
    pub(crate) read: &'r ObjectRead<'s>,
    /// The object's entry.
    pub(crate) entry: &'r Entry,
    pub(crate) version: ObjectVersion,
}

impl Segments<'_, '_> {
    pub(crate) fn key(&self, segment: Segment) -> EntryKey<'_> {
        let etag = self.entry.etag().unwrap_or_default();
        EntryKey::of_segment(segment, etag, self.read.cache.segment_bytes)
    }

    /// The segment that a read begins with, from the cache or fetched. If it is not cached, its end is enough, and arrives
    /// sooner. The cache has one end of each: what that does not have is read from the segment.
    fn get_from(
        &self,
        segment: Segment,
        wanted: Span,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> (Segment, Span, Result<FoundSegment, SegmentError>) {
        let read = self.read;
        if let Some(hit) = store::lookup(read, self.key(segment)) {
            return (segment, wanted, found(hit));
        }
        let first = segment.first.saturating_add(wanted.first);
        let end = Segment {
            last: segment.last,
            ..end_from(first, read.cache.segment_bytes)
        };
        if end != segment {
            match self.get(end, read.deadline, attempts) {
                Ok(found) => {
                    let length = found.hit.entry.length;
                    if let Some((end, part)) = end_of_length(segment, wanted, length) {
                        return (end, part, Ok(found));
                    }
                }
                Err(error) => return (end, wanted, Err(error)),
            }
        }
        let fetched = self.fetch(segment, read.deadline, attempts);
        (segment, wanted, fetched)
    }

    /// A segment, from the cache or fetched.
    pub(crate) fn get(
        &self,
        segment: Segment,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<FoundSegment, SegmentError> {
        match store::lookup(self.read, self.key(segment)) {
            Some(hit) => found(hit),
            None => self.fetch(segment, deadline, attempts),
        }
    }

    /// A segment that the cache did not have. Where no origin gives it, that answers those who wait for it as well.
    pub(crate) fn fetch(
        &self,
        segment: Segment,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<FoundSegment, SegmentError> {
        let read = self.read;
        let key = self.key(segment);
        let obligation = match store::transact(read, key, deadline.left()) {
            Transaction::Hit(hit) => return found(hit),
            Transaction::Obligation(obligation) => obligation,
            Transaction::TimedOut | Transaction::Unavailable => {
                return Err(SegmentError::Exhausted(Exhausted::Failed));
            }
        };
        let span = Span {
            first: segment.first,
            last: segment.last,
        };
        let request = OriginRequest::segment(span, &self.version);
        let (kind, error) = match fetch(read, &request, deadline, attempts) {
            FetchOutcome::Response(fetched) => {
                let entry = from_origin(self.entry.segment(span.length()), fetched.origin);
                let content = fetched.received.content;
                let hit = obligation.insert(read, entry, Duration::ZERO, content);
                return Ok(FoundSegment {
                    hit: hit.ok_or(SegmentError::Exhausted(Exhausted::Failed))?,
                    took: Some(fetched.took),
                });
            }
            FetchOutcome::OtherVersion { unanimous: true } => {
                (EntryKind::NotFound(GONE), SegmentError::Changed)
            }
            // To a request for one version, a not-found is another version.
            FetchOutcome::OtherVersion { unanimous: false } | FetchOutcome::NotFound(_) => {
                (EntryKind::NotFound(OUT_OF_REACH), SegmentError::Unreachable)
            }
            FetchOutcome::Exhausted(exhausted) => (
                EntryKind::Exhausted(exhausted),
                SegmentError::Exhausted(exhausted),
            ),
        };
        if read.fails_for_all() {
            let entry = brief_entry(read, kind);
            let _ = obligation.insert(read, entry, Duration::ZERO, Content::empty());
        }
        Err(error)
    }
}

/// That every origin has another version than that of a segment.
const GONE: NotFound = NotFound {
    said: NotFoundAs::NotFound,
    unanimous: true,
    is_confirmed: true,
};

/// That no origin which works has the version of a segment.
const OUT_OF_REACH: NotFound = NotFound {
    unanimous: false,
    is_confirmed: false,
    ..GONE
};

/// A segment that was found, or why there is none.
pub(crate) fn found(hit: CachedEntry) -> Result<FoundSegment, SegmentError> {
    match hit.entry.kind {
        EntryKind::Exhausted(exhausted) => Err(SegmentError::Exhausted(exhausted)),
        EntryKind::NotFound(NotFound {
            unanimous: true, ..
        }) => Err(SegmentError::Changed),
        EntryKind::NotFound(_) => Err(SegmentError::Unreachable),
        EntryKind::Body
        | EntryKind::HeadersOnly
        | EntryKind::Unrendered(_)
        | EntryKind::Released
        | EntryKind::HitForPass(_) => Ok(FoundSegment { hit, took: None }),
    }
}

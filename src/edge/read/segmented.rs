//! Reads a large object, whose segments are entries of their own.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey};
use b2_edge_core::cache::policy::UncacheableReason;
use b2_edge_core::cache::segments::{Segment, covering};
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::{CacheStatus, MissReason};
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::Span;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::s3::version::ObjectVersion;

use crate::edge::cache::store::{self, CachedEntry, Transaction};
use crate::edge::context::ObjectRead;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::platform::deadline::Deadline;
use crate::edge::read::fill::from_origin;
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
    /// The object is of another version.
    Changed,
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
    let FoundSegment { hit, took: new } = match segments.get(first, read.deadline, attempts) {
        Ok(found) => found,
        Err(SegmentError::Changed) => {
            object.purge();
            return Ok(Segmented::Changed);
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
        EntryKey::Segment {
            etag: self.entry.etag().unwrap_or_default(),
            segment_bytes: self.read.cache.segment_bytes,
            index: segment.index,
        }
    }

    /// A segment, from the cache or fetched.
    pub(crate) fn get(
        &self,
        segment: Segment,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<FoundSegment, SegmentError> {
        match store::lookup(self.read, self.key(segment)) {
            Some(hit) => Ok(FoundSegment { hit, took: None }),
            None => self.fetch(segment, deadline, attempts),
        }
    }

    /// A segment that the cache did not have.
    pub(crate) fn fetch(
        &self,
        segment: Segment,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<FoundSegment, SegmentError> {
        let read = self.read;
        let failed = SegmentError::Exhausted(Exhausted::Failed);
        let key = self.key(segment);
        let obligation = match store::transact(read, key, deadline.left()) {
            Transaction::Hit(hit) => return Ok(FoundSegment { hit, took: None }),
            Transaction::Obligation(obligation) => obligation,
            Transaction::TimedOut | Transaction::Unavailable => return Err(failed),
        };
        let span = Span {
            first: segment.first,
            last: segment.last,
        };
        let request = OriginRequest::segment(span, &self.version);
        let fetched = match fetch(read, &request, deadline, attempts) {
            FetchOutcome::Response(fetched) => fetched,
            FetchOutcome::NotFound(_) => return Err(SegmentError::Changed),
            FetchOutcome::Exhausted(exhausted) => return Err(SegmentError::Exhausted(exhausted)),
        };
        match fetched.selection {
            Selection::Part(_) => {
                let entry = from_origin(self.entry.segment(span.length()), fetched.origin);
                let content = fetched.received.content;
                let hit = obligation.insert(read, entry, Duration::ZERO, content);
                Ok(FoundSegment {
                    hit: hit.ok_or(failed)?,
                    took: Some(fetched.took),
                })
            }
            Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
                Err(SegmentError::Changed)
            }
            Selection::Whole | Selection::NotModified => Err(failed),
        }
    }
}

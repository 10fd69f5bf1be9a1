//! Reads a large object, whose segments are entries of their own.
//!
//! The segments go from the cache to the client one after the other on the host's side, and the next
//! is asked for while the current one is sent. Only the last bytes of each pass through this program:
//! so it notices how fast the client takes them, and whether the segment came whole.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey};
use b2_edge_core::cache::segments::{Segment, covering};
use b2_edge_core::cache::select::select;
use b2_edge_core::cache::status::CacheStatus;
use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::range::Span;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::line::LogLine;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::s3::version::ObjectVersion;
use fastly::http::body::StreamingBody;
use fastly::{Body, Response};

use crate::edge::cache::completion;
use crate::edge::cache::store::{self, Hit, Transaction};
use crate::edge::origins::attempt::Content;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::read::fill::fetched;
use crate::edge::read::object::{ObjectRead, pass, read_object};
use crate::edge::response::object;
use crate::edge::response::reply::Reply;

/// How many bytes of each segment pass through this program.
const TAIL_BYTES: u64 = 64 * 1024;

/// The pieces that they are written in. The platform takes a few writes before it makes the writer wait
/// (Viceroy eight: its `streaming_body.rs`), so they are many.
const PIECE_BYTES: usize = 4 * 1024;

/// After this time the rest of a read is left to the platform, which goes on when this program has
/// ended: an sandbox may last two minutes, and one on a trial account a minute
/// (<https://docs.fastly.com/products/compute-resource-limits>).
const HANDOVER: Duration = Duration::from_secs(40);

/// Why a segment is not to be had.
enum Lost {
    /// The object is of another version now.
    Changed,
    /// No origin gave it.
    Exhausted(Exhausted),
}

/// Answers for an object of which `described` is the description.
pub(crate) fn answer(
    read: &ObjectRead<'_>,
    described: Hit,
    state: CacheStatus,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    let entry = &described.entry;
    let span = match select(ReadMethod::Get, read.client, entry) {
        Selection::Part(span) => Some(span),
        Selection::Whole => None,
        Selection::NotModified | Selection::PreconditionFailed | Selection::RangeNotSatisfiable => {
            line.served_from_entry(&entry.origin, state, described.age);
            return object::with_entry(read, &described, state)
                .map_or_else(|| pass(read, line), Ok);
        }
    };
    let all = Span {
        first: 0,
        last: entry.length.saturating_sub(1),
    };
    let mut pieces = covering(span.unwrap_or(all), entry.length, read.cache.segment_bytes);
    let (Some(version), Some((first, part))) = (entry.version(), pieces.next()) else {
        return pass(read, line);
    };
    let object = Object {
        read,
        entry,
        version,
    };
    let (hit, is_new) = match object.segment(first, line) {
        Ok(found) => found,
        Err(Lost::Changed) => {
            described.purge();
            return if read.starts_anew() {
                read_object(read, line)
            } else {
                Err(GatewayError::OriginsExhausted(Exhausted::Failed))
            };
        }
        Err(Lost::Exhausted(exhausted)) => {
            return Err(GatewayError::OriginsExhausted(exhausted));
        }
    };
    let state = match state {
        CacheStatus::Hit if is_new => CacheStatus::Miss,
        CacheStatus::Hit | CacheStatus::Miss | CacheStatus::Stale | CacheStatus::Pass => state,
    };
    // The first segment may have come with the description, and then it is as new.
    let is_new = is_new || state == CacheStatus::Miss;
    line.served_from_entry(&hit.entry.origin, state, described.age);
    let is_one_piece = pieces.next().is_none();
    let reply = object::with_part_of(read, &described, span, &hit, state);
    if is_one_piece {
        let Some(body) = hit.body(Some(part)) else {
            return pass(read, line);
        };
        let reply = reply.with_body(body);
        return Ok(if is_new {
            reply.then_watch(read, object.key(first), &hit)
        } else {
            reply
        });
    }
    let span = span.unwrap_or(all);
    Ok(reply.with_segments(Segments {
        described,
        span,
        first: hit,
        is_new,
    }))
}

/// An object in segments, of one version.
struct Object<'r, 's> {
    read: &'r ObjectRead<'s>,
    entry: &'r Entry,
    version: ObjectVersion,
}

impl Object<'_, '_> {
    fn key(&self, segment: Segment) -> EntryKey<'_> {
        EntryKey::Segment {
            etag: self.entry.etag().unwrap_or_default(),
            segment_bytes: self.read.cache.segment_bytes,
            index: segment.index,
        }
    }

    /// A segment, and whether it has just been fetched.
    fn segment(&self, segment: Segment, line: &mut LogLine) -> Result<(Hit, bool), Lost> {
        match store::lookup(self.read, self.key(segment)) {
            Some(hit) => Ok((hit, false)),
            None => self.fetch(segment, line),
        }
    }

    fn fetch(&self, segment: Segment, line: &mut LogLine) -> Result<(Hit, bool), Lost> {
        let read = self.read;
        let key = self.key(segment);
        let obligation = match store::transact(read, key, read.patience()) {
            Transaction::Hit(hit) => return Ok((hit, false)),
            Transaction::Obligation(obligation) => obligation,
            Transaction::TimedOut | Transaction::Unavailable => {
                return Err(Lost::Exhausted(Exhausted::Failed));
            }
        };
        let span = Span {
            first: segment.first,
            last: segment.last,
        };
        let answered = match fetch(read, &OriginRequest::part(span, &self.version), line) {
            FetchOutcome::Response(answered) => answered,
            FetchOutcome::NotFound { .. } => return Err(Lost::Changed),
            FetchOutcome::Exhausted(exhausted) => return Err(Lost::Exhausted(exhausted)),
        };
        match answered.served {
            Selection::Part(_) => {
                let entry = fetched(self.entry.segment(span.length()), answered.origin);
                let content = answered.received.content;
                obligation
                    .store(read, entry, Duration::ZERO, content)
                    .map(|hit| (hit, true))
                    .ok_or(Lost::Exhausted(Exhausted::Failed))
            }
            Selection::PreconditionFailed | Selection::RangeNotSatisfiable => Err(Lost::Changed),
            Selection::Whole | Selection::NotModified => Err(Lost::Exhausted(Exhausted::Failed)),
        }
    }

    /// What follows: the next segment, or all that is left up to `last` where no more segments can be fetched.
    ///
    /// What another request is fetching may break off. There is time to wait for it: the client is still
    /// being sent the segment before.
    fn ahead(&self, next: Segment, last: u64, line: &mut LogLine) -> Result<Ahead, Lost> {
        self.read.waits_anew();
        for _ in 0..2 {
            let (hit, is_new) = match store::lookup(self.read, self.key(next)) {
                Some(hit) => (hit, false),
                None if self.is_used_up() => return self.rest(next, last, line).map(Ahead::Rest),
                None => self.fetch(next, line)?,
            };
            let key = store::cache_key(self.read, self.key(next));
            if is_new || store::find(key).is_some_and(|found| found.is_complete()) {
                return Ok(Ahead::Segment(hit, is_new));
            }
            hit.purge();
        }
        Err(Lost::Exhausted(Exhausted::Failed))
    }

    /// Whether no more segments can be fetched by this sandbox: one request to each origin is kept for
    /// the rest.
    fn is_used_up(&self) -> bool {
        let kept = self.read.service.origins.len();
        self.read.sandbox.requests_left() <= kept || !self.is_paced()
    }

    fn is_paced(&self) -> bool {
        self.read.began.elapsed() < HANDOVER
    }

    /// The bytes from a segment on to the end of the read, as they come from an origin.
    fn rest(&self, from: Segment, last: u64, line: &mut LogLine) -> Result<Body, Lost> {
        let span = Span {
            first: from.first,
            last,
        };
        match fetch(self.read, &OriginRequest::part(span, &self.version), line) {
            FetchOutcome::Response(answered) => {
                match (answered.served, answered.received.content) {
                    (Selection::Part(_), Content::Bytes(bytes)) => Ok(Body::from(bytes)),
                    (Selection::Part(_), Content::Stream(body, _)) => Ok(Body::from(body)),
                    _ => Err(Lost::Changed),
                }
            }
            FetchOutcome::NotFound { .. } => Err(Lost::Changed),
            FetchOutcome::Exhausted(exhausted) => Err(Lost::Exhausted(exhausted)),
        }
    }
}

/// What follows in a read of several segments.
enum Ahead {
    Segment(Hit, bool),
    Rest(Body),
}

/// A read of several segments, of which the first is at hand.
pub(crate) struct Segments {
    described: Hit,
    span: Span,
    first: Hit,
    is_new: bool,
}

impl Segments {
    /// Sends them. False when the client has not got all of them, which it can tell from the length that
    /// it was promised.
    pub(crate) fn send(
        self,
        response: Response,
        read: &ObjectRead<'_>,
        line: &mut LogLine,
    ) -> bool {
        let entry = &self.described.entry;
        let Some(version) = entry.version() else {
            return false;
        };
        let object = Object {
            read,
            entry,
            version,
        };
        let mut client = response.stream_to_client();
        let mut pieces = covering(self.span, entry.length, read.cache.segment_bytes);
        let Some((mut segment, mut part)) = pieces.next() else {
            return false;
        };
        let (mut hit, mut is_new) = (self.first, self.is_new);
        loop {
            let next = pieces.next();
            let (front, tail) = if next.is_some() && object.is_paced() {
                part.split_before_last(TAIL_BYTES)
            } else {
                (Some(part), None)
            };
            if let Some(front) = front {
                let Some(body) = hit.body(Some(front)) else {
                    return false;
                };
                client.append(body);
            }
            let ahead = next.map(|(next, _)| object.ahead(next, self.span.last, line));
            if let Some(tail) = tail {
                let Some(bytes) = bytes_of(read, object.key(segment), tail) else {
                    completion::broke_off(read, &hit.entry);
                    // What was asked for ahead comes the same way, and nobody watches it now.
                    if let Some(Ok(Ahead::Segment(following, true))) = &ahead {
                        following.purge();
                    }
                    return false;
                };
                if write(&mut client, &bytes).is_err() {
                    return false;
                }
            }
            match (ahead, next) {
                (Some(Ok(Ahead::Segment(following, following_is_new))), Some(at)) => {
                    (hit, is_new) = (following, following_is_new);
                    (segment, part) = at;
                }
                (Some(Ok(Ahead::Rest(body))), _) => {
                    client.append(body);
                    return client.finish().is_ok();
                }
                (Some(Err(Lost::Changed)), _) => {
                    self.described.purge();
                    return false;
                }
                (Some(Err(Lost::Exhausted(_))), _) => return false,
                (_, None) | (None, _) => {
                    let is_sent = client.finish().is_ok();
                    line.delivered(read.began.elapsed());
                    let key = store::cache_key(read, object.key(segment));
                    return is_sent
                        && (!is_new || completion::until_complete(read, key, &hit.entry));
                }
            }
        }
    }
}

/// Some bytes of a segment, as soon as they are there; `None` if they do not come.
fn bytes_of(read: &ObjectRead<'_>, key: EntryKey<'_>, part: Span) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(part.length()).ok()?];
    // Looked up anew: the bytes of an entry that was found can be had only once at a time.
    let mut body = store::lookup(read, key)?.body(Some(part))?;
    body.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Writes bytes in many pieces, which waits until the client has taken most of what was before them.
fn write(client: &mut StreamingBody, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(PIECE_BYTES) {
        client.write_all(piece)?;
        client.flush()?;
    }
    Ok(())
}

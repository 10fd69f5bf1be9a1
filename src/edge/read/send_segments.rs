//! Sends the segments of a large object.
//!
//! They go from the cache to the client one after the other on the host's side, and the next one is requested while
//! the current one is sent. Only the last bytes of each pass through the program: so it notices how fast the client
//! takes them, and whether the segment arrived completely.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use b2_edge_core::cache::entry::Entry;
use b2_edge_core::cache::pacing::Pacing;
use b2_edge_core::cache::segments::{Segment, covering, segment as whole_segment};
use b2_edge_core::http::range::Span;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::origins::request::OriginRequest;
use fastly::Body;
use fastly::http::body::StreamingBody;

use crate::edge::cache::completion;
use crate::edge::cache::store::{self, CachedEntry};
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;
use crate::edge::origins::fetch::{FetchOutcome, fetch};
use crate::edge::platform::deadline::Deadline;
use crate::edge::read::segmented::{FoundSegment, SegmentError, Segments, found};
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::segments::SegmentPlan;

/// How many bytes of each segment pass through the program.
const TAIL_BYTES: u64 = 64 * 1024;

/// The size of the writes that they are sent in. The platform takes a few writes before it makes the writer wait
/// (Viceroy eight: its `streaming_body.rs`), so there are many.
const WRITE_BYTES: usize = 4 * 1024;

/// After this time the rest of a read is handed over to the host, which continues when the program has ended: an
/// execution may last two minutes, and one on a trial account a minute. It is checked between pieces
/// (<https://docs.fastly.com/products/compute-resource-limits>).
const HANDOVER: Duration = Duration::from_secs(40);

/// What became of sending.
pub(crate) struct Sent {
    /// Whether the client was sent everything. If not, it can tell from `Content-Length`.
    pub(crate) is_complete: bool,
    /// When the platform had the whole response.
    pub(crate) at: Instant,
}

impl Sent {
    fn incomplete() -> Self {
        Self {
            is_complete: false,
            at: Instant::now(),
        }
    }
}

/// What follows a segment.
enum Next {
    Segment(FoundSegment),
    /// The rest of the read in one body, from an origin.
    Rest(Body),
}

/// A segment that was looked up again.
struct Again {
    entry: CachedEntry,
    /// The part that is read, as offsets in the entry.
    part: Span,
    /// Whether it is the same entry as before.
    is_same: bool,
}

/// Sends a response and its segments.
pub(crate) fn send_segments(
    plan: SegmentPlan,
    response: Outgoing,
    read: &ObjectRead<'_>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Sent {
    let SegmentPlan {
        object,
        span,
        first,
        first_at,
        is_first_new,
    } = plan;
    let entry = &object.entry;
    let Some(version) = entry.version() else {
        return Sent::incomplete();
    };
    let segments = Segments {
        read,
        entry,
        version,
    };
    let mut client = response.stream();
    let mut pieces = covering(span, entry.length, read.cache.segment_bytes);
    // That is the first one.
    pieces.next();
    let (mut segment, mut part) = first_at;
    let (mut hit, mut is_new) = (first, is_first_new);
    let mut pacing = Pacing::default();
    loop {
        let next = pieces.next();
        let whole = part;
        // The last segment of a read needs no time of the program.
        if next.is_some() {
            let client = &mut client;
            let rest =
                segments.send_pieces(client, segment, &hit.entry, part, &mut pacing, attempts);
            let Some(rest) = rest else {
                return Sent::incomplete();
            };
            part = rest;
        }
        let began = Instant::now();
        let (front, tail) = if next.is_some() && is_paced(read) {
            part.split_before_last(TAIL_BYTES)
        } else {
            (Some(part), None)
        };
        if let Some(front) = front {
            let body = if part == whole {
                hit.body(Some(front))
            } else {
                segments.body(segment, &hit.entry, front, attempts)
            };
            let Some(body) = body else {
                return Sent::incomplete();
            };
            client.append(body);
        }
        let following = next.map(|(next, _)| segments.next(next, span.last, attempts));
        if let Some(tail) = tail {
            let Some(bytes) = segments.bytes(segment, &hit.entry, tail, attempts) else {
                // The segment that was requested ahead comes from the same origin, and nobody checks it now.
                if let Some(Ok(Next::Segment(FoundSegment { hit, took: Some(_) }))) = &following {
                    hit.purge();
                }
                return Sent::incomplete();
            };
            if write(&mut client, &bytes).is_err() {
                return Sent::incomplete();
            }
            pacing.add(part.length(), began.elapsed());
        }
        match (following, next) {
            (Some(Ok(Next::Segment(found))), Some(at)) => {
                (hit, is_new) = (found.hit, found.took.is_some());
                (segment, part) = at;
            }
            (Some(Ok(Next::Rest(body))), _) => {
                client.append(body);
                return Sent {
                    is_complete: client.finish().is_ok(),
                    at: Instant::now(),
                };
            }
            (Some(Err(SegmentError::Changed)), _) => {
                object.purge();
                return Sent::incomplete();
            }
            (Some(Err(SegmentError::Unreachable | SegmentError::Exhausted(_))), _) => {
                return Sent::incomplete();
            }
            (_, None) | (None, _) => {
                let is_sent = client.finish().is_ok();
                let at = Instant::now();
                let key = store::cache_key(read, segments.key(segment));
                return Sent {
                    is_complete: is_sent
                        && (!is_new || completion::until_complete(read, &key, &hit.entry)),
                    at,
                };
            }
        }
    }
}

impl Segments<'_, '_> {
    /// What follows: the next segment, or all that is left up to `last` when no more segments can be fetched.
    ///
    /// A segment that another request is fetching may break off. There is time to wait for its end: the client is
    /// still being sent the segment before.
    fn next(
        &self,
        next: Segment,
        last: u64,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Next, SegmentError> {
        let read = self.read;
        let deadline = read.new_deadline();
        for _ in 0..2 {
            let found = match store::lookup(read, self.key(next)) {
                Some(hit) => found(hit)?,
                None if self.is_used_up() => {
                    return self.rest(next, last, deadline, attempts).map(Next::Rest);
                }
                None => self.fetch(next, deadline, attempts)?,
            };
            let key = store::cache_key(read, self.key(next));
            if found.took.is_some()
                || store::find(&key)
                    .as_ref()
                    .is_some_and(CachedEntry::is_complete)
            {
                return Ok(Next::Segment(found));
            }
            found.hit.purge();
        }
        Err(SegmentError::Exhausted(Exhausted::Failed))
    }

    /// Sends a part of a segment to a slow client in several pieces, up to the last one, which is returned.
    fn send_pieces(
        &self,
        client: &mut StreamingBody,
        segment: Segment,
        sent: &Entry,
        mut part: Span,
        pacing: &mut Pacing,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Option<Span> {
        while is_paced(self.read)
            && let Some((piece, rest)) = pacing.split(part)
        {
            let began = Instant::now();
            self.send_piece(client, segment, sent, piece, attempts)?;
            pacing.add(piece.length(), began.elapsed());
            part = rest;
        }
        Some(part)
    }

    /// Sends a piece of a segment, and waits until the client has taken most of what was sent before its end.
    fn send_piece(
        &self,
        client: &mut StreamingBody,
        segment: Segment,
        sent: &Entry,
        piece: Span,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Option<()> {
        let (front, tail) = piece.split_before_last(TAIL_BYTES);
        if let Some(front) = front {
            client.append(self.body(segment, sent, front, attempts)?);
        }
        if let Some(tail) = tail {
            write(client, &self.bytes(segment, sent, tail, attempts)?).ok()?;
        }
        Some(())
    }

    /// A part of a segment that is being sent, as a body.
    fn body(
        &self,
        segment: Segment,
        sent: &Entry,
        part: Span,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Option<Body> {
        let again = self.look_up_again(segment, sent, part, attempts)?;
        again.entry.body(Some(again.part))
    }

    /// Some bytes of a segment that is being sent, once they have arrived; `None` if they do not.
    fn bytes(
        &self,
        segment: Segment,
        sent: &Entry,
        part: Span,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Option<Vec<u8>> {
        let again = self.look_up_again(segment, sent, part, attempts)?;
        let bytes = bytes_of(&again.entry, again.part);
        if bytes.is_none() && again.is_same {
            completion::broke_off(self.read, sent);
        }
        bytes
    }

    /// A segment that is being sent. It is looked up again, because only one body of a found entry can be open at a time.
    /// If it was purged or replaced meanwhile, that tells nothing about its transfer, and the same bytes are read from
    /// another entry of the same version.
    fn look_up_again(
        &self,
        segment: Segment,
        sent: &Entry,
        part: Span,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Option<Again> {
        let read = self.read;
        let found = store::find(&store::cache_key(read, self.key(segment)));
        if let Some(entry) = found.filter(|found| found.entry.id == sent.id) {
            let is_same = true;
            return Some(Again {
                entry,
                part,
                is_same,
            });
        }
        // The end of a segment may have been replaced by a shorter one.
        let whole = whole_segment(segment.index, self.entry.length, read.cache.segment_bytes)?;
        let skipped = segment.first - whole.first;
        let part = Span {
            first: part.first + skipped,
            last: part.last + skipped,
        };
        let again = self.get(whole, read.new_deadline(), attempts).ok()?;
        Some(Again {
            entry: again.hit,
            part,
            is_same: false,
        })
    }

    /// Whether this sandbox can fetch no more segments: one request to each origin is reserved for the rest.
    fn is_used_up(&self) -> bool {
        let context = self.read.context;
        let reserved = context.service.origins.len();
        context.sandbox.requests_left() <= reserved || !is_paced(self.read)
    }

    /// The bytes from a segment to the end of the read, streamed from an origin.
    fn rest(
        &self,
        from: Segment,
        last: u64,
        deadline: Deadline,
        attempts: &mut Vec<LoggedAttempt>,
    ) -> Result<Body, SegmentError> {
        let span = Span {
            first: from.first,
            last,
        };
        let request = OriginRequest::segment(span, &self.version);
        match fetch(self.read, &request, deadline, attempts) {
            FetchOutcome::Response(fetched) => {
                match (fetched.selection, fetched.received.content) {
                    (Selection::Part(_), Content::Bytes(bytes)) => Ok(Body::from(bytes)),
                    (Selection::Part(_), Content::Stream(body, _)) => Ok(Body::from(body)),
                    _ => Err(SegmentError::Changed),
                }
            }
            FetchOutcome::OtherVersion { unanimous: true } => Err(SegmentError::Changed),
            FetchOutcome::OtherVersion { unanimous: false } | FetchOutcome::NotFound(_) => {
                Err(SegmentError::Unreachable)
            }
            FetchOutcome::Exhausted(exhausted) => Err(SegmentError::Exhausted(exhausted)),
        }
    }
}

/// Whether the program still follows the client's pace.
fn is_paced(read: &ObjectRead<'_>) -> bool {
    read.context.received.elapsed() < HANDOVER
}

/// Some bytes of a segment, once they have arrived; `None` if they do not.
fn bytes_of(segment: &CachedEntry, part: Span) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(part.length()).ok()?];
    segment.body(Some(part))?.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// Writes bytes in many pieces, which blocks until the client has taken most of what was sent before them.
fn write(client: &mut StreamingBody, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(WRITE_BYTES) {
        client.write_all(piece)?;
        client.flush()?;
    }
    Ok(())
}

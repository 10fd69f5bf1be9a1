//! A reply on its way to the client, and what remains to be done when that has it.

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::http::content_type::ContentTraits;
use b2_edge_core::log::line::LogLine;
use b2_edge_core::origins::outcome::NotFoundAs;
use fastly::{Body, Response};

use crate::edge::cache::store;
use crate::edge::cache::store::Hit;
use crate::edge::read::object::ObjectRead;
use crate::edge::read::segmented::Segments;
use crate::edge::response::object::SERVER_TIMING;

/// A response, with what the log says of it.
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) reason: &'static str,
    /// The length of its content, if it is known.
    pub(crate) bytes: Option<u64>,
    /// What kind of content it is about, where it is about an object's.
    pub(crate) kind: Option<ContentTraits>,
    /// That there is no such object, if it says so.
    pub(crate) absence: Option<NotFoundAs>,
    /// Whether some origin that could not tell may have it all the same.
    pub(crate) is_doubtful: bool,
    pub(crate) then: Then,
    /// Whether to ask, after all that, if the object has changed that was served.
    pub(crate) is_to_revalidate: bool,
}

/// What remains to be done.
pub(crate) enum Then {
    Nothing,
    /// To see that the entry with this key is stored to its end.
    Watch(Vec<u8>, Box<Entry>),
    /// To send the content, segment by segment.
    Send(Box<Segments>),
}

impl Reply {
    pub(crate) const fn new(response: Response, reason: &'static str, bytes: Option<u64>) -> Self {
        Self {
            response,
            reason,
            bytes,
            kind: None,
            absence: None,
            is_doubtful: false,
            then: Then::Nothing,
            is_to_revalidate: false,
        }
    }

    /// About content of a kind.
    pub(crate) const fn about(mut self, kind: ContentTraits) -> Self {
        self.kind = Some(kind);
        self
    }

    pub(crate) const fn then_revalidate(mut self) -> Self {
        self.is_to_revalidate = true;
        self
    }

    pub(crate) fn then_watch(
        mut self,
        read: &ObjectRead<'_>,
        key: EntryKey<'_>,
        hit: &Hit,
    ) -> Self {
        let is_streamed = hit.entry.length > read.service.failover.whole_body_bytes;
        if is_streamed && hit.entry.kind == EntryKind::Body {
            let key = store::cache_key(read, key);
            self.then = Then::Watch(key, Box::new(hit.entry.clone()));
        }
        self
    }

    /// Tells the client what only the log tells otherwise.
    pub(crate) fn tell_attempts(&mut self, line: &LogLine) {
        if let Some(timing) = line.server_timing() {
            self.response.append_header(SERVER_TIMING, timing);
        }
    }

    pub(crate) fn with_body(mut self, body: Body) -> Self {
        self.response.set_body(body);
        self
    }

    pub(crate) fn with_segments(mut self, segments: Segments) -> Self {
        self.then = Then::Send(Box::new(segments));
        self
    }
}

//! A response that is being built, with what the log says about it and what remains to be done.

use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::http::content_type::ContentTraits;
use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::log::image::LoggedImage;
use b2_edge_core::log::line::LoggedResponse;
use b2_edge_core::origins::consensus::NotFound;
use b2_edge_core::s3::object_key::ObjectKey;
use fastly::Body;
use fastly::handle::PendingRequestHandle;
use http::HeaderMap;

use crate::edge::cache::purge::Purge;
use crate::edge::cache::store::{self, CachedEntry};
use crate::edge::context::ObjectRead;
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::segments::SegmentPlan;

/// A response that is being built.
pub(crate) struct Reply {
    pub(crate) response: Outgoing,
    /// Why it has its status, as the log says it.
    pub(crate) reason: &'static str,
    /// The length of its content, if it is known.
    pub(crate) bytes: Option<u64>,
    /// Where its object came from; `None` for a response that is about no object.
    pub(crate) provenance: Option<Provenance>,
    /// The traits of its content, where that is an object's.
    pub(crate) traits: Option<ContentTraits>,
    /// The key of the object that is sent, if it is not the one that the client's path names.
    pub(crate) alternate_key: Option<String>,
    /// That the object was not found, if that is what the response says.
    pub(crate) not_found: Option<NotFound>,
    /// Why the object has no variant, if that is what the response says.
    pub(crate) unrendered: Option<RenderFailure>,
    /// What the log says about a variant.
    pub(crate) image: Option<LoggedImage>,
    /// A variant that is to be stored in the bucket after the response.
    pub(crate) stores: Option<Box<UnstoredVariant>>,
    pub(crate) delivery: Delivery,
    /// The key of the stale entry that was served, to be revalidated after the response.
    pub(crate) revalidates: Option<EntryKey<'static>>,
    /// What to purge again after the response.
    pub(crate) purges: Option<Purge>,
}

/// A variant that is to be stored in the bucket.
pub(crate) struct UnstoredVariant {
    /// The backend of the origin that its source came from.
    pub(crate) origin: String,
    pub(crate) key: ObjectKey,
    pub(crate) bytes: Vec<u8>,
    /// `Content-Type`, `Cache-Control` and the metadata.
    pub(crate) headers: HeaderMap,
}

/// How the content of a response is sent.
pub(crate) enum Delivery {
    /// As the body of the response.
    Body,
    /// As the body of the response, while the entry with this cache key is still being inserted. After it, the entry
    /// has to be checked for completeness.
    BodyOfNewEntry(Vec<u8>, Box<Entry>),
    /// Segment by segment.
    Segments(Box<SegmentPlan>),
    /// By the host, when the response to this request begins; the reply's own response is not sent.
    Pending(PendingRequestHandle),
}

impl Delivery {
    /// What remains to be done if the content is not sent.
    pub(crate) fn without_content(self) -> Self {
        match self {
            Self::BodyOfNewEntry(..) | Self::Pending(_) => self,
            Self::Body | Self::Segments(_) => Self::Body,
        }
    }
}

impl Reply {
    pub(crate) const fn new(response: Outgoing, reason: &'static str, bytes: Option<u64>) -> Self {
        Self {
            response,
            reason,
            bytes,
            provenance: None,
            traits: None,
            alternate_key: None,
            not_found: None,
            unrendered: None,
            image: None,
            stores: None,
            delivery: Delivery::Body,
            revalidates: None,
            purges: None,
        }
    }

    pub(crate) const fn with_traits(mut self, traits: ContentTraits) -> Self {
        self.traits = Some(traits);
        self
    }

    pub(crate) fn with_provenance(mut self, provenance: Provenance) -> Self {
        self.provenance = Some(provenance);
        self
    }

    pub(crate) fn with_body(mut self, body: Body) -> Self {
        self.response.set_body(body);
        self
    }

    pub(crate) fn with_segments(mut self, plan: SegmentPlan) -> Self {
        self.delivery = Delivery::Segments(Box::new(plan));
        self
    }

    /// What the log says about it, `head` after the arrival of the request.
    pub(crate) fn logged(&self, head: Duration) -> LoggedResponse<'_> {
        LoggedResponse {
            status: self.response.status.as_u16(),
            reason: self.reason,
            bytes: self.bytes,
            provenance: self.provenance.as_ref(),
            key: self.alternate_key.as_deref(),
            image: self.image.as_ref(),
            head,
        }
    }

    /// After the response, checks that the new entry is complete, unless it was read whole before.
    pub(crate) fn then_check(
        mut self,
        read: &ObjectRead<'_>,
        key: EntryKey<'_>,
        hit: &CachedEntry,
    ) -> Self {
        if hit.entry.kind == EntryKind::Body && !read.is_read_whole(hit.entry.length) {
            let key = store::cache_key(read, key);
            self.delivery = Delivery::BodyOfNewEntry(key, Box::new(hit.entry.clone()));
        }
        self
    }

    pub(crate) const fn then_revalidate(mut self, key: EntryKey<'static>) -> Self {
        self.revalidates = Some(key);
        self
    }
}

//! The plan of a response whose content is several segments of a large object.

use b2_edge_core::cache::segments::Segment;
use b2_edge_core::http::range::Span;

use crate::edge::cache::store::CachedEntry;

/// The segments to send. The first one is there, so that the response can begin.
pub(crate) struct SegmentPlan {
    /// The entry of the object, which has its headers and no bytes.
    pub(crate) object: CachedEntry,
    /// The bytes of the object to send.
    pub(crate) span: Span,
    /// The first segment or its end, and which of its bytes to send.
    pub(crate) first: CachedEntry,
    pub(crate) first_at: (Segment, Span),
    /// Whether the first segment was fetched for this response and may be arriving still.
    pub(crate) is_first_new: bool,
}

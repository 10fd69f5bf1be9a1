//! What comes of trying an engine.

use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::images::failure::RenderFailure;

/// A variant that was rendered.
pub(super) struct Rendered {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: String,
    /// The version of the source that it was made of.
    pub(super) source_etag: Option<String>,
    /// The origin of the source.
    pub(super) provenance: Provenance,
}

/// What came of trying an engine.
pub(super) enum Tried {
    Rendered(Box<Rendered>),
    /// The source has no variant, whichever engine is asked.
    Failed(RenderFailure),
    /// The source is another version than it was a moment ago, or gone.
    Changed,
    /// This engine cannot make this variant; another may.
    HandedOver,
    /// The engine, or the sources, failed now.
    Unavailable,
    /// This execution has no time left for it; a new one has.
    OutOfTime,
}

/// An engine's result, and how the log calls it.
pub(super) struct Outcome {
    pub(super) tried: Tried,
    pub(super) label: &'static str,
    /// The status of the render service's response.
    pub(super) status: Option<u16>,
}

impl Outcome {
    pub(super) const fn new(tried: Tried, label: &'static str) -> Self {
        Self {
            tried,
            label,
            status: None,
        }
    }
}

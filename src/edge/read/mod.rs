//! Reading one object through the cache. Not here: which object a path names, and how the response is finished.

pub(crate) mod fill;
pub(crate) mod listing;
pub(crate) mod object;
pub(crate) mod segmented;
pub(crate) mod send_segments;
mod through_cache;
pub(crate) mod variant;

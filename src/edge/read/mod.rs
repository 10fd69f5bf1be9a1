//! Reading one object through the cache.

pub(crate) mod fill;
pub(crate) mod object;
pub(crate) mod segmented;

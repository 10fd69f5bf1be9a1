//! The Core Cache.

pub(crate) mod completion;
pub(crate) mod store;

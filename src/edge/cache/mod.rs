//! The Core Cache: looking up, filling and purging the entries of objects. Not here: what may be cached, and for
//! how long, which the core decides.

pub(crate) mod completion;
mod found;
pub(crate) mod purge;
pub(crate) mod records;
pub(crate) mod store;

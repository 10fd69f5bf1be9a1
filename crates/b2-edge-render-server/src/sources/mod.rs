//! Originals from their sources: connections, one request, and the order in which sources are tried.

pub(crate) mod connector;
pub(crate) mod exchange;
pub(crate) mod in_order;
pub(crate) mod original;
pub(crate) mod trouble;
pub(crate) mod url;

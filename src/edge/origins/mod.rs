//! Requests to the origins: signed, sent, raced and judged. Not here: what may be cached of a response.

pub(crate) mod attempt;
pub(crate) mod circuit_breaker;
pub(crate) mod content;
pub(crate) mod fetch;
pub(crate) mod put;
pub(crate) mod response;
pub(crate) mod send;

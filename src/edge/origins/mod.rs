//! Requests to the origins.

pub(crate) mod attempt;
pub(crate) mod circuit_breaker;
pub(crate) mod fetch;
pub(crate) mod send;

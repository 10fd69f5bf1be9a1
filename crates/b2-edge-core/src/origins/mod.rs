//! Fetching from the origins: which request they get, what a response means, when to fail over, and when to
//! hedge. Not here: how a request is sent, which needs the platform, and whether a response may be cached,
//! which `cache` decides.

pub mod circuit_breaker;
pub mod consensus;
pub mod failover;
pub mod headers;
pub mod outcome;
pub mod request;
pub mod settings;
pub mod verdict;

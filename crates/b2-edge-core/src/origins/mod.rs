//! What an origin is asked, what its answer means, and when the next one is asked.

pub mod circuit_breaker;
pub mod consensus;
pub mod headers;
pub mod hedging;
pub mod outcome;
pub mod request;
pub mod settings;
pub mod verdict;

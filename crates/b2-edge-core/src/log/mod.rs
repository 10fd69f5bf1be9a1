//! The log line of a request.

pub mod line;

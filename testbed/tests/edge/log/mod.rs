//! The log line: when it is written, and every value it can have. Its schema is in `support`.

mod cache_reasons;
pub(crate) mod lines;
mod reasons;

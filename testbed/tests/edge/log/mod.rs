//! The log line: when it is written, and every value it can have. Its schema is in `support`.

pub(crate) mod lines;
mod reasons;

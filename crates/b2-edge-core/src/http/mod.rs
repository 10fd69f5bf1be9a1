//! HTTP semantics and caching fields (RFC 9110, 9111): paths, ranges, preconditions, content negotiation. Not
//! here: the S3 protocol, and what this application decides from a request.

pub mod accept;
pub mod cache_control;
pub mod conditional;
pub mod content_security_policy;
pub mod content_type;
pub mod date;
pub mod field;
pub mod header_list;
pub mod iso8601;
pub mod method;
pub mod path;
pub mod path_pattern;
pub mod query;
pub mod range;
pub mod retry_after;
pub mod selection;
pub mod server_timing;
pub mod target;

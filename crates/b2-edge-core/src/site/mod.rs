//! A bucket as a website: index, error and fallback documents, listings, redirects, CORS, security headers. Not here:
//! reading objects, and what the status page shows.

pub mod base_path;
pub mod cors;
pub mod documents;
pub mod listing;
pub mod redirect;
pub mod security_headers;
pub mod web_policy;

//! A bucket as a website: documents, redirects, CORS, security headers.

pub mod cors;
pub mod documents;
pub mod redirect;
pub mod security_headers;
pub mod web_policy;

//! The pure core of b2-edge, a room for each stage of a request's journey.
//!
//! Everything here is decided from values: the time, the POP and the environment are parameters,
//! and nothing names the platform. The application (`src/`) carries the decisions out.

pub mod cache;
pub mod config;
pub mod error;
pub mod http;
pub mod log;
pub mod origins;
pub mod request;
pub mod routing;
pub mod s3;
pub mod setup;
pub mod site;
pub mod status_page;

//! The pure core of b2-edge, in the order of a request's journey.
//!
//! Everything here is decided from values: the time, the POP and the environment are parameters,
//! and nothing names the platform. `src/edge/` carries the decisions out.

pub mod config;
pub mod credentials;
pub mod misconfiguration;
pub mod origin;
pub mod service;

pub mod cache_control;
pub mod cache_policy;
pub mod conditional;
pub mod error;
pub mod failover;
pub mod headers;
pub mod http_date;
pub mod intent;
pub mod log_line;
pub mod object_key;
pub mod pops;
pub mod range;
pub mod region;
pub mod route;
pub mod s3_error;
pub mod segments;
pub mod sign;
pub mod surrogate_key;
pub mod target;

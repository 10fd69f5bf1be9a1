//! The pure core of b2-edge, in the order of a request's journey.
//!
//! Everything here is decided from values: the time, the POP and the environment are parameters,
//! and nothing names the platform. `src/edge/` carries the decisions out.

pub mod config;
pub mod credentials;
pub mod misconfiguration;
pub mod origin;
pub mod service;

pub mod answer;
pub mod cache_control;
pub mod cache_policy;
pub mod cache_rules;
pub mod cache_state;
pub mod conditional;
pub mod content_type;
pub mod cors;
pub mod country;
pub mod entry;
pub mod error;
pub mod failover;
pub mod front;
pub mod headers;
pub mod hedge;
pub mod http_date;
pub mod intent;
pub mod log_line;
pub mod negotiation;
pub mod object_key;
pub mod origin_memory;
pub mod outcome;
pub mod path_pattern;
pub mod pops;
pub mod question;
pub mod range;
pub mod redirect;
pub mod region;
pub mod request_id;
pub mod request_path;
pub mod route;
pub mod s3_error;
pub mod security_headers;
pub mod segments;
pub mod sign;
pub mod site;
pub mod status_page;
pub mod surrogate_key;
pub mod tally;
pub mod target;

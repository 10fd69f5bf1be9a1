//! End-to-end tests: the release wasm in Viceroy, in front of two private S3 origins.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, in a crate of their own"
)]

mod borrowed;
mod cache;
mod client_headers;
mod collapsing;
mod comparison;
mod compression;
mod conditionals;
mod cors;
mod failover;
mod fastly_cli;
mod hedge;
mod history;
mod history_tests;
mod keys;
mod large_objects;
mod load;
mod log;
mod log_reasons;
mod log_schema;
mod matrix;
mod matrix_large;
mod model;
mod origin_memory;
mod privacy;
mod purge;
mod reads;
mod redirects;
mod refusals;
mod request_ids;
mod revalidation;
mod security_headers;
mod segments;
mod setup;
mod site;
mod site_cache;
mod site_outage;
mod stage;
mod status_page;
mod troubles;

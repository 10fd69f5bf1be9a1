//! End-to-end tests: the release wasm in Viceroy, in front of two private S3 origins.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, in a crate of their own"
)]

mod client_headers;
mod failover;
mod fastly_cli;
mod keys;
mod log;
mod privacy;
mod reads;
mod refusals;
mod setup;
mod stage;

//! End-to-end tests: the release wasm in Viceroy, in front of two private S3 origins. One program, so that
//! it is linked once; a folder for each subject.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "these are tests, in a crate of their own"
)]

mod cache;
mod comparison;
mod cost;
mod failover;
mod http;
mod images;
mod log;
mod s3;
mod setup;
mod site;
mod support;

//! The pages that the application serves, in headless Chromium.
//!
//! The scripts in `testbed/browser/` drive it; here is what they are run against. Where Node.js, Chromium or
//! the packages are missing these tests check nothing, and `cargo xtask test` says so at its end; where
//! `B2_EDGE_REQUIRE_BROWSER` is set, as `.ci/run` does, that is a failure.
#![expect(
    clippy::expect_used,
    reason = "these are tests, in a crate of their own"
)]

mod application;
mod script;
mod site;
mod status_page;

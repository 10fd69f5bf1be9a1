//! The pages that the application serves, in headless Chromium.
//!
//! The scripts in `testbed/browser/` control the browser; the tests start the application and run the scripts.
//! Without Node.js, Chromium or the npm packages they check nothing, which `cargo xtask test` reports at its
//! end, or fail if `B2_EDGE_REQUIRE_BROWSER` is set, as in `.ci/run`.
#![expect(
    clippy::expect_used,
    reason = "these are tests, in a crate of their own"
)]

mod application;
mod gallery;
mod script;
mod site;
mod status_page;

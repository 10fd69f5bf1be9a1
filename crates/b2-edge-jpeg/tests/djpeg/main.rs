//! The decoder against libjpeg-turbo: files that `cjpeg` makes, decoded by this crate and by `djpeg`.
//!
//! Without these programs the tests fail. They are in Debian's package libjpeg-turbo-progs.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "what stands around a test fails it too"
)]

mod changed;
mod pictures;
mod programs;
mod same;
mod vectors;

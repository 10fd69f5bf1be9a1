//! Sources of every type to variants, through the public functions of the crate. The sources are made by encoders that
//! the tests call, and the pixels of a variant are known from what they were made of.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "what stands around a test fails it too"
)]

mod broken;
mod corpus;
mod formats;
mod mutations;
mod orientation;
mod originals;
mod profiles;
mod support;

//! Variants against those that sharp (npm) makes of the same sources with the same options: the mean difference of the
//! samples is at most 2 of 255.
//!
//! `B2_EDGE_SHARP_MODULES` is the directory whose `node_modules` has sharp. Without it nothing is compared, which is a
//! failure if `B2_EDGE_REQUIRE_SHARP` is set.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "what stands around a test fails it too"
)]

mod compare;
#[path = "../render/corpus.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod corpus;
mod node;
mod scene;

//! The program itself, started with an environment, in front of local S3 origins that verify signatures.

#![expect(clippy::expect_used, reason = "what stands around a test fails it too")]

mod authorisation;
mod bounds;
mod images;
mod load;
mod order;
mod sources;
mod start;
mod stop;
mod support;
mod thumbnails;

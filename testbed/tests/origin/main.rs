//! The origins behave like B2. Requests are signed by a crate other than the one that verifies them.

#![expect(clippy::expect_used, reason = "what stands around a test fails it too")]

mod client;
mod faults;
mod malformed;
mod reads;
mod refusals;
mod sent;
mod signer;
mod writes;

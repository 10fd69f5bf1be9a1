//! The origins behave as B2 does, judged with a signer that is not theirs.

#![expect(clippy::expect_used, reason = "what stands around a test fails it too")]

mod client;
mod faults;
mod mangled;
mod reads;
mod refusals;
mod sent;
mod signer;

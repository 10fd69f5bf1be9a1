//! The origins behave as B2 does, judged with a signer that is not theirs.

#![expect(clippy::expect_used, reason = "what stands around a test fails it too")]

mod faults;
mod reads;
mod refusals;
mod signer;

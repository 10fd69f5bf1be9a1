//! What b2-edge is tested against: real parts on loopback, not mocks.
//!
//! * [`Origin`]: a private S3 region. Signatures are verified by `s3s` from the bytes on the wire,
//!   objects are stored by `s3s-fs`; it records every request ([`SeenRequest`]) and misbehaves on
//!   demand ([`Fault`]).
//! * [`Viceroy`]: Fastly's local runtime with a generated manifest, running the release wasm.
//! * [`Call`]: an HTTP/1.1 client which changes nothing in the request target, knows whether an answer
//!   was complete, and can be slow or leave early; [`KeptConnection`] sends many on one connection.
//! * [`wasm_memory`]: a module that may have so much memory and no more.
//! * [`sample`] and [`demo`]: the content and the two origins that `cargo xtask serve` shows.
//!
//! Origins live on a [`runtime()`] of their own, so a `static` origin serves every test of a binary
//! although each `#[tokio::test]` has its own runtime.

#![expect(
    clippy::expect_used,
    reason = "test equipment: a broken invariant here must stop the test with its name, not travel as an error"
)]

mod b2;
mod client;
pub mod demo;
mod runtime;
mod viceroy;
mod watchdog;

pub use b2::fault::{CannedAnswer, Fault, FaultGuard};
pub use b2::object::Object;
pub use b2::object_path::encode_key;
pub use b2::origin::{Origin, OriginSpec};
pub use b2::recorder::SeenRequest;
pub use client::persistent_connection::KeptConnection;
pub use client::request::{Answer, Call, get, head};
pub use demo::{log_view, sample};
pub use runtime::runtime;
pub use viceroy::config::ViceroyConfig;
pub use viceroy::process::{LOG_ENDPOINT_PREFIX, Viceroy};
pub use viceroy::wasm_memory;

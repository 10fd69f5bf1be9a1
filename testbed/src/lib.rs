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

mod access;
mod body_fault;
mod bucket;
mod client;
mod conditions;
mod connection;
mod counted_body;
pub mod demo;
mod fault;
mod framing;
mod front;
mod kept_connection;
mod listener;
pub mod log_view;
mod mangled;
mod mp4;
mod object;
mod object_path;
mod origin;
mod output;
mod png;
mod recorder;
mod runtime;
pub mod sample;
mod viceroy;
mod viceroy_config;
pub mod wasm_memory;
mod watchdog;

pub use client::{Answer, Call, get, head};
pub use fault::{CannedAnswer, Fault, FaultGuard};
pub use kept_connection::KeptConnection;
pub use object::Object;
pub use object_path::encode_key;
pub use origin::{Origin, OriginSpec};
pub use recorder::SeenRequest;
pub use runtime::runtime;
pub use viceroy::{LOG_ENDPOINT_PREFIX, Viceroy};
pub use viceroy_config::ViceroyConfig;

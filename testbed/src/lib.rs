//! What b2-edge is tested against: real servers on loopback, not mocks.
//!
//! * [`Origin`]: a private S3 region. `s3s` verifies signatures from the bytes on the wire, `s3s-fs` stores
//!   the objects. It records every request ([`SeenRequest`]) and fails on demand ([`Fault`]).
//! * [`Viceroy`]: Fastly's local runtime with a generated manifest, which runs the release build.
//! * [`Request`]: an HTTP/1.1 client that changes nothing in the request target, knows whether a response
//!   was complete, and can read slowly or disconnect early; [`PersistentConnection`] sends many requests on
//!   one connection.
//! * [`S3Client`]: an S3 client whose signed requests a test can change.
//! * [`WebhookReceiver`]: records the notifications of writes.
//! * [`wasm_memory`]: limits the memory of a WebAssembly module. [`wasm_import`]: has it import another function.
//! * [`sample`] and [`demo`]: the content and the two origins that `cargo xtask serve` shows.
//!
//! Origins run on their own [`runtime()`], so a `static` origin serves every test of a program although each
//! `#[tokio::test]` has its own runtime.

#![expect(
    clippy::expect_used,
    reason = "test equipment: a broken invariant must fail the test at once, not travel as an error"
)]

mod b2;
mod client;
pub mod demo;
mod render_service;
mod runtime;
mod s3_client;
mod viceroy;
mod watchdog;
mod webhook;

pub use b2::fault::{CannedResponse, Fault, FaultGuard};
pub use b2::object::Object;
pub use b2::object_path::encode_key;
pub use b2::origin::{KeyPair, Origin, OriginSpec};
pub use b2::recorder::SeenRequest;
pub use client::persistent_connection::PersistentConnection;
pub use client::request::{Request, Response, get, head};
pub use demo::{log_view, sample};
pub use render_service::RenderService;
pub use runtime::runtime;
pub use s3_client::checksum::Checksum;
pub use s3_client::chunks::Chunked;
pub use s3_client::request::{S3Client, S3Request};
pub use s3_client::signed::SignedRequest;
pub use viceroy::config::ViceroyConfig;
pub use viceroy::process::{EVENT_ENDPOINT_PREFIX, LOG_ENDPOINT_PREFIX, Viceroy};
pub use viceroy::wasm_import;
pub use viceroy::wasm_memory;
pub use webhook::{Notification, Reception, WebhookReceiver};

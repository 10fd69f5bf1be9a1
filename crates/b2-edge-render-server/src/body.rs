//! The body of a request: bounded in bytes and in time.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::failure::Failure;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(15);

/// Receives a body of at most `limit` bytes. A declared length that is larger is refused before anything is received.
///
/// # Errors
///
/// 413, or 400 for a body that breaks off or takes too long.
pub(crate) async fn receive(body: Incoming, limit: u64) -> Result<Bytes, Failure> {
    if declared(&body).is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    timeout(BODY_TIMEOUT, collect(body, limit))
        .await
        .unwrap_or_else(|_| {
            Err(Failure::bad_request(
                "body_timeout",
                "The body of the request did not arrive in time",
            ))
        })
}

/// The declared length of a body; `None` if it has none.
pub(crate) fn declared(body: &Incoming) -> Option<u64> {
    body.size_hint().exact()
}

async fn collect(mut body: Incoming, limit: u64) -> Result<Bytes, Failure> {
    let expected = declared(&body).unwrap_or_default();
    let mut bytes = BytesMut::with_capacity(usize::try_from(expected).unwrap_or_default());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Failure::bad_request("body_broken_off", "The body of the request broke off")
        })?;
        if let Ok(data) = frame.into_data() {
            if (bytes.len() + data.len()) as u64 > limit {
                return Err(too_large());
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

fn too_large() -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        "The body of the request is too large",
    )
}

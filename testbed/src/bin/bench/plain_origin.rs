//! An origin that costs next to nothing: one object, for whoever asks.
//!
//! It verifies no signature, because the pass-through sends none and all contenders must ask the
//! same origin. That signatures are right is what the tests are for.

use std::convert::Infallible;
use std::io;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http::{HeaderValue, Response};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The object's path.
pub(crate) const PATH: &str = "/bench/object.txt";

/// The object, of a size that headers and system calls outweigh.
pub(crate) const CONTENT: [u8; 1024] = [b'b'; 1024];

/// Starts it on a free port of 127.0.0.1 and returns the port.
pub(crate) async fn start() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let service = service_fn(|_| async { Ok::<_, Infallible>(answer()) });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(port)
}

/// The headers of a B2 object.
fn answer() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(&CONTENT)));
    for (name, value) in [
        (CONTENT_TYPE, "text/plain"),
        (ETAG, "\"9a0364b9e99bb480dd25e1f0284c8555\""),
        (LAST_MODIFIED, "Sat, 21 Nov 2026 00:00:00 GMT"),
        (ACCEPT_RANGES, "bytes"),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("x-amz-request-id", "9f2e0d7c6b5a4938"),
        ("x-amz-id-2", "aMh0wXTdvZxA1AmZ7ZzM0vTJfZPZkGDJA"),
        (
            "x-amz-version-id",
            "4_z0123456789abcdef01234567_f100a0b1c2d3e4f50_d20261121_m000000_c004_v0402000_t0001",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}

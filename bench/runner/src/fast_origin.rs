//! An origin that uses as little CPU as possible: it has an object for every path, with the length in the path.
//!
//! It verifies no signature, because the pass-through sends none and all applications must have the same origin.
//! The tests check the signatures.

use std::convert::Infallible;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::Sleep;

/// A length with a cost that is small compared to headers and system calls.
pub(crate) const SMALL: u64 = 1024;

/// The header of the response to an upload, with the number of bytes that arrived.
pub(crate) const RECEIVED: HeaderName = HeaderName::from_static("x-received");

/// What the name of an object begins with whose second half is sent [`STALLED_FOR`] later.
pub(crate) const STALLED: &str = "stalled-";

/// Longer than a measurement with many clients.
pub(crate) const STALLED_FOR: Duration = Duration::from_secs(30);

/// Every object is this block, repeated, so that no object needs memory.
static BLOCK: [u8; 64 * 1024] = [b'b'; 64 * 1024];

/// The reads that were requested.
static READS: AtomicU64 = AtomicU64::new(0);

/// The number of reads that were requested so far, of all origins.
pub(crate) fn reads() -> u64 {
    READS.load(Ordering::Relaxed)
}

/// The path of an object of `length` bytes.
pub(crate) fn path(length: u64, name: &str) -> String {
    format!("/bench/{length}/{name}")
}

/// Starts the origin on a free port of 127.0.0.1 and returns the port.
pub(crate) async fn start() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let service = service_fn(|request: Request<Incoming>| async move {
                if request.method() == Method::PUT {
                    return take(request.into_body()).await;
                }
                READS.fetch_add(1, Ordering::Relaxed);
                Ok(respond(request.uri().path(), request.headers()))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(port)
}

/// Takes the body of an upload, and responds with its length.
async fn take(mut body: Incoming) -> Result<Response<Blocks>, hyper::Error> {
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        length += frame?.into_data().map_or(0, |data| data.len() as u64);
    }
    let mut response = Response::new(Blocks::of(0));
    let length = HeaderValue::from(length);
    response.headers_mut().insert(RECEIVED, length);
    Ok(response)
}

/// The headers of a B2 object, and its bytes or the requested range.
fn respond(path: &str, headers: &HeaderMap) -> Response<Blocks> {
    let length = path.split('/').nth(2).and_then(|text| text.parse().ok());
    let length: u64 = length.unwrap_or(SMALL);
    let range = headers.get(RANGE).and_then(|range| span(range, length));
    let (first, end) = range.unwrap_or((0, length));
    let mut body = Blocks::of(end - first);
    let name = path.split('/').nth(3);
    if name.is_some_and(|name| name.starts_with(STALLED)) {
        let rest = Box::pin(tokio::time::sleep(STALLED_FOR));
        body.held_back = Some((length / 2, rest));
    }
    let mut response = Response::new(body);
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {first}-{}/{length}", end - 1);
        if let Ok(range) = HeaderValue::try_from(range) {
            response.headers_mut().insert(CONTENT_RANGE, range);
        }
    }
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

/// The first byte of a range and the one after its last. Only `first-last` and `first-` are requested here.
pub(crate) fn span(range: &HeaderValue, length: u64) -> Option<(u64, u64)> {
    let (first, last) = range
        .to_str()
        .ok()?
        .strip_prefix("bytes=")?
        .split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let end = last.parse().map_or(length, |last: u64| last + 1);
    (first < length).then(|| (first, end.min(length)))
}

/// A body with this many bytes left.
pub(crate) struct Blocks {
    left: u64,
    /// How many of them are sent only later, and when.
    held_back: Option<(u64, Pin<Box<Sleep>>)>,
}

impl Blocks {
    pub(crate) const fn of(length: u64) -> Self {
        Self {
            left: length,
            held_back: None,
        }
    }
}

impl Body for Blocks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let left = self.left;
        let mut sent = left;
        if let Some((held_back, time)) = &mut self.held_back {
            sent = left.saturating_sub(*held_back);
            if sent == 0 {
                ready!(time.as_mut().poll(context));
                self.held_back = None;
                sent = left;
            }
        }
        let wanted = usize::try_from(sent).unwrap_or(usize::MAX);
        let block = BLOCK.get(..wanted).unwrap_or(&BLOCK);
        self.left -= block.len() as u64;
        let frame = Frame::data(Bytes::from_static(block));
        Poll::Ready((!block.is_empty()).then_some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

//! An origin with the photos and their variants: each under any number of names, so that every request can be a miss.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT_RANGES, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED, RANGE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::photos::Photo;
use crate::fast_origin::span;

/// The path of a photo. Each `copy` is an object of its own.
pub(crate) fn photo_path(photo: &Photo, copy: &str) -> String {
    format!("/photo/{}/{copy}.jpg", photo.name)
}

/// The path of an object with the bytes of a variant.
pub(crate) fn variant_path(photo: &Photo) -> String {
    format!("/variant/{}/object.jpg", photo.name)
}

/// Starts the origin on a free port of 127.0.0.1 and returns the port.
pub(crate) async fn start(photos: &[Photo]) -> io::Result<u16> {
    let objects = photos.iter().flat_map(|photo| {
        [("photo", &photo.source), ("variant", &photo.variant)]
            .map(|(kind, bytes)| (format!("/{kind}/{}/", photo.name), bytes.clone()))
    });
    let objects: Arc<Vec<(String, Bytes)>> = Arc::new(objects.collect());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let objects = Arc::clone(&objects);
            let service = service_fn(move |request: Request<Incoming>| {
                let response = respond(&objects, request.uri().path(), request.headers());
                async move { Ok::<_, Infallible>(response) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    Ok(port)
}

/// The headers of a B2 object, and its bytes or the requested range.
fn respond(objects: &[(String, Bytes)], path: &str, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let found = objects.iter().find(|(prefix, _)| path.starts_with(prefix));
    let Some((_, bytes)) = found else {
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let length = bytes.len() as u64;
    let range = headers.get(RANGE).and_then(|range| span(range, length));
    let (first, end) = range.unwrap_or((0, length));
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    let mut response = Response::new(Full::new(bytes.slice(index(first)..index(end))));
    if range.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        let range = format!("bytes {first}-{}/{length}", end - 1);
        if let Ok(range) = HeaderValue::try_from(range) {
            response.headers_mut().insert(CONTENT_RANGE, range);
        }
    }
    for (name, value) in [
        (CONTENT_TYPE, "image/jpeg"),
        (ETAG, "\"5f2c0f3f2b7d4a56a1b2c3d4e5f60718\""),
        (LAST_MODIFIED, "Sat, 21 Nov 2026 00:00:00 GMT"),
        (ACCEPT_RANGES, "bytes"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

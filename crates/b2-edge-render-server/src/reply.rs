//! Responses, and the memory that one holds until it is sent.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use http_body_util::Full;
use tokio::sync::OwnedSemaphorePermit;

use crate::failure::Failure;

/// Seconds after which a client that was not admitted may try again.
const RETRY_AFTER_S: &str = "1";

const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A response and its reason for the log.
#[derive(Debug)]
pub(crate) struct Reply {
    /// What is sent.
    pub(crate) response: Response<HeldBody>,
    /// A stable label for the log.
    pub(crate) reason: &'static str,
}

/// A body, and the share of the memory that its bytes are counted in: a client that reads slowly keeps it.
#[derive(Debug, Default)]
pub(crate) struct HeldBody {
    bytes: Full<Bytes>,
    _share: Option<OwnedSemaphorePermit>,
}

impl HeldBody {
    pub(crate) fn new(bytes: impl Into<Bytes>, share: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            bytes: Full::new(bytes.into()),
            _share: share,
        }
    }
}

impl Body for HeldBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Pin::new(&mut self.bytes).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}

impl Reply {
    fn of(status: StatusCode, content_type: HeaderValue, body: HeldBody) -> Self {
        let mut response = Response::new(body);
        *response.status_mut() = status;
        response.headers_mut().insert(CONTENT_TYPE, content_type);
        // Whoever caches a variant is the edge, by its own rules.
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(CACHE_CONTROL, no_store);
        Self {
            response,
            reason: "ok",
        }
    }

    /// A line of text with 200.
    pub(crate) fn text(text: impl Into<Bytes>) -> Self {
        Self::of(StatusCode::OK, TEXT, HeldBody::new(text, None))
    }

    /// A JSON document with 200.
    pub(crate) fn json(value: &serde_json::Value) -> Self {
        let body = HeldBody::new(format!("{value}\n"), None);
        Self::of(StatusCode::OK, JSON, body)
    }

    /// An image with 200.
    pub(crate) fn image(media_type: &'static str, body: HeldBody) -> Self {
        Self::of(StatusCode::OK, HeaderValue::from_static(media_type), body)
    }

    /// The response to a method that the path does not have.
    pub(crate) fn method_not_allowed(allowed: &'static str) -> Self {
        let failure = Failure::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            format!("Only {allowed} is allowed here"),
        );
        Self::from(failure).with(ALLOW, HeaderValue::from_static(allowed))
    }

    /// Sets a header.
    pub(crate) fn with(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.response.headers_mut().insert(name, value);
        self
    }

    /// Sets the reason.
    pub(crate) const fn because(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }
}

impl From<Failure> for Reply {
    fn from(failure: Failure) -> Self {
        let body = HeldBody::new(format!("{}.\n", failure.message), None);
        let mut reply = Self::of(failure.status, TEXT, body).because(failure.reason);
        if failure.status == StatusCode::SERVICE_UNAVAILABLE {
            reply = reply.with(RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        reply
    }
}

//! Sends a request of the endpoint to the bucket, and waits for the response.

use std::time::{Duration, SystemTime};

use b2_edge_core::s3::sigv4::{ToSign, sign};
use b2_edge_core::s3_endpoint::error::{Code, S3Error};
use b2_edge_core::s3_endpoint::forward::Forwarded;
use b2_edge_core::setup::origin::{Access, Origin};
use fastly::handle::{BodyHandle, CacheOverride, PendingRequestHandle, RequestHandle};
use fastly::http::header::{CONTENT_LENGTH, HOST};
use fastly::http::request::SendErrorCause;
use fastly::http::{FramingHeadersMode, Method};
use fastly::{Request, Response};

use crate::edge::platform::select::first_ready;

/// How long the endpoint waits for the response to begin. The execution has two minutes, and after the response the
/// webhook is called.
const WAIT: Duration = Duration::from_secs(100);

/// A request for the bucket, without its body.
pub(super) struct BucketRequest<'r> {
    pub(super) method: &'r Method,
    /// The path in the bucket, encoded.
    pub(super) path: &'r str,
    /// The query string, encoded.
    pub(super) query: &'r str,
    pub(super) headers: &'r Forwarded,
    /// What is signed for the body.
    pub(super) payload: &'r str,
    /// The length of the body; `None` for a method without one.
    pub(super) length: Option<u64>,
}

impl BucketRequest<'_> {
    /// Addresses and signs it. A CORS preflight is not signed.
    pub(super) fn signed(&self, origin: &Origin) -> Result<RequestHandle, S3Error> {
        let host = &origin.address.host;
        let separator = if self.query.is_empty() { "" } else { "?" };
        let target = format!(
            "https://origin.invalid{}{separator}{}",
            self.path, self.query
        );
        let mut request = Request::new(self.method, target);
        request.set_header(HOST, host);
        let Forwarded { signed, unsigned } = self.headers;
        for (name, value) in signed.iter().chain(unsigned) {
            request.append_header(name, value);
        }
        if let Some(length) = self.length {
            request.set_header(CONTENT_LENGTH, length.to_string());
            request.set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
        }
        if let (Access::Private(credentials), true) =
            (&origin.access, self.method != Method::OPTIONS)
        {
            let to_sign = ToSign {
                query: self.query,
                headers: Some(signed),
                payload: self.payload,
                ..ToSign::read(self.method, host, self.path)
            };
            let now = SystemTime::now();
            let added = sign(&to_sign, &origin.address.region, credentials, now);
            for (name, value) in added.map_err(|_| not_signable())? {
                request.set_header(name, value);
            }
        }
        let (mut request, _) = request.into_handles();
        // Nothing of this endpoint is cached.
        request.set_cache_override(&CacheOverride::pass());
        Ok(request)
    }
}

/// Sends a request with a body that the host has or that was read whole.
pub(super) fn send(
    request: RequestHandle,
    body: BodyHandle,
    backend: &str,
) -> Result<PendingRequestHandle, S3Error> {
    let sent = request.send_async(body, backend);
    sent.map_err(|cause| no_response(&cause))
}

/// The end of a wait for a response.
pub(super) enum Waited {
    /// It has begun.
    Response(Box<Response>),
    /// It has not begun in time.
    Pending(PendingRequestHandle),
}

/// Waits for the response to begin.
pub(super) fn wait(pending: PendingRequestHandle) -> Result<Waited, S3Error> {
    if first_ready(&[pending.as_u32()], WAIT).is_none() {
        return Ok(Waited::Pending(pending));
    }
    match pending.wait() {
        Ok((head, body)) => Ok(Waited::Response(Box::new(Response::from_handles(
            head, body,
        )))),
        Err(cause) => Err(no_response(&cause)),
    }
}

pub(super) fn no_response(cause: &SendErrorCause) -> S3Error {
    let reason = match cause {
        SendErrorCause::DnsTimeout
        | SendErrorCause::ConnectionTimeout
        | SendErrorCause::HttpResponseTimeout => "bucket_timeout",
        _ => "bucket_unreachable",
    };
    S3Error::new(
        Code::ServiceUnavailable,
        reason,
        "The bucket does not respond. Whether it has carried out the request is not known: please try again.",
    )
}

const fn not_signable() -> S3Error {
    S3Error::new(
        Code::InvalidArgument,
        "not_signable",
        "A header of the request cannot be signed: its value is not UTF-8.",
    )
}

//! Sends a request to an origin: addressed, signed, and without waiting for the response.

use std::time::SystemTime;

use b2_edge_core::origins::outcome::Outcome;
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::s3::list_objects::ListRequest;
use b2_edge_core::s3::sigv4::{ToSign, sign};
use b2_edge_core::setup::origin::{Access, Origin};
use fastly::Request;
use fastly::handle::{BodyHandle, CacheOverride, PendingRequestHandle};
use fastly::http::header::HOST;
use fastly::http::request::SendErrorCause;

/// Sends a request about the object at `path`, or for a listing, which is about the bucket at `/`.
pub(crate) fn send(
    origin: &Origin,
    request: &OriginRequest,
    path: &str,
) -> Result<PendingRequestHandle, Outcome> {
    let request = signed(origin, request, path).ok_or(Outcome::Unsigned)?;
    let (mut request, _) = request.into_handles();
    // Responses are cached in the Core Cache. The read-through cache would store them again, under keys with
    // the host in them, and may rewrite a request that is signed.
    request.set_cache_override(&CacheOverride::pass());
    request
        .send_async(BodyHandle::new(), &origin.backend)
        .map_err(|cause| match cause {
            // No connection was tried: a limit of the platform, not a failure of the origin.
            SendErrorCause::InternalError(_) => Outcome::NotSent,
            cause => outcome_of(&cause),
        })
}

/// A request to the bucket, signed unless the bucket is public.
fn signed(origin: &Origin, wanted: &OriginRequest, path: &str) -> Option<Request> {
    let (method, host) = (wanted.method.as_http(), &origin.address.host);
    let query = wanted.listing.as_ref().map(ListRequest::to_query);
    let query = query.as_deref().unwrap_or_default();
    let mark = if query.is_empty() { "" } else { "?" };
    // The authority of the URL is not used: the platform sends `Host` (documentation of
    // `BackendBuilder::override_host`), and the URL parser does not take every `Host`.
    let mut request = Request::new(
        &method,
        format!("https://origin.invalid{path}{mark}{query}"),
    );
    request.set_header(HOST, host);
    for (name, value) in &wanted.headers {
        request.set_header(name, value);
    }
    if let Access::Private(credentials) = &origin.access {
        let method = &method;
        let to_sign = ToSign {
            query,
            ..ToSign::read(method, host, path)
        };
        let now = SystemTime::now();
        for (name, value) in sign(&to_sign, &origin.address.region, credentials, now).ok()? {
            request.set_header(name, value);
        }
    }
    Some(request)
}

/// The outcome of a request that got no response.
pub(crate) fn outcome_of(cause: &SendErrorCause) -> Outcome {
    match cause {
        SendErrorCause::DnsTimeout
        | SendErrorCause::ConnectionTimeout
        | SendErrorCause::HttpResponseTimeout => Outcome::TimedOut,
        // The SDK's enum is non-exhaustive; every variant is a way of getting no response.
        _ => Outcome::Unreachable,
    }
}

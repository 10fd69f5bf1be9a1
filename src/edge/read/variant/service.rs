//! The render service: it gets the preset and where the source is, and returns the variant. The source does not pass
//! through this program.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use b2_edge_core::cache::provenance::Provenance;
use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::images::mac::{MAC_HEADER, TIME_HEADER, mac};
use b2_edge_core::images::render_request::{RenderRequest, TARGET, URL_LIFETIME_S};
use b2_edge_core::images::render_response::{
    MAX_VARIANT_BYTES, RenderVerdict, SOURCE_ETAG, SOURCE_INDEX,
};
use b2_edge_core::images::variant::Variant;
use b2_edge_core::s3::sigv4::presign::presigned_url;
use b2_edge_core::setup::origin::{Access, Origin};
use fastly::handle::{BodyHandle, CacheOverride};
use fastly::http::Method;
use fastly::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use fastly::{Request, Response};

use super::outcome::{Outcome, Rendered, Tried};
use super::source::SourceObject;
use crate::edge::cache::records;
use crate::edge::context::ObjectRead;
use crate::edge::origins::circuit_breaker;
use crate::edge::origins::content::read_whole;
use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::select::first_ready;
use crate::edge::platform::settings::Settings;

/// The label of a service that gave no response.
const UNREACHABLE: &str = "unreachable";

/// The least time in which a working service responds.
const FULL_TIME: Duration = Duration::from_secs(10);

/// Has the service render a variant. `has_successor`: another engine can make it, and is left the time for that.
pub(super) fn render(
    read: &ObjectRead<'_>,
    variant: &Variant<'_>,
    source: &SourceObject,
    has_successor: bool,
) -> Outcome {
    let unavailable = |label| Outcome::new(Tried::Unavailable, label);
    let context = read.context;
    let Some(host) = context.service.render_host.as_deref() else {
        return unavailable("no_backend");
    };
    let Some(key) = Settings::render_key() else {
        return unavailable("no_key");
    };
    if records::render_service_failed() {
        return unavailable("failed_lately");
    }
    let Sources { origins, urls } = Sources::of(read);
    if urls.is_empty() {
        return unavailable("no_source");
    }
    let mut if_match = source.etag.as_deref();
    loop {
        if context.sandbox.requests_left() == 0 {
            return unavailable("no_requests_left");
        }
        let body = RenderRequest {
            preset: variant.preset,
            format: variant.format,
            sources: &urls,
            if_match,
        }
        .to_json();
        context.sandbox.count_request();
        let backend = &context.service.images.service_backend;
        let for_successor = if has_successor {
            context.service.failover.total_timeout
        } else {
            Duration::ZERO
        };
        let timeout = read.deadline.left().saturating_sub(for_successor);
        let response = match post(host, backend, &key, body, timeout) {
            Ok(response) => response,
            Err(label) => {
                // Nobody else waits for it meanwhile. That it did not respond to a try of a second tells nothing.
                if label == UNREACHABLE || timeout >= FULL_TIME {
                    records::remember_failed_render_service();
                }
                return unavailable(label);
            }
        };
        let status = response.get_status().as_u16();
        let outcome = match RenderVerdict::of(status) {
            RenderVerdict::Rendered => {
                let outcome = rendered(response, &origins, &source.provenance, read.deadline);
                outcome.unwrap_or_else(|| unavailable("incomplete"))
            }
            RenderVerdict::NotFound => Outcome::new(Tried::Changed, "not_found"),
            // Another origin may call the same version by another `ETag`.
            RenderVerdict::Changed if if_match.is_some() => {
                if_match = None;
                continue;
            }
            RenderVerdict::Failed(failure) => {
                Outcome::new(Tried::Failed(failure), failure.reason())
            }
            RenderVerdict::Changed | RenderVerdict::Unavailable => unavailable("refused"),
        };
        return Outcome {
            status: Some(status),
            ..outcome
        };
    }
}

/// Where the source is.
struct Sources<'s> {
    origins: Vec<&'s Origin>,
    /// The URL at each of the origins.
    urls: Vec<String>,
}

impl<'s> Sources<'s> {
    /// The origins of the route. One that has failed lately comes last.
    fn of(read: &ObjectRead<'s>) -> Self {
        let context = read.context;
        let resolved = context.settings.origins().unwrap_or_default();
        let order = context.route.order.iter();
        let usable = order.filter_map(|index| resolved.get(*index)?.origin.as_ref().ok());
        let (working, failing): (Vec<_>, Vec<_>) =
            usable.partition(|origin| !circuit_breaker::has_failed_lately(origin));
        let now = SystemTime::now();
        let signed = working.into_iter().chain(failing).filter_map(|origin| {
            let url = match &origin.access {
                Access::Private(credentials) => presigned_url(
                    &origin.address,
                    &read.path,
                    credentials,
                    now,
                    Duration::from_secs(URL_LIFETIME_S),
                )
                .ok()?,
                Access::Public => {
                    format!(
                        "https://{}{}",
                        origin.address.host.to_str().ok()?,
                        read.path
                    )
                }
            };
            Some((origin, url))
        });
        let (origins, urls) = signed.unzip();
        Self { origins, urls }
    }
}

/// Sends the request, and waits for the response to begin. The error is its label.
fn post(
    host: &str,
    backend: &str,
    key: &str,
    body: String,
    timeout: Duration,
) -> Result<Response, &'static str> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = now.unwrap_or_default().as_secs();
    let code = mac(key.as_bytes(), "POST", TARGET, seconds, body.as_bytes());
    let request = Request::new(Method::POST, format!("https://{host}{TARGET}"))
        .with_header(CONTENT_TYPE, "application/json")
        .with_header(TIME_HEADER, seconds.to_string())
        .with_header(MAC_HEADER, code)
        .with_body(body);
    let (mut head, body) = request.into_handles();
    head.set_cache_override(&CacheOverride::pass());
    let body = body.unwrap_or_else(BodyHandle::new);
    let sent = head.send_async(body, backend);
    let pending = sent.map_err(|_| UNREACHABLE)?;
    first_ready(&[pending.as_u32()], timeout).ok_or("timed_out")?;
    let (head, body) = pending.wait().map_err(|_| UNREACHABLE)?;
    Ok(Response::from_handles(head, body))
}

/// What a response with status 200 is; `None` if it is not complete.
fn rendered(
    mut response: Response,
    origins: &[&Origin],
    described_by: &Provenance,
    deadline: Deadline,
) -> Option<Outcome> {
    let text = |name: &str| {
        let value = response.get_header(name)?;
        value.to_str().ok().map(ToOwned::to_owned)
    };
    let length: u64 = text(CONTENT_LENGTH.as_str())?.parse().ok()?;
    let media_type =
        text(CONTENT_TYPE.as_str()).filter(|media_type| media_type.starts_with("image/"))?;
    let source_etag = text(SOURCE_ETAG);
    let index: usize = text(SOURCE_INDEX)?.parse().ok()?;
    let origin = origins.get(index)?;
    if length > MAX_VARIANT_BYTES {
        let failure = RenderFailure::TooLarge;
        return Some(Outcome::new(Tried::Failed(failure), failure.reason()));
    }
    let length = usize::try_from(length).ok()?;
    let bytes = read_whole(response.take_body().into_handle(), length, deadline)?;
    let rendered = Rendered {
        bytes,
        media_type,
        source_etag,
        provenance: Provenance {
            origin: origin.backend.clone(),
            host: Some(origin.address.host.clone()),
            ..described_by.clone()
        },
    };
    Some(Outcome::new(
        Tried::Rendered(Box::new(rendered)),
        "rendered",
    ))
}

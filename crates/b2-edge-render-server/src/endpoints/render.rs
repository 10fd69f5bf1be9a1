//! `POST /render`: a variant of an image.

use std::time::{SystemTime, UNIX_EPOCH};

use b2_edge_core::images::render_response::{SOURCE_ETAG, SOURCE_INDEX};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::block_in_place;

use crate::app::App;
use crate::body;
use crate::failure::Failure;
use crate::log::Record;
use crate::render::mac::Claim;
use crate::render::order;
use crate::rendering;
use crate::reply::{HeldBody, Reply};
use crate::settings::RenderSettings;
use crate::sources::in_order;
use b2_edge_render::{Limits, Rendered};

/// The longest body of JSON in bytes: six presigned URLs and a preset.
const MAX_JSON_BYTES: u64 = 64 * 1024;

/// Responds to a request. Nothing is done for one that is not authorised, except that its bounded body is received.
///
/// # Errors
///
/// Every status of the service but 200.
pub(crate) async fn respond(
    app: &App,
    settings: &RenderSettings,
    request: Request<Incoming>,
    record: &mut Record,
) -> Result<Reply, Failure> {
    let (head, body) = request.into_parts();
    let claim = Claim::read(&head.headers, now_s())?;
    if is_json(&head.headers) {
        let body = body::receive(body, MAX_JSON_BYTES).await?;
        verify(settings, &claim, &head, &body)?;
        of_sources(app, settings, &body, record).await
    } else {
        let limit = Limits::service().source_bytes as u64;
        let length = body::declared(&body).unwrap_or(limit).min(limit);
        let share = app.capacity.body(length).await?;
        let body = body::receive(body, limit).await?;
        // Hashing many bytes takes long enough to hold up other requests.
        block_in_place(|| verify(settings, &claim, &head, &body))?;
        of_body(app, &head, body, share, record).await
    }
}

async fn of_sources(
    app: &App,
    settings: &RenderSettings,
    body: &[u8],
    record: &mut Record,
) -> Result<Reply, Failure> {
    let (variant, mut wanted) = order::read_json(body, &settings.hosts)?;
    let limit = Limits::service().source_bytes as u64;
    wanted.max_bytes = wanted.max_bytes.min(limit);
    let _place = app.capacity.admit()?;
    let fetched = in_order::first(app, &wanted, record).await?;
    let original = fetched.original;
    let (rendered, share) =
        rendering::variant(app, original.bytes, original.share, variant, record).await?;
    let mut reply = image(rendered, share).with(
        HeaderName::from_static(SOURCE_INDEX),
        HeaderValue::from(fetched.index),
    );
    if let Some(etag) = original.etag {
        reply = reply.with(HeaderName::from_static(SOURCE_ETAG), etag);
    }
    Ok(reply)
}

async fn of_body(
    app: &App,
    head: &Parts,
    original: Bytes,
    share: OwnedSemaphorePermit,
    record: &mut Record,
) -> Result<Reply, Failure> {
    let variant = order::read_query(head.uri.query().unwrap_or_default())?;
    record.details.source_bytes = Some(original.len());
    let _place = app.capacity.admit()?;
    let (rendered, share) = rendering::variant(app, original, share, variant, record).await?;
    Ok(image(rendered, share))
}

fn verify(
    settings: &RenderSettings,
    claim: &Claim,
    head: &Parts,
    body: &[u8],
) -> Result<(), Failure> {
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    Ok(settings.keys.verify(claim, &head.method, target, body)?)
}

fn image(rendered: Rendered, share: OwnedSemaphorePermit) -> Reply {
    let media_type = rendered.format.as_str();
    Reply::image(media_type, HeldBody::new(rendered.bytes, Some(share)))
}

/// Whether the body is JSON, and not an original.
fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    content_type.is_some_and(|value| {
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().eq_ignore_ascii_case("application/json")
    })
}

fn now_s() -> u64 {
    // Before 1970, no request is recent.
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

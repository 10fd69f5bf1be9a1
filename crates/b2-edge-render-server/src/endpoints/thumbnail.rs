//! `POST /thumbnail`: a notification of an upload, after which a thumbnail is written beside the object.

use b2_edge_core::images::format::Format;
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use serde_json::json;

use crate::app::App;
use crate::body;
use crate::failure::Failure;
use crate::log::Record;
use crate::render::order::Variant;
use crate::rendering;
use crate::reply::Reply;
use crate::settings::thumbnails::ThumbnailSettings;
use crate::thumbnail::bucket;
use crate::thumbnail::location::Location;
use crate::thumbnail::notification::{self, Task};
use b2_edge_render::{Kind, Limits, inspect};

/// The header with the API key.
const API_KEY_HEADER: &str = "x-risingcloud-auth";

/// The longest notification in bytes: 50 events with the longest keys.
const MAX_BODY_BYTES: u64 = 256 * 1024;

/// Responds to a notification.
///
/// # Errors
///
/// Every status of the service but 200 and 409. If a notification tells of several objects, all of them are tried before
/// the first failure is returned.
pub(crate) async fn respond(
    app: &App,
    settings: &ThumbnailSettings,
    request: Request<Incoming>,
    record: &mut Record,
) -> Result<Reply, Failure> {
    authorize(settings, request.headers())?;
    let body = body::receive(request.into_body(), MAX_BODY_BYTES).await?;
    let tasks = notification::read(&body, &settings.endpoint.authority)?;
    let _place = app.capacity.admit()?;
    let (mut thumbnails, mut skipped, mut failure) = (Vec::new(), "no_event", None);
    for task in tasks {
        match task {
            Task::Skip(reason) => skipped = reason,
            Task::Make(location) => match make(app, settings, &location, record).await {
                Ok(Some(url)) => thumbnails.push(url),
                Ok(None) => skipped = "key_too_long",
                Err(failed) => failure = failure.or(Some(failed)),
            },
        }
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    Ok(match thumbnails.as_slice() {
        [] => Reply::json(&json!({"skipped": skipped})).because(skipped),
        [thumbnail] => Reply::json(&json!({"thumbnail": thumbnail})),
        [first, ..] => Reply::json(&json!({"thumbnail": first, "thumbnails": thumbnails})),
    })
}

fn authorize(settings: &ThumbnailSettings, headers: &HeaderMap) -> Result<(), Failure> {
    let mut keys = headers.get_all(API_KEY_HEADER).iter();
    match (keys.next(), keys.next()) {
        (Some(key), None) if settings.api_key.equals(key.as_bytes()) => Ok(()),
        (None, _) => Err(Failure::unauthorized("api_key_missing")),
        _ => Err(Failure::unauthorized("api_key_mismatch")),
    }
}

/// Makes a thumbnail. Returns its URL; `None` if its key would be too long.
async fn make(
    app: &App,
    settings: &ThumbnailSettings,
    location: &Location,
    record: &mut Record,
) -> Result<Option<String>, Failure> {
    let Some(thumbnail) = location.thumbnail() else {
        return Ok(None);
    };
    let host = &settings.endpoint.authority;
    record.details.source = Some(format!("{host}{}", location.path()));
    let limit = Limits::service().source_bytes as u64;
    let original = bucket::read(app, settings, location, limit).await?;
    record.details.source_bytes = Some(original.bytes.len());
    app.metrics.source_bytes(original.bytes.len());
    let variant = Variant {
        preset: settings.preset.clone(),
        format: Some(format_of(inspect(&original.bytes)?.kind)),
    };
    let (rendered, _share) =
        rendering::variant(app, original.bytes, original.share, variant, record).await?;
    let media_type = rendered.format.as_str();
    bucket::write(app, settings, &thumbnail, media_type, rendered.bytes.into()).await?;
    Ok(Some(format!("https://{host}{}", thumbnail.path())))
}

/// The format of a thumbnail: the original's, whose extension its name has. The first frame of a GIF becomes a PNG,
/// which `Content-Type` says.
const fn format_of(kind: Kind) -> Format {
    match kind {
        Kind::Jpeg => Format::Jpeg,
        Kind::Png | Kind::Gif => Format::Png,
        Kind::Webp => Format::Webp,
    }
}

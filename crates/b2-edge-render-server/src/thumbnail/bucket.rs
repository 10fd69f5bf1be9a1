//! Requests to the bucket with the service's own key: the original is read, the thumbnail is written.

use std::time::SystemTime;

use b2_edge_core::s3::hex::sha256;
use b2_edge_core::s3::sigv4::{EMPTY_SHA256, ToSign, sign};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::location::Location;
use crate::app::App;
use crate::failure::Failure;
use crate::settings::thumbnails::ThumbnailSettings;
use crate::sources::exchange::send;
use crate::sources::original::{NoOriginal, Original, fetch};
use crate::sources::trouble::Trouble;
use crate::sources::url::SourceUrl;

/// How often a request is sent: B2 asks its clients to repeat what it could not do at the moment.
const ATTEMPTS: usize = 2;

/// Reads an object of at most `max_bytes`.
///
/// # Errors
///
/// 404, 413, 502, 504.
pub(crate) async fn read(
    app: &App,
    settings: &ThumbnailSettings,
    location: &Location,
    max_bytes: u64,
) -> Result<Original, Failure> {
    let url = url_of(settings, location)?;
    let mut trouble = Trouble::Connect;
    for _ in 0..ATTEMPTS {
        let headers = signed(settings, &Method::GET, &url, EMPTY_SHA256)?;
        match fetch(&app.connector, &app.capacity, &url, headers, max_bytes).await {
            Ok(original) => return Ok(original),
            Err(NoOriginal::Failed(failure)) => return Err(failure),
            Err(NoOriginal::NotFound) => {
                return Err(Failure::new(
                    StatusCode::NOT_FOUND,
                    "source_not_found",
                    "The object does not exist",
                ));
            }
            Err(NoOriginal::Trouble(failed)) => trouble = failed,
        }
        app.metrics.source_trouble(trouble.reason());
    }
    Err(failed(
        trouble,
        "source_failed",
        "The object could not be read",
    ))
}

/// Writes an object.
///
/// # Errors
///
/// 502, 504.
pub(crate) async fn write(
    app: &App,
    settings: &ThumbnailSettings,
    location: &Location,
    media_type: &'static str,
    content: Bytes,
) -> Result<(), Failure> {
    let url = url_of(settings, location)?;
    let digest = sha256(&content);
    let mut trouble = Trouble::Connect;
    for _ in 0..ATTEMPTS {
        let mut headers = signed(settings, &Method::PUT, &url, &digest)?;
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
        let sent = send(&app.connector, Method::PUT, &url, headers, content.clone()).await;
        trouble = match sent.map(|exchange| exchange.status) {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => Trouble::Refused,
            Ok(_) => Trouble::Status,
            Err(trouble) => trouble,
        };
        app.metrics.source_trouble(trouble.reason());
    }
    let message = "The thumbnail could not be written";
    Err(failed(trouble, "thumbnail_not_written", message))
}

/// The headers of a signed request.
fn signed(
    settings: &ThumbnailSettings,
    method: &Method,
    url: &SourceUrl,
    payload: &str,
) -> Result<HeaderMap, Failure> {
    let request = ToSign {
        method,
        host: &settings.endpoint.host,
        path: url.target().path(),
        query: "",
        headers: None,
        payload,
    };
    let now = SystemTime::now();
    let headers = sign(
        &request,
        &settings.endpoint.region,
        &settings.credentials,
        now,
    );
    Ok(headers.map_err(|_| not_signable())?.into_iter().collect())
}

fn url_of(settings: &ThumbnailSettings, location: &Location) -> Result<SourceUrl, Failure> {
    let url = format!("https://{}{}", settings.endpoint.authority, location.path());
    SourceUrl::parse(&url).ok_or_else(not_signable)
}

/// Unreachable: keys are encoded.
fn not_signable() -> Failure {
    Failure::bad_request("no_object", "The key cannot be requested")
}

fn failed(trouble: Trouble, reason: &'static str, message: &'static str) -> Failure {
    let status = if trouble == Trouble::TimedOut {
        StatusCode::GATEWAY_TIMEOUT
    } else {
        StatusCode::BAD_GATEWAY
    };
    Failure::new(status, reason, message)
}

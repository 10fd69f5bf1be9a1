//! The original at one source: what its response means, and its bytes.

use bytes::Bytes;
use http::header::{ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use tokio::sync::OwnedSemaphorePermit;

use super::connector::Connector;
use super::exchange::{Exchange, send};
use super::trouble::Trouble;
use super::url::SourceUrl;
use crate::capacity::Capacity;
use crate::failure::Failure;

/// An original, complete.
#[derive(Debug)]
pub(crate) struct Original {
    /// The content.
    pub(crate) bytes: Bytes,
    /// The `ETag` of the source.
    pub(crate) etag: Option<HeaderValue>,
    /// The share of the memory that the bytes are counted in.
    pub(crate) share: OwnedSemaphorePermit,
}

/// Why a source does not give the original.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoOriginal {
    /// The source does not have the object.
    NotFound,
    /// The request to this source failed.
    Trouble(Trouble),
    /// No other source is tried.
    Failed(Failure),
}

impl From<Trouble> for NoOriginal {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Fetches the original with `GET`. `headers` are sent as they are.
///
/// # Errors
///
/// [`NoOriginal`].
pub(crate) async fn fetch(
    connector: &Connector,
    capacity: &Capacity,
    url: &SourceUrl,
    headers: HeaderMap,
    max_bytes: u64,
) -> Result<Original, NoOriginal> {
    let if_match = headers.get(IF_MATCH).cloned();
    let exchange = send(connector, Method::GET, url, headers, Bytes::new()).await?;
    judge(&exchange, if_match.as_ref())?;
    let length = exchange.length().ok_or(Trouble::NoLength)?;
    if length > max_bytes {
        return Err(NoOriginal::Failed(Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "source_too_large",
            "The source has too many bytes",
        )));
    }
    let share = capacity.source(length).await.map_err(NoOriginal::Failed)?;
    Ok(Original {
        etag: exchange.headers.get(ETAG).cloned(),
        bytes: exchange.receive(length).await?,
        share,
    })
}

fn judge(exchange: &Exchange, if_match: Option<&HeaderValue>) -> Result<(), NoOriginal> {
    match exchange.status {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(NoOriginal::NotFound),
        StatusCode::PRECONDITION_FAILED if if_match.is_some() => return Err(changed()),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(Trouble::Refused.into()),
        status if status.is_redirection() => return Err(Trouble::Redirect.into()),
        _ => return Err(Trouble::Status.into()),
    }
    // A source that does not know `If-Match`.
    if if_match.is_some_and(|wanted| wanted != "*" && exchange.headers.get(ETAG) != Some(wanted)) {
        return Err(changed());
    }
    Ok(())
}

fn changed() -> NoOriginal {
    NoOriginal::Failed(Failure::new(
        StatusCode::CONFLICT,
        "source_changed",
        "The source has another version than the one that was asked for",
    ))
}

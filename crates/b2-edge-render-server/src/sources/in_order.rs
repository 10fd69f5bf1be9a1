//! Tries sources in their order until one has the original.

use std::time::Duration;

use http::header::IF_MATCH;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::original::{NoOriginal, Original, fetch};
use super::trouble::Trouble;
use crate::app::App;
use crate::failure::Failure;
use crate::log::{Record, millis};
use crate::render::order::Wanted;

/// How long all sources together may take: the rest of the request's time is for the rendering.
const FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// An original, and which source it is from.
#[derive(Debug)]
pub(crate) struct Fetched {
    /// The original.
    pub(crate) original: Original,
    /// The index of the source.
    pub(crate) index: usize,
}

/// Fetches the original from the first source that has it. A source that does not have it, or fails, is followed by the
/// next.
///
/// # Errors
///
/// 404 if no source has the object and none failed, 504 if all that failed took too long, else 502; 409 and 413 as soon
/// as a source says so.
pub(crate) async fn first(
    app: &App,
    wanted: &Wanted,
    record: &mut Record,
) -> Result<Fetched, Failure> {
    let started = std::time::Instant::now();
    let deadline = Instant::now() + FETCH_TIMEOUT;
    let mut headers = HeaderMap::new();
    headers.extend(wanted.if_match.clone().map(|etag| (IF_MATCH, etag)));
    let mut troubles = Vec::new();
    for (index, url) in wanted.sources.iter().enumerate() {
        record.details.source = Some(url.to_string());
        record.details.sources_tried = Some(index + 1);
        let share = share_of(
            deadline.saturating_duration_since(Instant::now()),
            wanted.sources.len() - index,
        );
        let fetching = fetch(
            &app.connector,
            &app.capacity,
            url,
            headers.clone(),
            wanted.max_bytes,
        );
        let fetched = timeout_at(Instant::now() + share, fetching).await;
        let trouble = match fetched.unwrap_or(Err(NoOriginal::Trouble(Trouble::TimedOut))) {
            Ok(original) => {
                record.details.source_bytes = Some(original.bytes.len());
                record.details.fetch_ms = Some(millis(started));
                app.metrics.source_bytes(original.bytes.len());
                return Ok(Fetched { original, index });
            }
            Err(NoOriginal::Failed(failure)) => return Err(failure),
            Err(NoOriginal::NotFound) => continue,
            Err(NoOriginal::Trouble(trouble)) => trouble,
        };
        app.metrics.source_trouble(trouble.reason());
        record.details.source_trouble = Some(trouble.reason());
        troubles.push(trouble);
    }
    record.details.fetch_ms = Some(millis(started));
    Err(outcome(&troubles))
}

/// The time for one source: an equal share of what is left, so that the last one has its turn too.
fn share_of(left: Duration, sources: usize) -> Duration {
    left / u32::try_from(sources).unwrap_or(u32::MAX).max(1)
}

/// The response if no source gave the original.
fn outcome(troubles: &[Trouble]) -> Failure {
    if troubles.is_empty() {
        return Failure::new(
            StatusCode::NOT_FOUND,
            "source_not_found",
            "No source has the object",
        );
    }
    if troubles.iter().all(|trouble| *trouble == Trouble::TimedOut) {
        return Failure::new(
            StatusCode::GATEWAY_TIMEOUT,
            "source_timeout",
            "The sources did not respond in time",
        );
    }
    Failure::new(
        StatusCode::BAD_GATEWAY,
        "source_failed",
        "The original could not be fetched from any source",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_has_its_share_of_the_time() {
        for (left, sources, share) in [(30, 1, 30), (30, 2, 15), (15, 1, 15), (29, 1, 29)] {
            assert_eq!(
                share_of(Duration::from_secs(left), sources),
                Duration::from_secs(share),
                "{left} s for {sources}"
            );
        }
        assert_eq!(share_of(Duration::ZERO, 1), Duration::ZERO);
    }

    #[test]
    fn an_object_is_missing_only_if_no_source_failed() {
        use Trouble::{BrokenOff, Refused, TimedOut};
        for (troubles, status) in [
            (&[][..], 404),
            (&[TimedOut], 504),
            (&[TimedOut, TimedOut], 504),
            (&[TimedOut, Refused], 502),
            (&[BrokenOff], 502),
        ] {
            assert_eq!(outcome(troubles).status, status, "{troubles:?}");
        }
    }
}

//! Where an origin stands: asked in its turn, or last because it failed a moment ago.

use std::time::{Duration, SystemTime};

use b2_edge_core::origins::circuit_breaker::{FailureRecord, RETENTION, cache_key, surrogate_key};
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::status_page::report;
use bytes::Bytes;
use fastly::Backend;
use fastly::cache::core::{self, CacheKey, Transaction};
use fastly::experimental::{BackendExt as _, BackendHealth};
use fastly::http::body::StreamingBody;
use fastly::http::purge::purge_surrogate_key;

/// Where an origin stands.
pub(crate) enum CircuitBreaker {
    /// Nothing is known against it.
    Closed,
    /// It has failed, its backoff is over, and this request is the one that tries it again.
    HalfOpen(FailureRecord, Transaction),
    /// It has failed, or Fastly's health check says so.
    Open,
}

/// Looks up where an origin stands.
pub(crate) fn of(origin: &Origin) -> CircuitBreaker {
    if is_unhealthy(&origin.backend) {
        return CircuitBreaker::Open;
    }
    let key = || CacheKey::from(cache_key(&origin.backend));
    let Ok(Some(found)) = core::lookup(key()).execute() else {
        return CircuitBreaker::Closed;
    };
    if !found.is_stale() {
        return CircuitBreaker::Open;
    }
    // Stale: the cache obliges one of those who look it up now to say how things are.
    match Transaction::lookup(key()).execute() {
        Ok(turn) if turn.found().is_some() && turn.must_insert_or_update() => {
            let memory = FailureRecord::from_bytes(&found.user_metadata()).unwrap_or_default();
            CircuitBreaker::HalfOpen(memory, turn)
        }
        _ => CircuitBreaker::Open,
    }
}

/// What is known of an origin, for people: nobody's turn is taken.
pub(crate) fn health_of(backend: &str) -> report::OriginHealth {
    let found = core::lookup(CacheKey::from(cache_key(backend))).execute();
    let failing = found.ok().flatten().and_then(|found| {
        let memory = FailureRecord::from_bytes(&found.user_metadata())?;
        Some((memory, found.remaining_ttl()))
    });
    report::OriginHealth {
        failing,
        is_healthy: match health(backend) {
            Some(BackendHealth::Healthy) => Some(true),
            Some(BackendHealth::Unhealthy) => Some(false),
            Some(_) | None => None,
        },
    }
}

fn is_unhealthy(backend: &str) -> bool {
    matches!(health(backend), Some(BackendHealth::Unhealthy))
}

fn health(backend: &str) -> Option<BackendHealth> {
    Backend::from_name(backend).ok()?.is_healthy().ok()
}

impl CircuitBreaker {
    /// It has failed: it goes last from now on, for longer if it had failed before.
    ///
    /// A cache that does not take this down costs some requests a detour, and no answer.
    pub(crate) fn failed(self, origin: &Origin, retry_after: Option<Duration>) {
        let key = surrogate_key(&origin.backend);
        let finish = |body: StreamingBody| {
            let _ = body.finish();
        };
        match self {
            Self::Closed => {
                let memory = FailureRecord::after_failure(None, SystemTime::now());
                let _ = core::insert(
                    CacheKey::from(cache_key(&origin.backend)),
                    memory.backoff(retry_after),
                )
                .stale_while_revalidate(RETENTION)
                .surrogate_keys([key.as_str()])
                .user_metadata(Bytes::from(memory.to_bytes()))
                .execute()
                .map(finish);
            }
            Self::HalfOpen(before, turn) => {
                let memory = FailureRecord::after_failure(Some(before), SystemTime::now());
                let _ = turn
                    .insert(memory.backoff(retry_after))
                    .stale_while_revalidate(RETENTION)
                    .surrogate_keys([key.as_str()])
                    .user_metadata(Bytes::from(memory.to_bytes()))
                    .execute()
                    .map(finish);
            }
            // Known; and an origin that was asked as the last resort was not tried again in its turn.
            Self::Open => {}
        }
    }

    /// It has answered: it is in its place again.
    pub(crate) fn answered(self, origin: &Origin) {
        match self {
            Self::Closed => {}
            Self::HalfOpen(..) | Self::Open => {
                let _ = purge_surrogate_key(&surrogate_key(&origin.backend));
            }
        }
    }
}

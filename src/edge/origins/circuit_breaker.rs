//! The circuit breaker of an origin, whose state is in the Core Cache and so shared by the POP.

use std::time::{Duration, SystemTime};

use b2_edge_core::origins::circuit_breaker::{
    FailureRecord, OriginHealth, RETENTION, cache_key, surrogate_key,
};
use b2_edge_core::origins::outcome::Failure;
use b2_edge_core::setup::origin::Origin;
use bytes::Bytes;
use fastly::Backend;
use fastly::cache::core::{self, CacheKey};
use fastly::experimental::{BackendExt as _, BackendHealth};
use fastly::http::body::StreamingBody;
use fastly::http::purge::purge_surrogate_key;

/// The state of an origin's circuit breaker.
pub(crate) enum CircuitBreaker {
    /// The origin has not failed lately.
    Closed,
    /// It has failed, its backoff is over, and this request is the one that probes it.
    HalfOpen(FailureRecord, core::Transaction),
    /// It has failed, or Fastly's health check calls it unhealthy.
    Open,
}

/// Looks up the state of an origin's circuit breaker.
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
    // Stale: the cache gives the obligation to update it to one of the requests that look it up now.
    match core::Transaction::lookup(key()).execute() {
        Ok(transaction) if transaction.found().is_some() && transaction.must_insert_or_update() => {
            let record = FailureRecord::from_bytes(&found.user_metadata()).unwrap_or_default();
            CircuitBreaker::HalfOpen(record, transaction)
        }
        _ => CircuitBreaker::Open,
    }
}

/// Whether an origin's circuit breaker is open or half-open. Looking it up takes no obligation to probe.
pub(crate) fn has_failed_lately(origin: &Origin) -> bool {
    let found = core::lookup(CacheKey::from(cache_key(&origin.backend))).execute();
    found.is_ok_and(|found| found.is_some()) || is_unhealthy(&origin.backend)
}

/// The state for the status page. Looking it up takes no obligation.
pub(crate) fn health_of(backend: &str) -> OriginHealth {
    let found = core::lookup(CacheKey::from(cache_key(backend))).execute();
    let failing = found.ok().flatten().and_then(|found| {
        let record = FailureRecord::from_bytes(&found.user_metadata())?;
        Some((record, found.remaining_ttl()))
    });
    OriginHealth {
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
    /// Opens after a failure: the origin is tried last from now on, for longer if it had failed before.
    ///
    /// Where the cache does not store that, some requests take longer, and none fails.
    pub(crate) fn trip(self, origin: &Origin, failure: Failure, retry_after: Option<Duration>) {
        let key = surrogate_key(&origin.backend);
        let finish = |body: StreamingBody| {
            let _ = body.finish();
        };
        match self {
            Self::Closed => {
                let record = FailureRecord::after_failure(None, failure, SystemTime::now());
                let _ = core::insert(
                    CacheKey::from(cache_key(&origin.backend)),
                    record.backoff(retry_after),
                )
                .stale_while_revalidate(RETENTION)
                .surrogate_keys([key.as_str()])
                .user_metadata(Bytes::from(record.to_bytes()))
                .execute()
                .map(finish);
            }
            Self::HalfOpen(before, transaction) => {
                let record = FailureRecord::after_failure(Some(before), failure, SystemTime::now());
                let _ = transaction
                    .insert(record.backoff(retry_after))
                    .stale_while_revalidate(RETENTION)
                    .surrogate_keys([key.as_str()])
                    .user_metadata(Bytes::from(record.to_bytes()))
                    .execute()
                    .map(finish);
            }
            // It is open already. An attempt as the last resort is no probe: its failure does not extend the backoff.
            Self::Open => {}
        }
    }

    /// Closes after a response: the origin is back in the order of the route.
    pub(crate) fn close(self, origin: &Origin) {
        match self {
            Self::Closed => {}
            Self::HalfOpen(..) | Self::Open => {
                let _ = purge_surrogate_key(&surrogate_key(&origin.backend));
            }
        }
    }
}

//! Where an origin stands: asked in its turn, or last because it failed a moment ago.

use std::time::{Duration, SystemTime};

use b2_edge_core::origins::circuit_breaker::{OriginMemory, REMEMBERED, cache_key, surrogate_key};
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::status_page::report;
use bytes::Bytes;
use fastly::Backend;
use fastly::cache::core::{self, CacheKey, Transaction};
use fastly::experimental::{BackendExt as _, BackendHealth};
use fastly::http::body::StreamingBody;
use fastly::http::purge::purge_surrogate_key;

/// Where an origin stands.
pub(crate) enum Standing {
    /// Nothing is known against it.
    Good,
    /// It has failed, its backoff is over, and this request is the one that tries it again.
    Probe(OriginMemory, Transaction),
    /// It has failed, or Fastly's health check says so.
    Failing,
}

/// Looks up where an origin stands.
pub(crate) fn of(origin: &Origin) -> Standing {
    if is_unhealthy(&origin.backend) {
        return Standing::Failing;
    }
    let key = || CacheKey::from(cache_key(&origin.backend));
    let Ok(Some(found)) = core::lookup(key()).execute() else {
        return Standing::Good;
    };
    if !found.is_stale() {
        return Standing::Failing;
    }
    // Stale: the cache obliges one of those who look it up now to say how things are.
    match Transaction::lookup(key()).execute() {
        Ok(turn) if turn.found().is_some() && turn.must_insert_or_update() => {
            let memory = OriginMemory::from_bytes(&found.user_metadata()).unwrap_or_default();
            Standing::Probe(memory, turn)
        }
        _ => Standing::Failing,
    }
}

/// What is known of an origin, for people: nobody's turn is taken.
pub(crate) fn told(backend: &str) -> report::Standing {
    let found = core::lookup(CacheKey::from(cache_key(backend))).execute();
    let failing = found.ok().flatten().and_then(|found| {
        let memory = OriginMemory::from_bytes(&found.user_metadata())?;
        Some((memory, found.remaining_ttl()))
    });
    report::Standing {
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

impl Standing {
    /// It has failed: it goes last from now on, for longer if it had failed before.
    ///
    /// A cache that does not take this down costs some requests a detour, and no answer.
    pub(crate) fn failed(self, origin: &Origin, retry_after: Option<Duration>) {
        let key = surrogate_key(&origin.backend);
        let finish = |body: StreamingBody| {
            let _ = body.finish();
        };
        match self {
            Self::Good => {
                let memory = OriginMemory::after_failure(None, SystemTime::now());
                let _ = core::insert(
                    CacheKey::from(cache_key(&origin.backend)),
                    memory.backoff(retry_after),
                )
                .stale_while_revalidate(REMEMBERED)
                .surrogate_keys([key.as_str()])
                .user_metadata(Bytes::from(memory.to_bytes()))
                .execute()
                .map(finish);
            }
            Self::Probe(before, turn) => {
                let memory = OriginMemory::after_failure(Some(before), SystemTime::now());
                let _ = turn
                    .insert(memory.backoff(retry_after))
                    .stale_while_revalidate(REMEMBERED)
                    .surrogate_keys([key.as_str()])
                    .user_metadata(Bytes::from(memory.to_bytes()))
                    .execute()
                    .map(finish);
            }
            // Known; and an origin that was asked as the last resort was not tried again in its turn.
            Self::Failing => {}
        }
    }

    /// It has answered: it is in its place again.
    pub(crate) fn answered(self, origin: &Origin) {
        match self {
            Self::Good => {}
            Self::Probe(..) | Self::Failing => {
                let _ = purge_surrogate_key(&surrogate_key(&origin.backend));
            }
        }
    }
}

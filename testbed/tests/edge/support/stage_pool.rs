//! Configurations that many tests use, and the order of the origins that a POP prefers.

use std::time::Duration;

use b2_edge_testbed::{Object, Origin, ViceroyConfig};
use serde_json::json;

use super::stage::{Stage, TOKEN, until_async};

/// A configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The application without configuration.
    Defaults,
    /// Objects are fresh for a second, then stale for a minute in which they are served while one request
    /// revalidates them.
    ServesStale,
    /// Objects are fresh for a second, then stale for a minute in which they are served only if no origin
    /// responds.
    StaleIfError,
    /// The second request is hedged early: a busy machine is slow enough to cause it.
    HedgesSoon,
}

/// An object that is never cached, so that its response shows which origin is tried first.
const PROBE: &str = "stage-pool/probe.txt";

/// Stages with one of the configurations.
pub(crate) struct StagePool;

impl StagePool {
    /// A stage for one test alone.
    pub(crate) async fn take(setup: Setup) -> Stage {
        Stage::with(|config| setup.configure(config)).await
    }
}

impl Setup {
    fn configure(self, config: ViceroyConfig) -> ViceroyConfig {
        let config = config.fastly_key(TOKEN);
        let brief = |while_revalidating: u32| {
            json!({
                "cache": {
                    "ttl_s": 1,
                    "stale_while_revalidate_s": while_revalidating,
                    "stale_if_error_s": 60,
                    "not_found_ttl_s": 1,
                    "segment_bytes": 1024 * 1024,
                },
                "failover": {"total_timeout_ms": 3000},
            })
        };
        let json = match self {
            Self::Defaults => return config,
            Self::ServesStale => brief(60),
            Self::StaleIfError => brief(0),
            Self::HedgesSoon => {
                json!({"failover": {"attempt_timeout_ms": 300, "total_timeout_ms": 3000}})
            }
        };
        config
            .config(&json.to_string())
            .between_bytes_timeout(Duration::from_millis(700))
    }
}

/// The order of origins at one POP, and the query that simulates the POP.
pub(crate) struct View<'s> {
    pub(crate) query: &'static str,
    pub(crate) first: &'s Origin,
    pub(crate) second: &'s Origin,
}

impl View<'_> {
    /// Waits until the circuit breaker of the first origin is closed.
    pub(crate) async fn recovered(&self, stage: &Stage) {
        let probe = Object::text("probe").cache_control("no-store");
        stage.put(PROBE, probe).await;
        let (target, host) = (format!("/{PROBE}{}", self.query), self.first.spec().host());
        self.first.resume_listening().await.expect("listening");
        until_async("the origin is tried first again", || async {
            stage.get(&target).await.header("x-b2-host") == Some(&host)
        })
        .await;
    }
}

impl Stage {
    /// A POP that prefers the US origin, and one that prefers the EU origin.
    pub(crate) fn views(&self) -> [View<'_>; 2] {
        let view = |query, first, second| View {
            query,
            first,
            second,
        };
        [
            view("", &self.us, &self.eu),
            view("?pop=AMS", &self.eu, &self.us),
        ]
    }

    /// Waits until the circuit breakers of both origins are closed, and clears the recorded requests.
    pub(crate) async fn recover(&self) {
        for origin in [&self.us, &self.eu] {
            origin.resume_listening().await.expect("listening");
        }
        for view in self.views() {
            view.recovered(self).await;
        }
        self.us.clear_seen();
        self.eu.clear_seen();
    }
}

//! Stages that tests reuse one after the other, each with exclusive access.
//!
//! Starting a Viceroy takes two seconds of CPU time. Waiting until the circuit breakers of its origins are
//! closed again takes almost none.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use b2_edge_testbed::{Object, Origin, ViceroyConfig};
use serde_json::json;

use super::stage::{Stage, TOKEN, until_async};

/// The configuration of a pooled stage.
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

/// An idle Viceroy uses a fifth of a core: in this time, as much CPU as starting another one.
const IDLE_TIME: Duration = Duration::from_secs(10);

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

struct Idle {
    setup: Setup,
    stage: Stage,
    since: Instant,
}

/// The stages that no test uses at the moment, by their configuration.
pub(crate) struct StagePool;

impl StagePool {
    /// A stage with both origins listening and their circuit breakers closed, and no recorded requests.
    /// Objects of earlier tests may still exist.
    pub(crate) async fn take(setup: Setup) -> PooledStage {
        let idle = {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            let position = idle.iter().position(|idle| idle.setup == setup);
            let found = position.map(|position| idle.swap_remove(position).stage);
            idle.retain(|idle| idle.since.elapsed() < IDLE_TIME);
            found
        };
        let stage = match idle {
            Some(stage) => stage,
            None => setup.start().await,
        };
        stage.recover().await;
        PooledStage {
            setup,
            stage: Some(stage),
        }
    }
}

impl Setup {
    async fn start(self) -> Stage {
        Stage::with(|config| self.configure(config)).await
    }

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
        let probe = Object::text("probe").cache_control("no-store");
        self.put(PROBE, probe).await;
        for view in self.views() {
            view.recovered(self).await;
        }
        self.us.clear_seen();
        self.eu.clear_seen();
    }
}

/// A stage that returns to the pool when it is dropped, unless its test has failed.
pub(crate) struct PooledStage {
    setup: Setup,
    stage: Option<Stage>,
}

impl Deref for PooledStage {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        self.stage.as_ref().expect("present until drop")
    }
}

impl AsRef<Stage> for PooledStage {
    fn as_ref(&self) -> &Stage {
        self
    }
}

impl Drop for PooledStage {
    fn drop(&mut self) {
        let stage = self.stage.take();
        if let Some(stage) = stage.filter(|_| !std::thread::panicking()) {
            let mut idle = IDLE.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(Idle {
                setup: self.setup,
                stage,
                since: Instant::now(),
            });
        }
    }
}

//! Stages that one test at a time has to itself and leaves to the next.
//!
//! A Viceroy takes two seconds of processor time to start. Waiting until its origins are trusted again
//! costs next to nothing.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use b2_edge_testbed::{Object, Origin, ViceroyConfig};
use serde_json::json;

use crate::stage::{Stage, TOKEN, until_answer};

/// What a borrowed stage is started with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// The application as it is without configuration.
    Defaults,
    /// Objects are fresh for a second and may then be served stale for a minute while they are
    /// revalidated.
    ServesStale,
    /// Objects are fresh for a second and then, for a minute, served only when no origin answers.
    StaleIfError,
    /// A second origin is asked so soon beside the first that a machine which is busy would do.
    HedgesSoon,
}

/// The key that tells which origin is asked first: it is never stored.
const PROBE: &str = "borrowed/probe.txt";

/// A Viceroy that nobody uses takes a fifth of a processor: in this time, as much as to start another.
const IDLE_TIME: Duration = Duration::from_secs(10);

static IDLE: Mutex<Vec<Idle>> = Mutex::new(Vec::new());

struct Idle {
    setup: Setup,
    stage: Stage,
    since: Instant,
}

/// A stage where every origin is listening and trusted, and nothing was seen yet. Keys of former
/// tests may still be there.
pub(crate) async fn borrow(setup: Setup) -> Borrowed {
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
    Borrowed {
        setup,
        stage: Some(stage),
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

/// The origins as a POP sees them: one is asked first, the other in its place.
pub(crate) struct View<'s> {
    pub(crate) query: &'static str,
    pub(crate) first: &'s Origin,
    pub(crate) second: &'s Origin,
}

impl View<'_> {
    /// Waits until the first origin is asked first.
    pub(crate) async fn trusted(&self, stage: &Stage) {
        let (target, host) = (format!("/{PROBE}{}", self.query), self.first.spec().host());
        self.first.resume_listening().await.expect("listening");
        until_answer("the origin is trusted again", || async {
            stage.get(&target).await.header("x-b2-host") == Some(&host)
        })
        .await;
    }
}

impl Stage {
    /// From a POP that prefers the US, and from one that prefers the EU.
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

    /// Waits until each origin is the first to be asked where it is preferred, and forgets the past.
    pub(crate) async fn recover(&self) {
        for origin in [&self.us, &self.eu] {
            origin.resume_listening().await.expect("listening");
        }
        let probe = Object::text("trusted").cache_control("no-store");
        self.put(PROBE, probe).await;
        for view in self.views() {
            view.trusted(self).await;
        }
        self.us.clear_seen();
        self.eu.clear_seen();
    }
}

/// A stage that goes back when it is dropped, unless its test has failed.
pub(crate) struct Borrowed {
    setup: Setup,
    stage: Option<Stage>,
}

impl Deref for Borrowed {
    type Target = Stage;

    fn deref(&self) -> &Stage {
        self.stage.as_ref().expect("present until it is dropped")
    }
}

impl Drop for Borrowed {
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

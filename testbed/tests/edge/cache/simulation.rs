//! Random operations on one key: reads, overwrites, deletions, purges, faults and pauses. Each response must be one
//! that the model in `support::history` allows.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Object, Origin, Request};
use fastrand::Rng;
use http::Method;

use super::faulty_origins::{Faulty, HaveFailed};
use crate::support::history::{
    Content, Exchange, Explained, Failing, History, Limits, ReadKind, described,
};
use crate::support::scenarios::FOREVER;
use crate::support::stage::{Stage, TOKEN, cache_of};

/// How many operations a key sees.
const STEPS: usize = 18;

pub(super) const CONFIG: &str = r#"{
    "cache": {
        "ttl_s": 1,
        "stale_while_revalidate_s": 1,
        "stale_if_error_s": 3,
        "not_found_ttl_s": 1,
        "segment_bytes": 1048576
    },
    "failover": {"attempt_timeout_ms": 300, "total_timeout_ms": 2500}
}"#;

/// According to `CONFIG`.
const LIMITS: Limits = Limits {
    stale: Duration::from_secs(2),
    on_error: Duration::from_secs(5),
    not_found: Duration::from_secs(1),
    given: Duration::from_millis(2500),
    slack: Duration::from_secs(1),
};

/// How long a failure answers the requests for a key.
const FAILURE_LIVES: Duration = Duration::from_secs(1);

/// `failover.whole_body_bytes`: up to this size a body that breaks off is a failed attempt.
const SMALL: usize = 256 * 1024;

/// What one POP has served for the key.
#[derive(Debug, Default)]
struct Seen {
    /// The versions in responses to GET and to HEAD, with the time when the response had ended.
    versions: [Vec<(usize, Instant)>; 2],
    /// When the whole object was last served fresh.
    kept: Option<Instant>,
}

/// One key, and what happens to it.
pub(super) struct Simulation {
    stage: Arc<Stage>,
    faulty: Faulty,
    have_failed: Arc<HaveFailed>,
    key: String,
    rng: Rng,
    begun: Instant,
    history: History,
    versions: u64,
    tags: Vec<String>,
    faults: Vec<FaultGuard>,
    failing: Failing,
    /// Until when no origin could respond.
    all_failed: Option<Instant>,
    /// Until when the EU had an older version.
    lagged: Option<Instant>,
    seen: [Seen; 2],
    events: String,
    /// How many versions the model excluded as too old, in total over all responses.
    pub(super) ruled_out: usize,
    pub(super) responses: usize,
}

impl Simulation {
    pub(super) fn new(
        stage: Arc<Stage>,
        faulty: Faulty,
        have_failed: Arc<HaveFailed>,
        number: u64,
        seed: u64,
    ) -> Self {
        let begun = Instant::now();
        Self {
            stage,
            faulty,
            have_failed,
            key: format!("model/{number}"),
            rng: Rng::with_seed(seed.wrapping_add(number)),
            begun,
            history: History::new(LIMITS, begun),
            versions: 0,
            tags: vec!["\"of no version\"".to_owned()],
            faults: Vec::new(),
            failing: Failing::default(),
            all_failed: None,
            lagged: None,
            seen: Default::default(),
            events: String::new(),
            ruled_out: 0,
            responses: 0,
        }
    }

    pub(super) async fn run(mut self) -> Self {
        for _ in 0..STEPS {
            match self.rng.u8(0..100) {
                0..=59 => self.read().await,
                60..=75 => self.overwrite().await,
                76..=79 => self.delete().await,
                80..=83 => self.purge().await,
                84..=93 => self.inject_fault(),
                _ => {
                    self.note("faults cleared");
                    self.clear_faults();
                }
            }
            if self.rng.u8(0..10) > 2 {
                let pause = Duration::from_millis(self.rng.u64(100..1300));
                tokio::time::sleep(pause).await;
            }
        }
        self
    }

    fn note(&mut self, what: &str) {
        let seconds = self.begun.elapsed().as_secs_f32();
        // Writing to a String cannot fail.
        let _ = writeln!(self.events, "{seconds:7.3} {what}");
    }

    async fn overwrite(&mut self) {
        let length = match self.rng.u8(0..20) {
            0 => 0,
            1 => 1,
            2..=13 => self.rng.usize(2..20_000),
            14..=16 => self.rng.usize(250_000..400_000),
            _ => self.rng.usize(1_000_000..2_300_000),
        };
        self.versions += 1;
        let seed = self.rng.u64(..);
        let object = Object::pseudo_random(seed, length);
        let lags = self.rng.u8(0..3) == 0;
        let begun = Instant::now();
        let us = self.stage.us.put(&self.key, object.clone()).await;
        us.expect("stored in the US");
        let etag = self.stage.us.etag_of(&self.key).expect("stored");
        self.tags.push(etag.clone());
        self.note(&format!("is now {} of {length} bytes", self.versions));
        let content = Content {
            bytes: object.bytes.clone(),
            etag,
        };
        self.history
            .changed(Some(content), begun, begun + Duration::from_hours(1));
        if lags {
            self.note("which the EU lacks");
            let pause = Duration::from_millis(self.rng.u64(0..1500));
            tokio::time::sleep(pause).await;
            self.read().await;
        }
        let eu = self.stage.eu.put(&self.key, object).await;
        eu.expect("stored in the EU");
        self.history.settled(Instant::now());
        if lags {
            self.note("which the EU has now");
            self.lagged = Some(Instant::now());
        }
    }

    async fn delete(&mut self) {
        let begun = Instant::now();
        self.stage.us.delete(&self.key).await.expect("deleted");
        self.stage.eu.delete(&self.key).await.expect("deleted");
        self.versions += 1;
        self.note(&format!("is now {}: deleted", self.versions));
        self.history.changed(None, begun, Instant::now());
    }

    async fn purge(&mut self) {
        let begun = Instant::now();
        let method = Method::from_bytes(b"PURGE").expect("a method");
        let request = Request::new(method, format!("/{}", self.key)).header("fastly-key", TOKEN);
        let response = self.stage.try_send(request).await.expect("a response");
        assert_eq!(response.status, 200, "{}", self.key);
        self.note("purged");
        self.history.purged(begun);
        for seen in &mut self.seen {
            seen.kept = None;
        }
    }

    fn clear_faults(&mut self) {
        if self.failing.all {
            self.all_failed = Some(Instant::now());
        }
        self.faults.clear();
        self.failing = Failing::default();
    }

    fn inject_fault(&mut self) {
        self.clear_faults();
        let (us, eu) = match (self.faulty, self.rng.u8(0..4)) {
            (Faulty::Us, _) | (Faulty::Any, 0) => (true, false),
            (Faulty::Any, 1) => (false, true),
            (Faulty::Any, _) => (true, true),
        };
        let fault = match self.rng.u8(0..8) {
            0 => Fault::Respond(CannedResponse::status(500)),
            1 => Fault::Respond(CannedResponse::slow_down()),
            2 => Fault::ResetConnection,
            3 => Fault::StallBeforeHeaders(FOREVER),
            4 => Fault::DisguisedErrorUnder206,
            5 => Fault::WrongRange,
            6 => Fault::ShortBody { after: 3000 },
            _ => Fault::StopInBody { after: 3000 },
        };
        self.note(&format!("fault (us: {us}, eu: {eu}): {fault:?}"));
        let bodies = matches!(fault, Fault::ShortBody { .. } | Fault::StopInBody { .. });
        self.failing = Failing {
            all: us && eu,
            any: true,
            bodies,
            serves_stale: matches!(fault, Fault::StallBeforeHeaders(_)),
            all_lately: false,
        };
        self.have_failed.set(us, eu);
        let inject = |origin: &Origin| origin.inject(&self.key, fault.clone());
        self.faults.extend(us.then(|| inject(&self.stage.us)));
        self.faults.extend(eu.then(|| inject(&self.stage.eu)));
    }

    fn kind(&mut self) -> ReadKind {
        let tag = |rng: &mut Rng, tags: &[String]| {
            let recent = tags.len().saturating_sub(rng.usize(1..=3));
            tags[recent].clone()
        };
        match self.rng.u8(0..20) {
            0..=9 => ReadKind::Whole,
            10..=12 => {
                let first = self.rng.usize(0..20_000);
                ReadKind::FromTo(first, first + self.rng.usize(0..20_000))
            }
            13 => ReadKind::FromTo(0, self.rng.usize(0..3_000_000)),
            14 => ReadKind::From(self.rng.usize(0..3_000_000)),
            15..=16 => ReadKind::Last(self.rng.usize(1..3_000)),
            17..=18 => ReadKind::UnlessMatch(tag(&mut self.rng, &self.tags)),
            _ => ReadKind::IfMatch(tag(&mut self.rng, &self.tags)),
        }
    }

    async fn read(&mut self) {
        let (kind, is_head) = (self.kind(), self.rng.u8(0..6) == 0);
        let pop = self.rng.usize(0..2);
        let target = format!("/{}{}", self.key, ["", "?pop=AMS"][pop]);
        let mut request = Request::new(if is_head { Method::HEAD } else { Method::GET }, target);
        if let Some((name, value)) = kind.header() {
            request = request.header(name, value);
        }
        self.note(&format!("{} {kind:?}", request.name()));
        let failing = self.failing_now();
        // Several clients at once, more often than one.
        let clients: Vec<_> = (0..self.rng.usize(1..=4))
            .map(|_| {
                let (stage, request) = (Arc::clone(&self.stage), request.clone());
                let started = Instant::now();
                tokio::spawn(async move {
                    let response = stage.try_send(request).await;
                    (response, started, Instant::now())
                })
            })
            .collect();
        for client in clients {
            let (response, started, ended) = client.await.expect("a client");
            let response = match response {
                Ok(response) => response,
                Err(_) if failing.all || failing.bodies => {
                    self.note("no response");
                    continue;
                }
                Err(error) => self.fail(&format!("no response: {error}")),
            };
            self.note(&described(&response));
            self.responses += 1;
            let exchange = Exchange {
                is_head,
                kind: &kind,
                failing,
                started,
                ended,
                response: &response,
            };
            match self.history.explain(&exchange) {
                Ok(explained) => self.compare_with_earlier(pop, &exchange, explained),
                Err(reason) => self.fail(&reason),
            }
        }
    }

    /// The current faults. The body of a large object may also end early if it was overwritten during the read.
    fn failing_now(&self) -> Failing {
        let reach = LIMITS.on_error + LIMITS.slack;
        let since = Instant::now().checked_sub(reach).unwrap_or(self.begun);
        let recent: Vec<_> = self.history.since(since).collect();
        let is_large = |content: Option<&Content>| content.is_some_and(|c| c.bytes.len() > SMALL);
        let may_end_early = recent.len() > 1 && recent.iter().copied().any(is_large);
        Failing {
            // One circuit breaker may be open, so that its origin is not asked after another one's 404.
            any: self.failing.any || self.have_failed.any(),
            // So may one of which a later segment is not cached.
            bodies: self.failing.bodies
                || may_end_early
                || (self.failing.all && recent.iter().copied().any(is_large)),
            serves_stale: self.failing.serves_stale || self.have_failed.all(),
            all_lately: self
                .all_failed
                .is_some_and(|until| until.elapsed() < FAILURE_LIVES + LIMITS.slack),
            ..self.failing
        }
    }

    /// Checks a response against earlier ones.
    fn compare_with_earlier(&mut self, pop: usize, exchange: &Exchange<'_>, explained: Explained) {
        self.ruled_out += explained.too_old;
        let seen = &mut self.seen[pop];
        let response = exchange.response;
        if response.status.is_server_error() {
            // After its freshness, an entry is kept for three seconds for errors, unless another replaced it.
            let kept = seen.kept.filter(|kept| {
                let is_small = |content: &Content| content.bytes.len() <= SMALL;
                let since = kept.checked_sub(Duration::from_secs(1));
                let since = since.unwrap_or(self.begun);
                let mut contents = self.history.since(since);
                contents.all(|content| content.is_some_and(is_small))
            });
            if kept.is_some_and(|kept| exchange.started < kept + Duration::from_secs(2)) {
                self.fail("an error although a copy is kept for errors");
            }
            return;
        }
        let is_content = response.status.is_success();
        if let Some(version) = explained
            .version
            .filter(|_| is_content && !exchange.failing.all)
        {
            let versions = &mut seen.versions[usize::from(exchange.is_head)];
            // Of requests at the same time, the one that began first may see the newer version.
            let earlier = versions
                .iter()
                .filter(|(_, ended)| *ended < exchange.started);
            let before = earlier.map(|(version, _)| *version).max();
            let before = before.unwrap_or_default();
            versions.push((version, exchange.ended));
            // Two versions of one second cannot be told apart, and an older one may be borrowed.
            let reach = LIMITS.on_error + LIMITS.slack;
            let may_lag = self.lagged.is_some_and(|until| until.elapsed() < reach)
                || self.history.is_changing();
            if version < before && !may_lag {
                self.fail(&format!("version {version} after version {before}"));
            }
        }
        let is_whole = response.status == 200 && response.complete && !exchange.is_head;
        if is_whole && cache_of(response) != "STALE" {
            self.seen[pop].kept = Some(exchange.ended);
        }
    }

    fn fail(&self, reason: &str) -> ! {
        let path = format!("/{}", self.key);
        let lines = self.stage.edge.log_lines().into_iter().rev();
        let lines = lines.filter(|line| line["path"] == path.as_str());
        let lines: Vec<_> = lines.take(8).map(|line| line.to_string()).collect();
        panic!(
            "{}: {reason}\nIts operations so far:\n{}Its last log lines, newest first:\n{}\n",
            self.key,
            self.events,
            lines.join("\n")
        );
    }
}

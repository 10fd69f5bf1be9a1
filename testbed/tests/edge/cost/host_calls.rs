//! The calls that the program makes to its host for each kind of request. The host's work for them is most of the CPU
//! time of a hit, and their number does not depend on the machine.
//!
//! The first request of a sandbox also waits for those of its start. A change that adds a call fails here. If it is worth
//! its cost, add it to the lists in `expected`.

use b2_edge_testbed::{Object, Request};

use super::expected::EXPECTED;
use crate::support::stage::{Stage, until};

/// The first call for a request.
const FIRST: &str = "http_req.uri_get";

/// The log line, which is written when the sandbox takes the next request. One that arrives before begins a new sandbox.
const LOG: &str = "log.write";

/// A request that is in the cache, sent before and after the measured one.
const NEIGHBOUR: &str = "/hit.bin";

/// The first call of a sandbox.
const NEW_SANDBOX: &str = "abi.init";

/// How many requests Viceroy gives to one sandbox.
const LAST: usize = 6;

/// Viceroy's line about a sandbox that has ended.
const ENDED: &str = "request completed using";

/// How often a request is measured at most, until one sandbox has served it and its neighbours.
const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_makes_exactly_the_expected_host_calls() {
    let stage = Stage::with(|config| config.trace_host_calls().log_sandboxes()).await;
    let object = || Object::pseudo_random(1, 1024).cache_control("max-age=3600");
    stage.fill("hit.bin", &object()).await;
    for round in 0..ROUNDS {
        stage.put(&format!("miss-{round}.bin"), object()).await;
    }
    let range = Request::get("/hit.bin").header("range", "bytes=10-19");
    let conditional = Request::get("/hit.bin").header("if-none-match", "*");
    let mut differing = Vec::new();
    for (kind, expected) in EXPECTED {
        let request = |round: usize| match kind {
            "hit" | "hit, first of a sandbox" => (200, Request::get("/hit.bin")),
            "hit, range" => (206, range.clone()),
            "hit, not modified" => (304, conditional.clone()),
            "hit, not found" => (404, Request::get("/missing.bin")),
            "miss" => (200, Request::get(format!("/miss-{round}.bin"))),
            other => panic!("no request for `{other}`"),
        };
        if kind == "hit, not found" {
            stage.get("/missing.bin").await;
        }
        let calls = match kind {
            "hit, first of a sandbox" => calls_for_first(&stage, request).await,
            _ => calls_for(&stage, request).await,
        };
        let shown = with_counts(&calls);
        if shown != expected {
            let lines = shown.iter().map(|line| format!("    {line:?},\n"));
            let lines: String = lines.collect();
            let number = calls.len();
            differing.push(format!("{kind}: {number} calls, which are\n{lines}"));
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

/// The calls for a request, in a sandbox that has served another one before.
async fn calls_for(stage: &Stage, request: impl Fn(usize) -> (u16, Request)) -> Vec<String> {
    for round in 0..ROUNDS {
        let before = stage.edge.host_calls().len();
        let (status, request) = request(round);
        for (status, request) in [
            (200, Request::get(NEIGHBOUR)),
            (status, request),
            (200, Request::get(NEIGHBOUR)),
        ] {
            send(stage, status, request).await;
        }
        let calls = stage.edge.host_calls().split_off(before);
        let begun = begun(&calls);
        if count(&calls[begun[0]..begun[2]], NEW_SANDBOX) == 0 {
            return calls[begun[1]..begun[2]].to_vec();
        }
    }
    panic!("a new sandbox in each of {ROUNDS} rounds");
}

/// The calls for a request that a sandbox is started for, with those of the start.
async fn calls_for_first(stage: &Stage, request: impl Fn(usize) -> (u16, Request)) -> Vec<String> {
    for round in 0..ROUNDS {
        use_up_a_sandbox(stage).await;
        let before = stage.edge.host_calls().len();
        let (status, request) = request(round);
        send(stage, status, request).await;
        send(stage, 200, Request::get(NEIGHBOUR)).await;
        let mut calls = stage.edge.host_calls().split_off(before);
        if count(&calls, NEW_SANDBOX) == 1 {
            calls.truncate(begun(&calls)[1]);
            return calls;
        }
    }
    panic!("no sandbox with two requests in {ROUNDS} rounds");
}

/// Sends requests until the latest sandbox has served its last, and waits until it has ended, so that it makes no more
/// calls.
async fn use_up_a_sandbox(stage: &Stage) {
    for _ in 0..ROUNDS * LAST {
        send(stage, 200, Request::get(NEIGHBOUR)).await;
        let calls = stage.edge.host_calls();
        let latest = calls.rsplit(|call| call == NEW_SANDBOX).next();
        if count(latest.unwrap_or_default(), FIRST) == LAST {
            let begun = count(&calls, NEW_SANDBOX);
            let ended = || {
                let lines = stage.edge.stdout_lines();
                lines.iter().filter(|line| line.contains(ENDED)).count()
            };
            return until("every sandbox has ended", || ended() == begun).await;
        }
    }
    panic!("no sandbox served {LAST} requests");
}

/// Sends a request, and waits until it is logged.
async fn send(stage: &Stage, status: u16, request: Request) {
    let logged = count(&stage.edge.host_calls(), LOG);
    let named = request.name();
    assert_eq!(stage.send(request).await.status, status, "{named}");
    until("the request is logged", || {
        count(&stage.edge.host_calls(), LOG) > logged
    })
    .await;
}

fn count(calls: &[String], wanted: &str) -> usize {
    calls.iter().filter(|call| *call == wanted).count()
}

/// The positions at which requests begin.
fn begun(calls: &[String]) -> Vec<usize> {
    let positions = calls.iter().enumerate();
    let begun = positions.filter(|(_, call)| *call == FIRST);
    begun.map(|(position, _)| position).collect()
}

/// The calls in order, consecutive equal ones as `call ×n`.
fn with_counts(calls: &[String]) -> Vec<String> {
    let runs = calls.chunk_by(|one, next| one == next);
    runs.map(|run| match run.len() {
        1 => run[0].clone(),
        number => format!("{} ×{number}", run[0]),
    })
    .collect()
}

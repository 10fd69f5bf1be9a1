//! Many clients at once for an object that the origins do not give: what the first learns answers all of them.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Object, Request, Response};
use http::StatusCode;

use crate::support::crowd::crowd;
use crate::support::scenarios::{self, FOREVER, Scenario};
use crate::support::stage::{Stage, assert_whole, let_failures_expire};

const CLIENTS: usize = 60;

/// Has an origin respond so after a moment, in which the other clients arrive.
fn slowly(response: CannedResponse) -> Fault {
    Fault::StallInResponse {
        response,
        after: 0,
        pause: Duration::from_millis(300),
    }
}

fn assert_all(responses: &[Response], status: StatusCode, context: &str) {
    for response in responses {
        assert_eq!(response.status, status, "{context}");
    }
}

fn faults(stage: &Stage, key: &str, us: Fault, eu: Fault) -> [FaultGuard; 2] {
    [stage.us.inject(key, us), stage.eu.inject(key, eu)]
}

/// Every failure at both origins, with nothing in the cache.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_for_an_object_that_no_origin_gives_costs_what_one_client_costs() {
    let config = r#"{"failover": {"attempt_timeout_ms": 300, "total_timeout_ms": 1500}}"#;
    let stage = Arc::new(Stage::configured(config).await);
    // Before the circuit breakers open: after a 404, an origin whose breaker is open is not tried.
    let (missing, others): (Vec<_>, Vec<_>) = scenarios::all()
        .into_iter()
        .filter(Scenario::is_of_one_key)
        .partition(Scenario::says_missing);
    for scenario in missing.into_iter().chain(others) {
        let (name, key) = (scenario.name, format!("crowds/{}.bin", scenario.name));
        let object = Object::pseudo_random(1, 10_000);
        stage.put(&key, object.clone()).await;
        let guards = [
            scenario.apply(&stage.us, &key).await,
            scenario.apply(&stage.eu, &key).await,
        ];
        let request = Request::get(format!("/{key}"));
        let responses = crowd(&stage, CLIENTS, &request).await;
        assert_all(&responses, scenario.when_all, name);
        // One for each origin, and another if the first did not tell enough.
        let is_told_twice = scenario.outcome == "asked_for_the_whole";
        let most = if is_told_twice { 4 } else { 2 };
        let requests = stage.requests_for(&key);
        assert!(requests <= most, "{name}: {requests} requests");
        drop(guards);
        if scenario.says_missing() {
            continue;
        }
        let_failures_expire().await;
        assert_whole(&stage.send(request).await, &object.bytes, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_for_the_headers_of_an_object_that_no_origin_gives_costs_what_one_client_costs() {
    let stage = Arc::new(Stage::configured("{}").await);
    for (name, response, status) in [
        ("500", CannedResponse::status(500), StatusCode::BAD_GATEWAY),
        (
            "capped",
            CannedResponse::transaction_cap(),
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    ] {
        let key = format!("crowds/head-{name}.txt");
        let fault = slowly(response);
        let _guards = faults(&stage, &key, fault.clone(), fault);
        let responses = crowd(&stage, CLIENTS, &Request::head(format!("/{key}"))).await;
        assert_all(&responses, status, name);
        // A refused HEAD is asked for its reason.
        let requests = stage.requests_for(&key);
        assert!(requests <= 4, "{name}: {requests} requests");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_for_a_missing_object_gets_the_404_while_an_origin_hangs() {
    let config = r#"{"failover": {"attempt_timeout_ms": 300, "total_timeout_ms": 20000},
                     "site": {"fallback_document": "app.html"}}"#;
    let stage = Arc::new(Stage::configured(config).await);
    stage.put("app.html", Object::text("the application")).await;
    let hang = stage.us.inject_all(Fault::StallBeforeHeaders(FOREVER));
    for (target, status) in [
        ("/crowds/hang.txt", 404),
        ("/route", 200),
        ("/another", 200),
    ] {
        let request = Request::get(target).header("accept", "text/html");
        let request = request.timeout(Duration::from_secs(10));
        for response in crowd(&stage, CLIENTS, &request).await {
            // `/crowds/hang.txt` is served the fallback document as well.
            assert!([404, 200].contains(&response.status.as_u16()), "{target}");
            if status == 200 {
                assert_eq!(response.text(), "the application", "{target}");
                assert_eq!(response.header("cache-control"), Some("no-store"));
            }
        }
        let key = target.trim_start_matches('/');
        assert_eq!(stage.eu.seen_for(key).len(), 1, "{target}");
    }
    assert!(hang.times_applied() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_for_a_missing_object_shares_a_404_that_is_not_cached() {
    let stage = Arc::new(Stage::configured(r#"{"cache": {"not_found_ttl_s": 0}}"#).await);
    let key = "crowds/missing.txt";
    let missing = || slowly(CannedResponse::status(404));
    let guards = faults(&stage, key, missing(), missing());
    let target = format!("/{key}");
    let responses = crowd(&stage, CLIENTS, &Request::get(target.as_str())).await;
    assert_all(&responses, StatusCode::NOT_FOUND, key);
    assert_eq!(stage.requests_for(key), 2);
    drop(guards);
    stage.put(key, Object::text("here now")).await;
    let_failures_expire().await;
    assert_eq!(stage.get(&target).await.text(), "here now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_for_a_segment_that_no_origin_gives_costs_what_one_client_costs() {
    const SEGMENT: usize = 1024 * 1024;
    let config = format!(r#"{{"cache": {{"segment_bytes": {SEGMENT}}}}}"#);
    let stage = Arc::new(Stage::configured(&config).await);
    let (key, object) = (
        "crowds/large.bin",
        Object::pseudo_random(1, 2 * SEGMENT + 5),
    );
    stage.put(key, object.clone()).await;
    let target = format!("/{key}");
    let first = Request::get(target.as_str()).header("range", "bytes=0-9");
    assert_eq!(stage.send(first).await.status, 206);
    let before = stage.requests_for(key);
    let fault = || slowly(CannedResponse::status(500));
    let guards = faults(&stage, key, fault(), fault());
    let second = Request::get(target.as_str()).header("range", "bytes=1048576-1048585");
    let responses = crowd(&stage, CLIENTS, &second).await;
    assert_all(&responses, StatusCode::BAD_GATEWAY, key);
    assert_eq!(stage.requests_for(key) - before, 2);
    drop(guards);
    let_failures_expire().await;
    assert_whole(&stage.get(&target).await, &object.bytes, key);
}

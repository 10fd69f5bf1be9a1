//! Tests of stages that are made of others: nothing of the first one reaches the second.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, ViceroyConfig};
use serde_json::{Value, json};

use super::stage::{EU_HOST, Stage, US_HOST, cache_of};

/// A stage of which only these tests make others, because no other has this key.
async fn of(name: &str, config: &Value) -> Stage {
    let config = config.to_string();
    Stage::with(|setup: ViceroyConfig| setup.config(&config).fastly_key(name)).await
}

fn listing() -> Value {
    json!({
        "site": {"listing": "json"},
        "redirects": [{"from": "/old", "to": "/new"}],
        "cache": {"stale_if_error_s": 3600, "stale_while_revalidate_s": 3600},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stage_that_is_made_of_another_one_remembers_nothing() {
    let first = of("remembers nothing", &listing()).await;
    let process = first.edge.pid();
    first.put("same/a.txt", Object::text("first")).await;
    let (_hit, _missing) = (
        first.get("/same/a.txt").await,
        first.get("/same/b.txt").await,
    );
    assert_eq!(cache_of(&first.get("/same/a.txt").await), "HIT");
    assert_eq!(first.get("/same/").await.status, 200);
    assert_eq!(first.get("/old").await.status, 301);
    // Opens the circuit breaker of the US origin, for all that follows.
    let busy = Fault::Respond(CannedResponse::slow_down().retry_after(60));
    let fault = first.us.inject_all(busy);
    first.put("same/c.txt", Object::text("of the EU")).await;
    let response = first.get("/same/c.txt").await;
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    drop(first);

    let second = of("remembers nothing", &json!({})).await;
    assert_eq!(second.edge.pid(), process, "the same Viceroy");
    assert_eq!(second.edge.stdout_lines(), Vec::<String>::new());
    assert_eq!(second.us.keys(), Vec::<String>::new());
    assert_eq!((second.us.seen().len(), second.eu.seen().len()), (0, 0));
    for path in ["/same/a.txt", "/same/c.txt", "/same/", "/old"] {
        let response = second.get(path).await;
        assert_eq!(response.status, 404, "{path}: {}", response.text());
    }
    second.put("same/b.txt", Object::text("second")).await;
    let response = second.get("/same/b.txt").await;
    assert_eq!(
        (response.status.as_u16(), cache_of(&response)),
        (200, "MISS")
    );
    assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    assert_eq!(fault.times_applied(), 1, "the fault of the first stage");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stage_still_does_when_it_is_dropped_ends_before_another_is_made_of_it() {
    let first = of(
        "ends before",
        &json!({"failover": {"total_timeout_ms": 5000}}),
    )
    .await;
    let process = first.edge.pid();
    first.put("late.txt", Object::text("of the first")).await;
    let hang = Fault::StallBeforeHeaders(Duration::from_mins(1));
    let _hang = [first.us.inject_all(hang.clone()), first.eu.inject_all(hang)];
    let request = Request::get("/late.txt");
    let client = request.send(first.edge.port());
    let gives_up = tokio::time::timeout(Duration::from_millis(300), client);
    assert!(gives_up.await.is_err(), "a response from hanging origins");
    drop(first);

    let second = of("ends before", &json!({"site": {"error_document": ""}})).await;
    assert_eq!(second.edge.pid(), process, "the same Viceroy");
    assert_eq!(second.edge.stdout_lines(), Vec::<String>::new());
    let response = second.get("/late.txt").await;
    assert_eq!(response.status, 404, "{}", response.text());
    assert_eq!(cache_of(&response), "MISS");
}

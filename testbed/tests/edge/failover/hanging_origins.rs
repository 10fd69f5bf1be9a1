//! Every origin hangs while the cache has a stale object, which is served after one attempt timeout at most.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object};

use crate::support::scenarios::FOREVER;
use crate::support::stage::{Stage, cache_of};

/// Objects are fresh for a second, then served while they are revalidated for a second, then only for errors.
const CONFIG: &str = r#"{"cache": {"ttl_s": 1, "stale_while_revalidate_s": 1, "stale_if_error_s": 600},
                         "failover": {"attempt_timeout_ms": 400, "total_timeout_ms": 8000}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_object_is_served_while_every_origin_hangs_and_a_revalidation_too() {
    let stage = Stage::configured(CONFIG).await;
    let key = "hanging/a.txt";
    stage.fill(key, &Object::text("content")).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let hang = || Fault::StallBeforeHeaders(FOREVER);
    let _us = stage.us.inject(key, hang());
    let _eu = stage.eu.inject(key, hang());
    let path = format!("/{key}");
    // Its revalidation hangs, with the obligation to update the entry.
    assert_eq!(cache_of(&stage.get(&path).await), "STALE");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    for _ in 0..5 {
        let response = stage.get(&path).await;
        assert_eq!(
            (response.text().as_str(), cache_of(&response)),
            ("content", "STALE")
        );
    }
}

/// Regression: the failure of a revalidation that took an attempt timeout only, because a stale object was there to serve,
/// answered requests for which there was none any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_nothing_to_serve_asks_for_longer_than_one_with_a_stale_object() {
    let config = r#"{"cache": {"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 1},
                     "failover": {"attempt_timeout_ms": 300, "total_timeout_ms": 8000}}"#;
    let stage = Stage::configured(config).await;
    let (key, path) = ("hanging/short.txt", "/hanging/short.txt");
    stage.fill(key, &Object::text("content")).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let slow = Fault::StallBeforeHeaders(Duration::from_millis(700));
    let _us = stage.us.inject(key, slow);
    let _eu = stage
        .eu
        .inject(key, Fault::Respond(CannedResponse::status(500)));
    assert_eq!(cache_of(&stage.get(path).await), "STALE");
    // Its grace is over now.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let response = stage.get(path).await;
    assert_eq!(
        (response.status.as_u16(), response.text().as_str()),
        (200, "content")
    );
}

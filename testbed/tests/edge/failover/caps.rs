//! Daily caps of a B2 account, which B2 reports as 403 `AccessDenied`.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Object, Request};
use http::StatusCode;
use serde_json::Value;

use crate::support::stage::{EU_HOST, Stage, cache_of, let_failures_expire, log_of};
use crate::support::stage_pool::{Setup, StagePool};

/// Has every origin respond to reads of a key with this.
fn respond_everywhere(stage: &Stage, key: &str, response: &CannedResponse) -> [FaultGuard; 2] {
    [&stage.us, &stage.eu].map(|origin| origin.inject(key, Fault::Respond(response.clone())))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capped_origin_is_skipped_and_named_with_what_to_do() {
    let config = r#"{"status_page": "on"}"#;
    let stage = Stage::configured(config).await;
    for key in ["caps/a.txt", "caps/b.txt"] {
        stage.put(key, Object::text("content")).await;
    }
    let capped = Fault::Respond(CannedResponse::transaction_cap());
    let guard = stage.us.inject("caps/a.txt", capped.clone());
    let response = stage.get("/caps/a.txt").await;
    assert_eq!(
        (response.status, response.header("x-b2-host")),
        (StatusCode::OK, Some(EU_HOST))
    );
    let line = log_of(&stage, "/caps/a.txt").await;
    assert_eq!(line["attempts"][0]["outcome"], "cap_exceeded", "{line}");
    let problem = line["attempts"][0]["problems"][0]
        .as_str()
        .expect("a problem");
    assert!(problem.contains("Caps & Alerts"), "{problem}");
    // The circuit breaker is open: another object is read from the other region at once.
    let other = stage.us.inject("caps/b.txt", capped);
    let response = stage.get("/caps/b.txt").await;
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    assert_eq!((guard.times_applied(), other.times_applied()), (1, 0));

    let report = stage.get("/_b2-edge/status.json").await;
    let report: Value = serde_json::from_str(&report.text()).expect("JSON");
    let us = &report["origins"][0];
    assert_eq!(us["state"], "failing", "{us}");
    let remedy = us["problems"][0]["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("Caps & Alerts"), "{remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_whose_accounts_are_all_capped_is_503_where_nothing_is_cached() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for (key, message) in [
        ("caps/transactions.txt", CannedResponse::transaction_cap()),
        ("caps/downloads.txt", CannedResponse::download_cap()),
    ] {
        stage.put(key, Object::text("content")).await;
        let guards = respond_everywhere(&stage, key, &message);
        let path = format!("/{key}");
        for request in [
            Request::get(path.as_str()),
            Request::head(path.as_str()),
            Request::get(path.as_str()).header("range", "bytes=-3"),
        ] {
            let named = request.name();
            let response = stage.send(request).await;
            assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE, "{named}");
            assert_eq!(response.header("retry-after"), Some("60"), "{named}");
        }
        drop(guards);
        let_failures_expire().await;
        assert_eq!(stage.get(&path).await.text(), "content", "{key}");
    }
}

/// What is cached and may still be served is never lost to a refusal, whatever its message.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_neither_replaces_nor_hides_what_the_cache_may_still_serve() {
    for setup in [Setup::StaleIfError, Setup::ServesStale] {
        let stage = StagePool::take(setup).await;
        for (key, refusal) in [
            ("refused/cap.txt", CannedResponse::transaction_cap()),
            ("refused/denied.txt", CannedResponse::access_denied()),
        ] {
            stage.fill(key, &Object::text("content")).await;
            tokio::time::sleep(Duration::from_millis(1200)).await;
            let guards = respond_everywhere(&stage, key, &refusal);
            let path = format!("/{key}");
            // The second and third after a revalidation that was refused.
            for _ in 0..3 {
                let response = stage.get(&path).await;
                assert_eq!(
                    (response.text().as_str(), cache_of(&response)),
                    ("content", "STALE"),
                    "{setup:?} {key}"
                );
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
            let head = stage.head(&path).await;
            assert_eq!(head.status, StatusCode::OK, "{setup:?} {key}");
            assert!(guards.iter().any(|guard| guard.times_applied() > 0));
        }
    }
}

/// Regression: the revalidation after a `HEAD` did not know of the object's entry, and its failure answered the next one.
#[tokio::test(flavor = "multi_thread")]
async fn the_headers_of_a_stale_object_are_served_whatever_the_origins_say() {
    let stage = Stage::configured(
        r#"{"cache": {"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 600}}"#,
    )
    .await;
    for (key, us, eu) in [
        (
            "headers/500.txt",
            CannedResponse::status(500),
            CannedResponse::status(500),
        ),
        (
            "headers/one-404.txt",
            CannedResponse::status(500),
            CannedResponse::status(404),
        ),
        (
            "headers/no-bucket.txt",
            CannedResponse::no_such_bucket(),
            CannedResponse::no_such_bucket(),
        ),
        (
            "headers/capped.txt",
            CannedResponse::download_cap(),
            CannedResponse::download_cap(),
        ),
    ] {
        stage.recover().await;
        stage.fill(key, &Object::text("content")).await;
        tokio::time::sleep(Duration::from_millis(1200)).await;
        let _us = stage.us.inject(key, Fault::Respond(us));
        let _eu = stage.eu.inject(key, Fault::Respond(eu));
        let path = format!("/{key}");
        for round in 0..4 {
            let head = stage.head(&path).await;
            assert_eq!(
                (head.status, cache_of(&head)),
                (StatusCode::OK, "STALE"),
                "{key} {round}"
            );
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        assert_eq!(stage.get(&path).await.text(), "content", "{key}");
    }
}

/// Regression: a denial of every origin counted as another version, and the whole object was purged.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_a_segment_loses_none_of_the_others() {
    const SEGMENT: usize = 1024 * 1024;
    let stage = Stage::configured(r#"{"cache": {"segment_bytes": 1048576}}"#).await;
    let (key, path) = ("refused/large.bin", "/refused/large.bin");
    let object = Object::pseudo_random(1, 3 * SEGMENT);
    stage.put(key, object.clone()).await;
    let part = |first: usize| {
        let range = format!("bytes={first}-{}", first + 9);
        stage.send(Request::get(path).header("range", range))
    };
    assert_eq!(part(0).await.status, StatusCode::PARTIAL_CONTENT);
    let guards = respond_everywhere(&stage, key, &CannedResponse::access_denied());
    assert_eq!(part(2 * SEGMENT).await.status, StatusCode::NOT_FOUND);
    let first = part(0).await;
    assert_eq!(
        (first.status, cache_of(&first)),
        (StatusCode::PARTIAL_CONTENT, "HIT")
    );
    drop(guards);
    let_failures_expire().await;
    let last = part(2 * SEGMENT).await;
    assert_eq!(last.body, object.bytes[2 * SEGMENT..2 * SEGMENT + 10]);
}

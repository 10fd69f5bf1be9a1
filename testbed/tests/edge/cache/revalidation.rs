//! Stale entries: revalidated without a body, served while they are revalidated, and served if no origin responds.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object};
use http::StatusCode;
use serde_json::Value;

use crate::support::scenarios::FOREVER;
use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_whole, cache_of, until_async};
use crate::support::stage_pool::{Setup, StagePool};

/// Waits until an entry that was just stored is stale: one second by the configuration.
async fn expire() {
    tokio::time::sleep(Duration::from_millis(1200)).await;
}

/// Makes an origin fail for a key until the guard is dropped.
fn fail(stage: &Stage, key: &str) -> Vec<b2_edge_testbed::FaultGuard> {
    let fault = || Fault::Respond(CannedResponse::status(500));
    vec![stage.us.inject(key, fault()), stage.eu.inject(key, fault())]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unchanged_object_is_renewed_without_its_body() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let small = ("revalidation/same.bin", Object::pseudo_random(1, 10_000));
    let large = (
        "revalidation/same-large.bin",
        Object::pseudo_random(1, 2_500_000),
    );
    for (key, object) in [&small, &large] {
        stage.fill(key, object).await;
    }
    expire().await;
    for (key, object) in [&small, &large] {
        stage.us.clear_seen();
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(&response, &object.bytes, key);
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{key}");
        assert_ne!(cache_of(&response), "STALE", "{key}");
        let seen = stage.us.seen_for(key);
        assert_eq!(seen.len(), 1, "{key}: {seen:?}");
        let etag = stage.us.etag_of(key).expect("stored");
        assert_eq!(
            seen[0].header("if-none-match"),
            Some(etag.as_str()),
            "{key}"
        );
        assert_eq!((seen[0].status, seen[0].sent), (Some(304), 0), "{key}");
        let again = stage.get(&format!("/{key}")).await;
        assert_whole(&again, &object.bytes, key);
        assert_eq!(
            (cache_of(&again), stage.requests_for(key)),
            ("HIT", 1),
            "{key}"
        );
        let age: u64 = again.header("age").expect("Age").parse().expect("seconds");
        assert_eq!(age, 0, "{key}: renewed means young");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_object_takes_the_place_of_the_old_one() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let cases = [
        (10_000, 12_000),
        (2_500_000, 10_000),
        (10_000, 2_500_000),
        (2_500_000, 2_600_000),
    ];
    let key = |(old, new): &(usize, usize)| format!("revalidation/changed/{old}-{new}");
    for case in &cases {
        stage
            .fill(&key(case), &Object::pseudo_random(1, case.0))
            .await;
        stage
            .put(&key(case), Object::pseudo_random(2, case.1))
            .await;
    }
    expire().await;
    for case in &cases {
        let (key, new) = (key(case), Object::pseudo_random(2, case.1));
        for cache in ["MISS", "HIT"] {
            let response = stage.get(&format!("/{key}")).await;
            assert_whole(&response, &new.bytes, &key);
            assert_eq!(cache_of(&response), cache, "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_answer_waits_for_nobody_and_is_revalidated_after_it() {
    let stage = StagePool::take(Setup::ServesStale).await;
    let (key, old, new) = ("revalidation/swr.txt", "the old one", "the new one");
    stage.fill(key, &Object::text(old)).await;
    stage.put(key, Object::text(new)).await;
    expire().await;
    let pause = Duration::from_millis(200);
    let stall = stage.us.inject(key, Fault::StallBeforeHeaders(pause));
    let response = stage.get(&format!("/{key}")).await;
    assert_whole(&response, old.as_bytes(), key);
    assert_eq!(cache_of(&response), "STALE");
    let age: u64 = response
        .header("age")
        .expect("Age")
        .parse()
        .expect("seconds");
    assert!((1..10).contains(&age), "{age}");
    let timing = response.header("server-timing").expect("Server-Timing");
    assert!(timing.starts_with("cache;desc=\"STALE\""), "{timing}");
    let is_stale = |line: &Value| line["path"] == format!("/{key}") && line["cache"] == "stale";
    let line = stage.edge.wait_for_log(is_stale, Duration::from_secs(10));
    assert!(line.await.is_some(), "a log line with the cache's state");
    drop(stall);
    until_async("the new version is served", || async {
        let response = stage.get(&format!("/{key}")).await;
        assert!([old, new].contains(&response.text().as_str()));
        response.text() == new && cache_of(&response) == "HIT"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_answer_does_not_wait_for_an_origin_that_hangs() {
    let stage = StagePool::take(Setup::ServesStale).await;
    let (key, object) = ("revalidation/hang.bin", Object::pseudo_random(1, 100_000));
    stage.fill(key, &object).await;
    expire().await;
    let _stalls = [
        stage.us.inject(key, Fault::StallBeforeHeaders(FOREVER)),
        stage.eu.inject(key, Fault::StallBeforeHeaders(FOREVER)),
    ];
    for _ in 0..3 {
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(&response, &object.bytes, key);
        assert_eq!(cache_of(&response), "STALE");
        // The total timeout is three seconds by the configuration.
        let waited = response.head_after;
        assert!(waited < Duration::from_millis(2500), "{waited:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_head_and_a_stale_range_are_served_like_a_stale_get() {
    let stage = StagePool::take(Setup::ServesStale).await;
    let object = Object::text("0123456789");
    for key in ["revalidation/swr-head.txt", "revalidation/swr-range.txt"] {
        stage.fill(key, &object).await;
    }
    expire().await;
    let head = stage.head("/revalidation/swr-head.txt").await;
    assert_eq!((head.status, cache_of(&head)), (StatusCode::OK, "STALE"));
    assert_eq!(head.header("content-length"), Some("10"));
    let request = b2_edge_testbed::Request::get("/revalidation/swr-range.txt");
    let part = stage.send(request.header("range", "bytes=3-5")).await;
    assert_eq!(
        (part.status, cache_of(&part)),
        (StatusCode::PARTIAL_CONTENT, "STALE")
    );
    assert_eq!(part.text(), "345");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_object_is_gone_once_it_is_revalidated() {
    let (now, after) = (
        StagePool::take(Setup::StaleIfError).await,
        StagePool::take(Setup::ServesStale).await,
    );
    for stage in [&now, &after] {
        let key = "revalidation/deleted.txt";
        stage.fill(key, &Object::text("short-lived")).await;
        stage.us.delete(key).await.expect("deleted");
        stage.eu.delete(key).await.expect("deleted");
    }
    expire().await;
    let target = "/revalidation/deleted.txt";
    assert_eq!(now.get(target).await.status, StatusCode::NOT_FOUND);
    assert_eq!(cache_of(&after.get(target).await), "STALE");
    until_async("the object is gone", || async {
        after.get(target).await.status == StatusCode::NOT_FOUND
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_becomes_private_is_kept_no_longer() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let key = "revalidation/private.txt";
    stage.fill(key, &Object::text("public")).await;
    stage
        .put(key, Object::text("private").cache_control("private"))
        .await;
    expire().await;
    for round in 0..3 {
        let response = stage.get(&format!("/{key}")).await;
        assert_eq!(
            (response.text().as_str(), cache_of(&response)),
            ("private", "PASS"),
            "{round}"
        );
    }
    let _failing = fail(&stage, key);
    let response = stage.get(&format!("/{key}")).await;
    assert_eq!(
        response.status,
        StatusCode::BAD_GATEWAY,
        "no old copy is served"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_kept_for_errors_as_long_as_the_configuration_says() {
    let stage = Stage::configured(
        r#"{"cache": {"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 3}}"#,
    )
    .await;
    let (key, object) = ("revalidation/sie.bin", Object::pseudo_random(1, 10_000));
    stage.fill(key, &object).await;
    let _failing = fail(&stage, key);
    expire().await;
    let response = stage.get(&format!("/{key}")).await;
    assert_whole(&response, &object.bytes, key);
    assert_eq!(cache_of(&response), "STALE");
    until_async("the entry is too old", || async {
        stage.get(&format!("/{key}")).await.status == StatusCode::BAD_GATEWAY
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_can_be_renewed_by_the_other_origin() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, object) = ("revalidation/other.bin", Object::pseudo_random(1, 10_000));
    stage.fill(key, &object).await;
    expire().await;
    let fault = Fault::Respond(CannedResponse::status(500));
    let fault = stage.us.inject(key, fault);
    let response = stage.get(&format!("/{key}")).await;
    assert_whole(&response, &object.bytes, key);
    assert_ne!(cache_of(&response), "STALE");
    assert_eq!(fault.times_applied(), 1);
    let seen = stage.eu.seen_for(key);
    assert_eq!(
        (seen.len(), seen[0].status, seen[0].sent),
        (1, Some(304), 0)
    );
    let again = stage.get(&format!("/{key}")).await;
    assert_eq!((cache_of(&again), stage.eu.seen_for(key).len()), ("HIT", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_the_other_origin_says_so_as_long_as_it_is_kept() {
    let stage = StagePool::take(Setup::Defaults).await;
    let (key, object) = ("revalidation/filled-by-eu.txt", Object::text("the same"));
    let fault = Fault::Respond(CannedResponse::status(500));
    let fault = stage.us.inject(key, fault);
    for cache in ["MISS", "HIT"] {
        let response = if cache == "MISS" {
            stage.fill(key, &object).await
        } else {
            stage.get(&format!("/{key}")).await
        };
        assert_eq!(
            (cache_of(&response), response.header("x-b2-host")),
            (cache, Some(EU_HOST))
        );
    }
    drop(fault);
    let response = stage.get(&format!("/{key}")).await;
    assert_eq!(
        (cache_of(&response), response.header("x-b2-host")),
        ("HIT", Some(EU_HOST))
    );
}

/// It may be a replica that lags behind the one that fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_404_of_one_origin_while_another_fails_neither_hides_nor_replaces_what_is_cached() {
    for setup in [Setup::StaleIfError, Setup::ServesStale] {
        let stage = StagePool::take(setup).await;
        let (key, path) = ("revalidation/404.txt", "/revalidation/404.txt");
        stage.fill(key, &Object::text("content")).await;
        stage.eu.delete(key).await.expect("deleted");
        expire().await;
        let failure = Fault::Respond(CannedResponse::status(500));
        let fault = stage.us.inject(key, failure);
        for _ in 0..3 {
            let response = stage.get(path).await;
            let served = (response.text(), cache_of(&response));
            assert_eq!(served, ("content".to_owned(), "STALE"), "{setup:?}");
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        drop(fault);
        until_async("it is confirmed", || async {
            let response = stage.get(path).await;
            assert_eq!(response.text(), "content", "{setup:?}");
            cache_of(&response) == "HIT"
        })
        .await;
    }
}

/// A 404 to `HEAD` has no document, which could name a missing bucket: it is asked for its reason.
#[tokio::test(flavor = "multi_thread")]
async fn a_head_of_a_deleted_object_finds_nothing_although_a_stale_one_is_cached() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, path) = (
        "revalidation/deleted-head.txt",
        "/revalidation/deleted-head.txt",
    );
    stage.fill(key, &Object::text("content")).await;
    for origin in [&stage.us, &stage.eu] {
        origin.delete(key).await.expect("deleted");
    }
    expire().await;
    assert_eq!(stage.head(path).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stage.get(path).await.status, StatusCode::NOT_FOUND);
}

//! A replica that lags behind: an older version neither cuts a read short nor replaces a newer one.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;

use crate::support::crowd::crowd;
use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_whole, cache_of, until_async};

const SEGMENT: usize = 1024 * 1024;

/// Objects are fresh for a second, and served for ten minutes if no origin responds.
const CONFIG: &str = r#"{
    "cache": {"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 600, "segment_bytes": 1048576},
    "failover": {"attempt_timeout_ms": 400, "borrowed_ttl_s": 2}
}"#;

/// Stores the first version everywhere and, as `Last-Modified` has whole seconds, the second one later, in the US.
async fn overwritten_in_the_us(stage: &Stage, key: &str, old: &Object, new: &Object) {
    stage.put(key, old.clone()).await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    stage.us.put(key, new.clone()).await.expect("stored");
}

async fn expire() {
    tokio::time::sleep(Duration::from_millis(1200)).await;
}

fn failure() -> Fault {
    Fault::Respond(CannedResponse::status(500))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_a_version_is_finished_by_the_slow_origin_that_has_it() {
    let stage = Stage::configured(CONFIG).await;
    let object = |seed| Object::pseudo_random(seed, 3 * SEGMENT + 77).cache_control("max-age=600");
    for (name, eu) in [("old", Some(object(1))), ("missing", None)] {
        let (key, new) = (format!("lag/slow-{name}.bin"), object(2));
        if let Some(old) = &eu {
            stage.eu.put(&key, old.clone()).await.expect("stored");
            tokio::time::sleep(Duration::from_millis(1100)).await;
        }
        stage.us.put(&key, new.clone()).await.expect("stored");
        let path = format!("/{key}");
        let begin = stage.send(Request::get(path.as_str()).header("range", "bytes=0-9"));
        assert_eq!(begin.await.status, StatusCode::PARTIAL_CONTENT, "{name}");
        let pause = Duration::from_millis(900);
        let slow = stage.us.inject(&key, Fault::StallBeforeHeaders(pause));
        let response = stage.get(&path).await;
        assert_whole(&response, &new.bytes, name);
        assert_eq!(slow.times_applied(), 3, "{name}");
        assert!(!stage.eu.seen_for(&key).is_empty(), "{name}: it was hedged");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_never_replaces_what_may_still_be_served() {
    let stage = Stage::configured(CONFIG).await;
    for (key, size) in [("lag/small.bin", 9_000), ("lag/large.bin", 2 * SEGMENT + 9)] {
        let (old, new) = (
            Object::pseudo_random(1, size),
            Object::pseudo_random(2, size),
        );
        overwritten_in_the_us(&stage, key, &old, &new).await;
        let path = format!("/{key}");
        assert_whole(&stage.get(&path).await, &new.bytes, key);
        expire().await;
        let fault = stage.us.inject(key, failure());
        for _ in 0..3 {
            let response = stage.get(&path).await;
            assert_whole(&response, &new.bytes, key);
            assert_eq!(
                (cache_of(&response), response.header("x-b2-host")),
                ("STALE", Some(US_HOST))
            );
        }
        assert!(
            !stage.eu.seen_for(key).is_empty(),
            "{key}: the replica was asked"
        );
        drop(fault);
        until_async("the version is confirmed", || async {
            let response = stage.get(&path).await;
            assert_whole(&response, &new.bytes, key);
            cache_of(&response) == "HIT"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_version_that_was_all_there_was_gives_way_to_the_preferred_origins_within_its_borrowed_time()
 {
    let config = CONFIG.replace("\"ttl_s\": 1", "\"ttl_s\": 600");
    let stage = Stage::configured(&config).await;
    let (key, path) = ("lag/borrowed.txt", "/lag/borrowed.txt");
    overwritten_in_the_us(&stage, key, &Object::text("old"), &Object::text("new")).await;
    let fault = stage.us.inject(key, failure());
    assert_eq!(stage.get(path).await.text(), "old");
    drop(fault);
    stage.recover().await;
    let response = stage.get(path).await;
    assert_eq!(cache_of(&response), "HIT", "fresh for the borrowed time");
    tokio::time::sleep(Duration::from_millis(2200)).await;
    let response = stage.get(path).await;
    assert_eq!(
        (response.text().as_str(), response.header("x-b2-host")),
        ("new", Some(US_HOST))
    );
    tokio::time::sleep(Duration::from_millis(2200)).await;
    assert_eq!(
        cache_of(&stage.get(path).await),
        "HIT",
        "its own is fresh for longer"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_version_of_the_other_origin_replaces_an_older_one() {
    let stage = Stage::configured(CONFIG).await;
    let (key, path) = ("lag/newer.txt", "/lag/newer.txt");
    stage.fill(key, &Object::text("old")).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    stage
        .eu
        .put(key, Object::text("new"))
        .await
        .expect("stored");
    let _fault = stage.us.inject(key, failure());
    let response = stage.get(path).await;
    assert_eq!(
        (response.text().as_str(), response.header("x-b2-host")),
        ("new", Some(EU_HOST))
    );
}

/// It does not lag behind itself: the newer version was removed, as by deleting a file version of B2.
#[tokio::test(flavor = "multi_thread")]
async fn an_origin_may_go_back_to_an_older_version_of_its_own() {
    let stage = Stage::configured(CONFIG).await;
    let (key, path) = ("lag/back.txt", "/lag/back.txt");
    let at = |etag: &str, date: &str, text: &'static str| {
        let response = CannedResponse::status(200)
            .header(http::header::CACHE_CONTROL, "max-age=1")
            .header(http::header::ETAG, etag)
            .header(http::header::LAST_MODIFIED, date);
        Fault::Respond(response.body(text))
    };
    let new = stage
        .us
        .inject(key, at("\"2\"", "Wed, 21 Oct 2015 07:28:02 GMT", "second"));
    let response = stage.get(path).await;
    assert_eq!(
        (response.text().as_str(), cache_of(&response)),
        ("second", "MISS")
    );
    drop(new);
    expire().await;
    let _old = stage
        .us
        .inject(key, at("\"1\"", "Wed, 21 Oct 2015 07:28:01 GMT", "first"));
    let _other = stage
        .eu
        .inject(key, at("\"0\"", "Wed, 21 Oct 2015 07:28:00 GMT", "other"));
    assert_eq!(stage.get(path).await.text(), "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_never_served_stale_is_revalidated_without_its_body() {
    let stage = Stage::configured(CONFIG).await;
    let key = "lag/must-revalidate.bin";
    let object = Object::pseudo_random(1, 20_000).cache_control("max-age=1, must-revalidate");
    stage.fill(key, &object).await;
    expire().await;
    stage.us.clear_seen();
    let path = format!("/{key}");
    let response = stage.get(&path).await;
    assert_whole(&response, &object.bytes, key);
    let statuses: Vec<_> = stage
        .us
        .seen_for(key)
        .iter()
        .map(|seen| seen.status)
        .collect();
    assert_eq!(statuses, [Some(304)]);
    // It is not served for errors.
    expire().await;
    let _faults = [
        stage.us.inject(key, failure()),
        stage.eu.inject(key, failure()),
    ];
    assert_eq!(stage.get(&path).await.status, StatusCode::BAD_GATEWAY);
}

/// In each state of its entry, for one client and for many: the preferred origin fails, and the other one has an older
/// version.
#[tokio::test(flavor = "multi_thread")]
async fn no_client_sees_an_older_version_than_the_one_that_is_cached() {
    let config = CONFIG.replace(
        "\"stale_while_revalidate_s\": 0",
        "\"stale_while_revalidate_s\": 2",
    );
    let stage = Arc::new(Stage::configured(&config).await);
    for (state, wait_ms, cache) in [
        ("fresh", 0, "HIT"),
        ("while", 1300, "STALE"),
        ("error", 3300, "STALE"),
    ] {
        for clients in [1, 60] {
            let key = format!("lag/{state}-{clients}.txt");
            stage.recover().await;
            overwritten_in_the_us(&stage, &key, &Object::text("old"), &Object::text("new")).await;
            let path = format!("/{key}");
            assert_eq!(stage.get(&path).await.text(), "new", "{key}");
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            let _fault = stage.us.inject(&key, failure());
            // The second round after the revalidations of the first.
            for round in 0..2 {
                let request = Request::get(path.as_str());
                for response in crowd(&stage, clients, &request).await {
                    assert_eq!(response.text(), "new", "{key} {round}");
                    if round == 0 {
                        assert_eq!(cache_of(&response), cache, "{key}");
                    }
                }
                tokio::time::sleep(Duration::from_millis(300)).await;
            }
        }
    }
}

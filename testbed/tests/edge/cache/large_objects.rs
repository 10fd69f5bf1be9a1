//! Very large objects: the limit of backend requests, clients that stop reading, versions that change during a
//! read.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{Object, Request};
use http::StatusCode;
use serde_json::Value;
use tokio::sync::Notify;

use crate::cache::purge::purge;
use crate::support::stage::{Stage, TOKEN, assert_whole, until};
use crate::support::stage_pool::{Setup, StagePool};

/// `cache.segment_bytes` of these stages.
const SEGMENT: usize = 1024 * 1024;

/// Backend requests that the platform allows in one sandbox
/// (<https://docs.fastly.com/products/compute-resource-limits>).
const MAX_REQUESTS: usize = 32;

const SIZE: usize = 100 * 1024 * 1024;

/// What may be fetched at most for a client that reads 1 MiB: that, the segments requested ahead, and the content
/// of socket buffers.
const LITTLE: u64 = 25 * 1024 * 1024;

/// Stores an object in the preferred origin only, which takes half the time.
async fn put(stage: &Stage, key: &str, object: &Object) {
    let stored = stage.us.put(key, object.clone()).await;
    stored.expect("stored in the US");
}

/// An object that stays fresh, unlike others on these stages.
fn object(seed: u64, size: usize) -> Object {
    Object::pseudo_random(seed, size).cache_control("max-age=600")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_of_more_segments_than_requests_are_allowed_is_whole() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, object) = ("large/whole.bin", object(1, SIZE));
    put(&stage, key, &object).await;
    let response = stage.get(&format!("/{key}")).await;
    assert_whole(&response, &object.bytes, key);
    let requests = stage.requests_for(key);
    assert!(requests <= MAX_REQUESTS, "{requests} requests");
    let sent = stage.sent_for(key);
    assert!(sent <= (SIZE + 2 * SEGMENT) as u64, "{sent} bytes");
    // The cached beginning needs no further request.
    let request = Request::get(format!("/{key}")).header("range", "bytes=0-9999999");
    let part = stage.send(request).await;
    assert!(part.complete && part.body == object.bytes[..10_000_000]);
    assert_eq!(stage.requests_for(key), requests);
}

/// Waits until the origins have stopped sending the object, and returns how many bytes it was.
async fn sent_in_the_end(stage: &Stage, key: &str) -> u64 {
    let mut sent = 0;
    loop {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let now = stage.sent_for(key);
        if now == sent {
            return sent;
        }
        sent = now;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_or_stops_reading_does_not_make_the_edge_fetch_the_rest() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let object = object(2, SIZE);
    let request = |key: &str| Request::get(format!("/{key}"));

    let key = "large/leaving.bin";
    put(&stage, key, &object).await;
    let leaving = request(key).leave_after(SEGMENT);
    let response = stage.send(leaving).await;
    assert!(!response.complete && object.bytes.starts_with(&response.body));
    let sent = sent_in_the_end(&stage, key).await;
    assert!(sent < LITTLE, "after it left: {sent} bytes");

    let key = "large/pausing.bin";
    put(&stage, key, &object).await;
    let resume = Arc::new(Notify::new());
    let pausing = request(key)
        .pause_until(SEGMENT, &resume)
        .leave_after(SEGMENT);
    let (response, sent) = tokio::join!(stage.send(pausing), async {
        until("it is being fetched", || stage.sent_for(key) > 0).await;
        let sent = sent_in_the_end(&stage, key).await;
        resume.notify_one();
        sent
    });
    assert!(!response.complete && object.bytes.starts_with(&response.body));
    assert!(sent < LITTLE, "while it paused: {sent} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_during_which_the_object_is_overwritten_never_mixes_versions() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (old, new) = (object(3, 30 * SEGMENT), object(4, 30 * SEGMENT));
    let key = "large/overwritten.bin";
    stage.put(key, old.clone()).await;
    let resume = Arc::new(Notify::new());
    let pausing = Request::get(format!("/{key}")).pause_until(SEGMENT, &resume);
    let (response, sent_before) = tokio::join!(stage.send(pausing), async {
        until("it is being fetched", || stage.sent_for(key) > 0).await;
        let sent = sent_in_the_end(&stage, key).await;
        stage.put(key, new.clone()).await;
        resume.notify_one();
        sent
    });
    assert!(
        sent_before < old.bytes.len() as u64,
        "it was overwritten too late"
    );
    assert!(!response.complete, "a short body looks whole");
    let body = &response.body;
    assert!(
        old.bytes.starts_with(body),
        "the beginning of the old version"
    );
    for round in 0..2 {
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(&response, &new.bytes, &format!("read {round} after it"));
    }
}

/// Regression: the end of each segment was looked up again, and a segment that had been purged counted as one whose
/// transfer broke off.
#[tokio::test(flavor = "multi_thread")]
async fn a_purge_does_not_cut_off_a_read_that_has_begun() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, object) = ("large/purged.bin", object(5, 20 * SEGMENT));
    put(&stage, key, &object).await;
    let path = format!("/{key}");
    let resume = Arc::new(Notify::new());
    let pausing = Request::get(path.as_str()).pause_until(SEGMENT, &resume);
    let (response, purged) = tokio::join!(stage.send(pausing), async {
        until("it is being fetched", || stage.sent_for(key) > 0).await;
        let sent = sent_in_the_end(&stage, key).await;
        let purged = purge(&stage, &path).await;
        resume.notify_one();
        (sent, purged.status)
    });
    let (sent, status) = purged;
    assert_eq!(status, StatusCode::OK);
    assert!(sent < object.bytes.len() as u64, "it was purged too late");
    assert_whole(&response, &object.bytes, key);
    let is_read = |line: &Value| line["path"] == path.as_str() && line["method"] == "GET";
    let line = stage.edge.wait_for_log(is_read, Duration::from_secs(10));
    let line = line.await.expect("the read's log line");
    let attempts = line["attempts"].as_array().expect("attempts");
    let is_from_us = |attempt: &Value| attempt["origin"] == "us_origin";
    // A circuit breaker that opened would let the EU origin go first.
    assert!(attempts.iter().all(is_from_us), "{line}");
}

/// A read that begins within a segment looks the end of it up again, which may begin elsewhere by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_read_from_the_middle_goes_on_when_another_one_has_replaced_the_end_of_its_segment() {
    const LARGE_SEGMENT: usize = 32 * 1024 * 1024;
    let config = format!(r#"{{"cache": {{"segment_bytes": {LARGE_SEGMENT}}}}}"#);
    let stage = Stage::with(|viceroy| viceroy.config(&config).fastly_key(TOKEN)).await;
    // The third segment makes the response one of several.
    let (key, object) = ("large/middle.bin", object(6, 2 * LARGE_SEGMENT + 9));
    put(&stage, key, &object).await;
    let path = format!("/{key}");
    let from =
        |first: usize| Request::get(path.as_str()).header("range", format!("bytes={first}-"));
    let first = LARGE_SEGMENT + 2_999_999;
    let resume = Arc::new(Notify::new());
    let pausing = from(first).pause_until(SEGMENT, &resume);
    let (response, purged) = tokio::join!(stage.send(pausing), async {
        until("it is being fetched", || stage.sent_for(key) > 0).await;
        let sent = sent_in_the_end(&stage, key).await;
        let segment_end = (2 * LARGE_SEGMENT - first) as u64;
        assert!(sent >= segment_end, "it has arrived: {sent} bytes");
        let requests = stage.requests_for(key);
        assert_eq!(requests, 1, "of what follows, nothing is fetched ahead");
        let purged = purge(&stage, &path).await;
        let later = LARGE_SEGMENT + 20_000_000;
        let other = stage.send(from(later)).await;
        assert!(other.complete && other.body == object.bytes[later..]);
        resume.notify_one();
        purged.status
    });
    assert_eq!(purged, StatusCode::OK);
    assert!(response.complete && response.body == object.bytes[first..]);
}

//! Request collapsing: concurrent requests for one object cause one request to an origin.

use std::sync::Arc;
use std::time::{Duration, Instant};

use b2_edge_testbed::{Fault, Object, Request};

use crate::support::crowd::{crowd, try_crowd};
use crate::support::stage::{assert_whole, cache_of, shared};
use crate::support::stage_pool::{Setup, StagePool};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_clients_of_a_cold_object_cause_one_fetch() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    for (key, size) in [
        ("collapsing/small.bin", 10_000),
        ("collapsing/large.bin", 600_000),
    ] {
        let object = Object::pseudo_random(1, size);
        stage.put(key, object.clone()).await;
        let wait = Fault::StallBeforeHeaders(Duration::from_millis(400));
        let _wait = stage.us.inject(key, wait);
        for response in crowd(&stage, 100, &Request::get(format!("/{key}"))).await {
            assert_whole(&response, &object.bytes, key);
        }
        assert_eq!(stage.requests_for(key), 1, "{key}");
        assert_eq!(stage.sent_for(key), size as u64, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_different_kinds_share_one_fetch_too() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    let key = "collapsing/kinds.bin";
    let object = Object::pseudo_random(1, 100_000);
    stage.put(key, object.clone()).await;
    let wait = Fault::StallBeforeHeaders(Duration::from_millis(400));
    let _wait = stage.us.inject(key, wait);
    let target = format!("/{key}");
    let range = Request::get(target.as_str()).header("range", "bytes=10-19");
    let same = Request::get(target.as_str()).header("if-none-match", "*");
    let (get, range, same) = (Request::get(target.as_str()), range, same);
    let (whole, parts, unmodified) = tokio::join!(
        crowd(&stage, 10, &get),
        crowd(&stage, 10, &range),
        crowd(&stage, 10, &same),
    );
    for response in whole {
        assert_whole(&response, &object.bytes, key);
    }
    for response in parts {
        assert_eq!(response.status, 206);
        assert!(response.complete && response.body == object.bytes[10..20]);
    }
    for response in unmodified {
        assert_eq!(response.status, 304);
    }
    assert_eq!(stage.requests_for(key), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_of_a_large_cold_object_cause_one_fetch_of_each_segment() {
    let stage = shared().await;
    let key = "collapsing/200.bin";
    let object = Object::pseudo_random(1, 20 * 1024 * 1024);
    stage.put(key, object.clone()).await;
    let clients: Vec<_> = (0..200)
        .map(|_| {
            let bytes = object.bytes.clone();
            tokio::spawn(async move {
                let request = Request::get(format!("/{key}")).timeout(Duration::from_mins(1));
                let response = shared().await.try_send(request).await.expect("a response");
                assert_whole(&response, &bytes, key);
            })
        })
        .collect();
    for client in clients {
        client.await.expect("the exact bytes");
    }
    let mut ranges: Vec<_> = stage
        .us
        .seen_for(key)
        .iter()
        .map(|seen| seen.header("range").expect("a range").to_owned())
        .collect();
    ranges.sort_unstable();
    let segments = [
        "bytes=0-8388607",
        "bytes=16777216-20971519",
        "bytes=8388608-16777215",
    ];
    assert_eq!(ranges, segments);
    assert_eq!(stage.sent_for(key), object.bytes.len() as u64);
    assert!(stage.eu.seen_for(key).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_shared_fetch_breaks_off_nobody_gets_a_body_that_looks_whole() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    for (name, fault) in [
        ("short", Fault::ShortBody { after: 300_000 }),
        ("reset", Fault::StopInBody { after: 300_000 }),
    ] {
        let key = format!("collapsing/broken-{name}.bin");
        let object = Object::pseudo_random(1, 600_000);
        stage.put(&key, object.clone()).await;
        let faults = [
            stage.us.inject(&key, fault.clone()),
            stage.eu.inject(&key, fault),
        ];
        let target = format!("/{key}");
        let responses = try_crowd(&stage, 50, &Request::get(target.as_str())).await;
        // A connection that is closed before the head of the response is a failed request.
        for response in responses.into_iter().flatten() {
            if response.status == 200 {
                assert!(!response.complete, "{name}: a broken body looks whole");
                assert!(object.bytes.starts_with(&response.body), "{name}");
            } else {
                assert_eq!(response.status, 502, "{name}");
            }
        }
        drop(faults);
        let response = stage.get(&target).await;
        assert_whole(&response, &object.bytes, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_object_is_revalidated_once_for_all_clients() {
    let now = Arc::new(StagePool::take(Setup::StaleIfError).await);
    let after = Arc::new(StagePool::take(Setup::ServesStale).await);
    let (key, object) = ("collapsing/expired.bin", Object::pseudo_random(1, 10_000));
    for stage in [&now, &after] {
        stage.fill(key, &object).await;
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    for (stage, some_stale) in [(&now, false), (&after, true)] {
        stage.us.clear_seen();
        let wait = Fault::StallBeforeHeaders(Duration::from_millis(200));
        let _wait = stage.us.inject(key, wait);
        let responses = crowd(stage, 50, &Request::get(format!("/{key}"))).await;
        for response in &responses {
            assert_whole(response, &object.bytes, key);
        }
        let served_stale = responses
            .iter()
            .filter(|response| cache_of(response) == "STALE");
        assert_eq!(served_stale.count() > 0, some_stale);
        crate::support::stage::until("it is revalidated", || stage.requests_for(key) > 0).await;
        assert_eq!(stage.requests_for(key), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_of_an_object_that_is_not_kept_do_not_wait_for_each_other() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    let key = "collapsing/pass.txt";
    let object = Object::text("x").cache_control("private");
    stage.fill(key, &object).await;
    let wait = Fault::StallBeforeHeaders(Duration::from_millis(400));
    let wait = stage.us.inject(key, wait);
    let requested = Instant::now();
    for response in crowd(&stage, 50, &Request::get(format!("/{key}"))).await {
        assert_whole(&response, b"x", key);
        assert_eq!(cache_of(&response), "PASS");
    }
    // Sequentially they would have taken twenty seconds.
    let taken = requested.elapsed();
    assert!(taken < Duration::from_secs(10), "{taken:?}");
    assert!(stage.requests_for(key) >= 50 && wait.times_applied() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_that_came_first_may_leave_and_the_others_get_the_object() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    let key = "collapsing/leaving.bin";
    let object = Object::pseudo_random(1, 6_000_000);
    stage.put(key, object.clone()).await;
    let pause = Duration::from_millis(700);
    let stall = Fault::StallInBody {
        after: 1_000_000,
        pause,
    };
    let _stall = stage.us.inject(key, stall);
    let request = Request::get(format!("/{key}"));
    let leaving = request.clone().leave_after(10_000);
    let first = stage.try_send(leaving).await.expect("a response");
    assert!(!first.complete);
    for response in crowd(&stage, 5, &request).await {
        assert_whole(&response, &object.bytes, key);
    }
    assert_whole(&stage.get(&format!("/{key}")).await, &object.bytes, key);
}

/// Regression: the check for an entry's first byte waited for its last.
#[tokio::test(flavor = "multi_thread")]
async fn the_head_of_a_large_answer_does_not_wait_for_the_end_of_its_body() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    let object = Object::pseudo_random(7, 1_000_000);
    for (key, request) in [
        ("collapsing/slow-whole.bin", None),
        ("collapsing/slow-part.bin", Some("bytes=0-99")),
    ] {
        stage.put(key, object.clone()).await;
        let pause = Duration::from_secs(4);
        let after = 600_000;
        let _slow = stage.us.inject(key, Fault::StallInBody { after, pause });
        let plain = Request::get(format!("/{key}"));
        let request = match request {
            Some(range) => plain.header("range", range),
            None => plain,
        };
        for response in crowd(&stage, 3, &request).await {
            assert!(response.complete, "{key}");
            assert!(object.bytes.starts_with(&response.body), "{key}");
            assert!(
                response.head_after < pause / 2,
                "{key}: the head came after {:?}",
                response.head_after
            );
        }
    }
}

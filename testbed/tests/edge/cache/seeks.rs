//! Reads from the middle of objects larger than a segment.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Request};
use http::StatusCode;

use super::segments::{SEGMENT, SIZE, object, ranges_of, requested};
use crate::support::stage::{assert_whole, cache_of};
use crate::support::stage_pool::{Setup, StagePool};

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_reads_begin_within_is_fetched_twice_at_most() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, object) = ("segments/within.bin", object(SIZE));
    stage.put(key, object.clone()).await;
    let place = |number| 2 * SEGMENT + number * SEGMENT / 128;
    let last = 3 * SEGMENT - 1;
    let (end, whole) = ((place(20), last), (2 * SEGMENT, last));
    for (from, fetched) in [
        (place(20) + 5, &[end][..]),
        // It has these.
        (place(20), &[end]),
        (place(25), &[end]),
        (last, &[end]),
        // It does not have these, and no other end is fetched.
        (place(20) - 1, &[end, whole]),
        (place(10), &[end, whole]),
        (place(0), &[end, whole]),
        (place(25), &[end, whole]),
    ] {
        let request = Request::get(format!("/{key}"));
        let response = stage.send(request.header("range", format!("bytes={from}-{last}")));
        let response = response.await;
        assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{from}");
        assert!(
            response.complete && response.body == object.bytes[from..=last],
            "{from}"
        );
        let seen = stage.us.seen_for(key);
        assert_eq!(ranges_of(&seen), requested(fetched), "{from}");
        assert_eq!(seen.len(), fetched.len(), "{from}: other requests");
    }
    assert_whole(&stage.get(&format!("/{key}")).await, &object.bytes, key);
    assert_eq!(stage.requests_for(key), 6, "all other segments once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_seek_with_a_precondition_fetches_no_segment_for_it() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let key = "segments/precondition.bin";
    stage.put(key, object(SIZE)).await;
    let etag = stage.us.etag_of(key).expect("stored");
    let request = Request::get(format!("/{key}")).header("range", "bytes=2500000-");
    let response = stage.send(request.header("if-none-match", etag)).await;
    assert_eq!(response.status, StatusCode::NOT_MODIFIED);
    assert_eq!((stage.requests_for(key), stage.sent_for(key)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_seek_in_what_is_no_large_object_gets_what_it_would_get_otherwise() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let large = object(SIZE);
    let private = large.clone().cache_control("private");
    let small = object(1000);
    let part = (StatusCode::PARTIAL_CONTENT, &large.bytes[2_500_000..]);
    let seek = |key: &str| {
        let request = Request::get(format!("/{key}"));
        stage.send(request.header("range", "bytes=2500000-"))
    };

    let key = "segments/seek-private.bin";
    stage.put(key, private).await;
    for round in 0..2 {
        let response = seek(key).await;
        assert_eq!(cache_of(&response), "PASS", "{round}");
        assert!(
            response.complete && (response.status, &response.body[..]) == part,
            "{round}"
        );
    }

    let key = "segments/seek-small.bin";
    stage.put(key, small.clone()).await;
    let response = seek(key).await;
    assert_eq!(response.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let whole = stage.get(&format!("/{key}")).await;
    assert_whole(&whole, &small.bytes, key);

    let key = "segments/seek-missing.bin";
    assert_eq!(seek(key).await.status, StatusCode::NOT_FOUND);
    let gets = stage.us.seen_for(key);
    assert!(gets.iter().all(|seen| seen.method == "GET"), "{gets:?}");

    let key = "segments/seek-without-ranges.bin";
    stage.put(key, large.clone()).await;
    let faults = [&stage.us, &stage.eu].map(|origin| origin.inject(key, Fault::IgnoreRange));
    let response = seek(key).await;
    assert!(response.complete, "{}", response.status);
    assert_eq!(cache_of(&response), "PASS");
    drop(faults);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_beyond_the_end_of_a_large_object_fetches_none_of_it() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let key = "segments/beyond.bin";
    stage.put(key, object(SIZE)).await;
    for cache in ["MISS", "HIT"] {
        let request = Request::get(format!("/{key}")).header("range", "bytes=5000000-");
        let response = stage.send(request).await;
        assert_eq!(
            response.status,
            StatusCode::RANGE_NOT_SATISFIABLE,
            "{cache}"
        );
        let said = format!("bytes */{SIZE}");
        assert_eq!(
            response.header("content-range"),
            Some(said.as_str()),
            "{cache}"
        );
        assert_eq!(cache_of(&response), cache);
    }
    // The 416, with a document, does not tell which version is that long.
    let sent = stage.sent_for(key);
    assert!(sent < 1000, "{sent} bytes");
    assert_eq!(stage.requests_for(key), 2);
}

/// Each client begins elsewhere, and one of them fetches the headers for all.
#[tokio::test(flavor = "multi_thread")]
async fn sixty_clients_that_seek_at_once_get_their_bytes_whatever_the_first_origin_does() {
    let silent = Fault::StallBeforeHeaders(Duration::from_secs(20));
    for (name, trouble) in [
        ("healthy", None),
        ("silent", Some(silent)),
        ("busy", Some(Fault::Respond(CannedResponse::slow_down()))),
        (
            "capped",
            Some(Fault::Respond(CannedResponse::download_cap())),
        ),
    ] {
        let stage = Arc::new(StagePool::take(Setup::StaleIfError).await);
        let (key, object) = (format!("seeks/{name}.bin"), object(SIZE));
        stage.put(&key, object.clone()).await;
        let fault = trouble.map(|fault| stage.us.inject(&key, fault));
        let clients: Vec<_> = (0..60)
            .map(|number| {
                let (stage, from) = (Arc::clone(&stage), SEGMENT + number * SEGMENT / 20);
                let request = Request::get(format!("/{key}"));
                let request = request.header("range", format!("bytes={from}-"));
                tokio::spawn(async move { (from, stage.send(request).await) })
            })
            .collect();
        for client in clients {
            let (from, response) = client.await.expect("a client");
            assert_eq!(
                response.status,
                StatusCode::PARTIAL_CONTENT,
                "{name} from {from}: {}",
                response.text()
            );
            assert!(
                response.complete && response.body == object.bytes[from..],
                "{name} from {from}"
            );
        }
        if fault.is_none() {
            let fetched = ranges_of(&stage.us.seen_for(&key));
            let once: BTreeSet<_> = fetched.iter().collect();
            assert_eq!(once.len(), fetched.len(), "fetched again: {fetched:?}");
            // Of each of the three segments that reads begin within, one end and the whole; and the last segment.
            assert!(fetched.len() <= 7, "{fetched:?}");
        }
    }
}

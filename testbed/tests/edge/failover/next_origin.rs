//! When the next origin is tried, and when not. Each way of failing is in `matrix`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;

use crate::support::scenarios::FOREVER;
use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_whole, log_of};
use crate::support::stage_pool::{Setup, StagePool};

const CONTENT: &str = "the same in both regions";

#[tokio::test(flavor = "multi_thread")]
async fn failover_goes_both_ways() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (number, view) in stage.views().iter().enumerate() {
        let key = format!("failover/both-ways-{number}.txt");
        stage.put(&key, Object::text(CONTENT)).await;
        view.recovered(&stage).await;
        let busy = Fault::Respond(CannedResponse::slow_down());
        let fault = view.first.inject(&key, busy);
        let response = stage.get(&format!("/{key}{}", view.query)).await;
        let host = view.second.spec().host();
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.header("x-b2-host"), Some(host.as_str()));
        assert_eq!(fault.times_applied(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_and_a_head_fail_over_like_a_get() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (kind, view) in ["range", "head"].into_iter().zip(stage.views()) {
        let key = format!("failover/{kind}.txt");
        stage.put(&key, Object::text("0123456789")).await;
        view.recovered(&stage).await;
        let error = Fault::Respond(CannedResponse::status(500));
        let fault = view.first.inject(&key, error);
        let target = format!("/{key}{}", view.query);
        let response = if kind == "head" {
            let response = stage.head(&target).await;
            assert_eq!(response.status, StatusCode::OK);
            assert_eq!(response.header("content-length"), Some("10"));
            response
        } else {
            let request = Request::get(target).header("range", "bytes=2-4");
            let response = stage.send(request).await;
            assert_eq!(response.status, StatusCode::PARTIAL_CONTENT);
            assert_eq!(response.text(), "234");
            response
        };
        let host = view.second.spec().host();
        assert_eq!(response.header("x-b2-host"), Some(host.as_str()), "{kind}");
        assert_eq!(fault.times_applied(), 1, "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_refuses_connections_is_passed_over_until_it_is_back() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (number, view) in stage.views().iter().enumerate() {
        let key = |state: &str| format!("failover/{state}-{number}.txt");
        for state in ["down", "back"] {
            stage.put(&key(state), Object::text(CONTENT)).await;
        }
        view.recovered(&stage).await;
        view.first.stop_listening().await.expect("stopped");
        let response = stage.get(&format!("/{}{}", key("down"), view.query)).await;
        assert_whole(&response, CONTENT.as_bytes(), "down");
        let host = view.second.spec().host();
        assert_eq!(
            response.header("x-b2-host"),
            Some(host.as_str()),
            "{number}"
        );
        view.first.resume_listening().await.expect("resumed");
        view.recovered(&stage).await;
        let response = stage.get(&format!("/{}{}", key("back"), view.query)).await;
        let host = view.first.spec().host();
        assert_eq!(
            response.header("x-b2-host"),
            Some(host.as_str()),
            "{number}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_comes_and_goes_under_load_never_makes_a_wrong_answer() {
    let stage = Arc::new(StagePool::take(Setup::Defaults).await);
    // Not cached: each read causes a request.
    let object = Object::text(CONTENT).cache_control("no-store");
    stage.put("failover/load.txt", object).await;
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let (stage, over) = (Arc::clone(&stage), Arc::clone(&over));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    let response = stage.get("/failover/load.txt").await;
                    assert_whole(&response, CONTENT.as_bytes(), "under load");
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            })
        })
        .collect();
    let [view, _] = stage.views();
    for _ in 0..2 {
        view.recovered(&stage).await;
        for _ in 0..3 {
            stage.us.stop_listening().await.expect("stopped");
            tokio::time::sleep(Duration::from_millis(50)).await;
            stage.us.resume_listening().await.expect("resumed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    over.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.expect("no response was wrong");
    }
    for origin in [&stage.us, &stage.eu] {
        let requested = origin.seen_for("failover/load.txt");
        assert!(!requested.is_empty(), "{}", origin.spec().backend);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_origin_is_down_the_client_hears_502_and_nothing_internal() {
    let stage = StagePool::take(Setup::Defaults).await;
    stage.us.stop_listening().await.expect("stopped");
    stage.eu.stop_listening().await.expect("stopped");
    let response = stage.get("/failover/down.txt").await;
    assert_eq!(response.status, StatusCode::BAD_GATEWAY);
    assert_eq!(response.header("x-b2-host"), None);
    assert_eq!(response.header("retry-after"), None);
    assert_own_text_but_for_origin(&response.text());
    let line = log_of(&stage, "/failover/down.txt").await;
    assert_eq!(line["reason"], "origins_failed");
    assert_eq!(line["attempts"].as_array().map(Vec::len), Some(2), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_last_origins_are_busy_the_client_hears_503_and_when_to_try_again() {
    let stage = StagePool::take(Setup::Defaults).await;
    stage.put("failover/busy.txt", Object::text(CONTENT)).await;
    let busy = |seconds| Fault::Respond(CannedResponse::slow_down().retry_after(seconds));
    let _us = stage.us.inject("failover/busy.txt", busy(2));
    let _eu = stage.eu.inject("failover/busy.txt", busy(1));
    let response = stage.get("/failover/busy.txt").await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_own_text_but_for_origin(&response.text());
    let line = log_of(&stage, "/failover/busy.txt").await;
    assert_eq!(line["reason"], "origins_busy");
    assert_eq!(line["attempts"][0]["code"], "SlowDown");
    let head = stage.head("/failover/busy.txt").await;
    assert_eq!(
        (head.status, head.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, Some("1"))
    );
}

fn assert_own_text_but_for_origin(text: &str) {
    for internal in [
        "<",
        "Error",
        "_origin",
        "backblazeb2",
        "refused",
        "127.0.0.1",
    ] {
        assert!(!text.contains(internal), "{internal} in {text}");
    }
}

/// Of an object that is not cached, because Viceroy ignores the timeout for bodies that are stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_longer_than_the_platform_waits_ends_visibly_incomplete() {
    let limit = Duration::from_millis(500);
    let stage = Stage::with(|config| config.between_bytes_timeout(limit)).await;
    let object = Object::pseudo_random(1, 300_000).cache_control("no-store");
    stage.put("a.bin", object).await;
    let fault = Fault::StallInBody {
        after: 100_000,
        pause: FOREVER,
    };
    let _fault = stage.us.inject("a.bin", fault);
    let response = stage.get("/a.bin").await;
    assert_eq!(response.status, StatusCode::OK);
    assert!(
        !response.complete && response.body.len() < 300_000,
        "{} bytes",
        response.body.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_never_presented_as_complete() {
    let stage = StagePool::take(Setup::Defaults).await;
    let kinds = ["kept", "passed on"];
    for (kind, (name, fault)) in kinds.into_iter().flat_map(|kind| {
        [
            ("reset", Fault::StopInBody { after: 100_000 }),
            ("short", Fault::ShortBody { after: 100_000 }),
        ]
        .map(|fault| (kind, fault))
    }) {
        let key = format!("failover/broken-{name}-{}.bin", kind.len());
        let mut object = Object::pseudo_random(1, 300_000);
        if kind == "passed on" {
            object = object.cache_control("no-store");
        }
        stage.put(&key, object.clone()).await;
        stage.recover().await;
        let fault = stage.us.inject(&key, fault);
        let response = stage.get(&format!("/{key}")).await;
        let got = response.body.len();
        assert!(
            !response.complete && got < 300_000,
            "{name} {kind}: {got} bytes"
        );
        let is_beginning = object.bytes.starts_with(&response.body);
        assert!(is_beginning, "{name} {kind}: what came is its beginning");
        assert_eq!(
            response.header("content-length"),
            Some("300000"),
            "{name} {kind}"
        );
        drop(fault);
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(
            &response,
            &object.bytes,
            &format!("{name} {kind}, the next time"),
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_only_the_second_origin_has_is_found_there_and_kept() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "failover/only-eu.txt";
    stage
        .eu
        .put(key, Object::text(CONTENT))
        .await
        .expect("stored");
    for request in [
        Request::head(format!("/{key}")),
        Request::get(format!("/{key}")),
    ] {
        let response = stage.send(request).await;
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    }
    let requested = stage.requests_for(key);
    assert_whole(
        &stage.get(&format!("/{key}")).await,
        CONTENT.as_bytes(),
        key,
    );
    assert_eq!(stage.requests_for(key), requested);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_configuration_says_so_a_404_is_believed_and_no_body_read_ahead() {
    let config = r#"{"failover": {"ask_others_on_404": false, "whole_body_bytes": 0},
                     "site": {"index_document": "", "error_document": ""}}"#;
    let stage = Stage::configured(config).await;
    let only_eu = Object::text(CONTENT);
    stage.eu.put("a.txt", only_eu).await.expect("stored");
    for _ in 0..2 {
        let response = stage.get("/a.txt").await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    }
    assert_eq!((stage.us.seen().len(), stage.eu.seen().len()), (1, 0));

    // More than Viceroy holds back: it closes the connection before the head if the body ends before that is sent.
    let object = Object::pseudo_random(1, 3_000_000);
    stage.put("a.bin", object.clone()).await;
    let after = 2_000_000;
    let fault = stage.us.inject("a.bin", Fault::ShortBody { after });
    let response = stage.get("/a.bin").await;
    assert!(!response.complete && object.bytes.starts_with(&response.body));
    drop(fault);
    assert_whole(&stage.get("/a.bin").await, &object.bytes, "the next time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_of_a_hedge_is_not_believed_while_the_first_origin_may_have_the_object() {
    let config = r#"{"failover": {"ask_others_on_404": false, "attempt_timeout_ms": 400}}"#;
    let stage = Stage::configured(config).await;
    let only_us = Object::text(CONTENT);
    stage.us.put("slow.txt", only_us).await.expect("stored");
    let pause = Duration::from_millis(700);
    let fault = stage
        .us
        .inject("slow.txt", Fault::StallBeforeHeaders(pause));
    let response = stage.get("/slow.txt").await;
    assert_eq!(
        (response.status, response.header("x-b2-host")),
        (StatusCode::OK, Some(US_HOST))
    );
    assert_eq!(fault.times_applied(), 1);
}

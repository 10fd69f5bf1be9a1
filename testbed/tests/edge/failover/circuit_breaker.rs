//! Circuit breakers: an origin that failed is tried last, by all requests, until a probe succeeds.

use std::time::{Duration, Instant};

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Object, Request};

use crate::support::stage::{EU_HOST, Stage, US_HOST, let_failures_expire, until_async};
use crate::support::stage_pool::{Setup, StagePool};

/// Reads a key that was never read before, and returns the host that responded.
async fn host_of_another(stage: &Stage, key: &str) -> String {
    stage
        .put(key, Object::text("the same in both regions"))
        .await;
    let response = stage.get(&format!("/{key}")).await;
    assert_eq!(response.status, 200, "{key}");
    response.header("x-b2-host").expect("X-B2-Host").to_owned()
}

fn answers_with(stage: &Stage, canned: CannedResponse) -> FaultGuard {
    stage.us.inject_all(Fault::Respond(canned))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_failed_goes_last_for_a_second_and_then_first_again() {
    let stage = StagePool::take(Setup::Defaults).await;
    let failures = [
        ("500", Fault::Respond(CannedResponse::status(500))),
        ("503", Fault::Respond(CannedResponse::slow_down())),
        ("429", Fault::Respond(CannedResponse::status(429))),
        ("reset", Fault::ResetConnection),
        ("closed", Fault::CloseConnection),
        ("short-body", Fault::ShortBody { after: 0 }),
    ];
    let views = stage.views();
    for ((name, fault), view) in failures.into_iter().zip(views.iter().cycle()) {
        let keys = ["fails", "after"].map(|state| format!("memory/{name}/{state}"));
        for key in &keys {
            stage.put(key, Object::text("x")).await;
        }
        view.recovered(&stage).await;
        let fault = view.first.inject(&keys[0], fault);
        let failed = Instant::now();
        let second = view.second.spec().host();
        for key in &keys {
            let response = stage.get(&format!("/{key}{}", view.query)).await;
            assert_eq!(
                (response.status.as_u16(), response.text().as_str()),
                (200, "x"),
                "{key}"
            );
            // On a busy machine the second may be over before the other key is requested.
            if failed.elapsed() < Duration::from_millis(900) || *key == keys[0] {
                assert_eq!(response.header("x-b2-host"), Some(second.as_str()), "{key}");
                let requested = view.first.seen_for(key).len();
                assert_eq!(requested, usize::from(*key == keys[0]), "{key}");
            }
        }
        assert_eq!(fault.times_applied(), 1, "{name}");
    }
    stage.recover().await;
    assert_eq!(host_of_another(&stage, "memory/well").await, US_HOST);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_about_the_object_is_no_failure() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (name, status) in [("404", 404), ("denied", 403)] {
        let fault = answers_with(&stage, CannedResponse::status(status));
        assert_eq!(
            host_of_another(&stage, &format!("memory/{name}/1")).await,
            EU_HOST
        );
        drop(fault);
        let host = host_of_another(&stage, &format!("memory/{name}/2")).await;
        assert_eq!(host, US_HOST, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_after_is_honoured() {
    let stage = StagePool::take(Setup::Defaults).await;
    let fault = answers_with(&stage, CannedResponse::status(429).retry_after(4));
    let failed = Instant::now();
    assert_eq!(host_of_another(&stage, "memory/retry/1").await, EU_HOST);
    drop(fault);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let host = host_of_another(&stage, "memory/retry/2").await;
    if failed.elapsed() < Duration::from_millis(3900) {
        assert_eq!(host, EU_HOST, "two seconds later");
    }
    stage.recover().await;
    assert!(
        failed.elapsed() >= Duration::from_secs(4),
        "it came back too early"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_goes_on_failing_is_tried_ever_more_rarely_and_by_one_request() {
    let stage = StagePool::take(Setup::Defaults).await;
    let (key, target) = ("memory/rarely.txt", "/memory/rarely.txt");
    // Never cached: every read causes a request.
    let object = Object::text("x").cache_control("no-store");
    stage.put(key, object).await;
    stage.get(target).await;
    stage.us.clear_seen();
    let _fault = answers_with(&stage, CannedResponse::status(500));
    let (begun, port) = (Instant::now(), stage.edge.port());
    let mut reads = 0;
    // There are probes at the beginning and after 1, 3 and 7 seconds.
    while begun.elapsed() < Duration::from_secs(6) {
        let crowd: Vec<_> = (0..10)
            .map(|_| tokio::spawn(async move { Request::get(target).send(port).await }))
            .collect();
        for client in crowd {
            let response = client.await.expect("a client").expect("a response");
            assert_eq!(
                (response.status.as_u16(), response.text().as_str()),
                (200, "x")
            );
            reads += 1;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // All of the first concurrent requests may have failed at that origin.
    let requested = stage.us.seen_for(key).len();
    assert!(
        (3..=13).contains(&requested),
        "requested {requested} times in {reads} reads"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_success_ends_it() {
    let stage = StagePool::take(Setup::Defaults).await;
    for round in 0..2 {
        let fault = answers_with(&stage, CannedResponse::status(500));
        host_of_another(&stage, &format!("memory/success/{round}/fails")).await;
        drop(fault);
        let waiting = Instant::now();
        let mut number = 0;
        until_async("it is requested first again", || {
            number += 1;
            let (stage, key) = (&stage, format!("memory/success/{round}/{number}"));
            async move { host_of_another(stage, &key).await == US_HOST }
        })
        .await;
        // After a success, the next failure opens the breaker for one second again, not for two.
        let waited = waiting.elapsed();
        assert!(waited < Duration::from_millis(1900), "{round}: {waited:?}");
        for more in 0..5 {
            let key = format!("memory/success/{round}/after-{more}");
            assert_eq!(host_of_another(&stage, &key).await, US_HOST, "{round}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_all_have_failed_all_are_asked() {
    let stage = StagePool::take(Setup::Defaults).await;
    let faults = [
        stage
            .us
            .inject_all(Fault::Respond(CannedResponse::status(500))),
        stage
            .eu
            .inject_all(Fault::Respond(CannedResponse::status(500))),
    ];
    for number in 0..3 {
        let (key, requested) = (format!("memory/all/{number}"), number + 1);
        stage.put(&key, Object::text("x")).await;
        assert_eq!(stage.get(&format!("/{key}")).await.status, 502);
        let hits = faults.each_ref().map(FaultGuard::times_applied);
        assert_eq!(
            hits,
            [requested, requested],
            "{key}: hits at the US and the EU"
        );
    }
    drop(faults);
    let_failures_expire().await;
    let response = stage.get("/memory/all/0").await;
    assert_eq!(
        (response.status.as_u16(), response.text().as_str()),
        (200, "x")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_that_broke_off_counts_against_its_origin() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "memory/broken.bin";
    stage.put(key, Object::pseudo_random(1, 900_000)).await;
    let fault = stage.us.inject(key, Fault::StopInBody { after: 500_000 });
    let failed = Instant::now();
    assert!(!stage.get(&format!("/{key}")).await.complete);
    drop(fault);
    let host = host_of_another(&stage, "memory/after-broken").await;
    if failed.elapsed() < Duration::from_millis(900) {
        assert_eq!(host, EU_HOST);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_whose_health_check_fails_goes_last_and_is_not_given_up() {
    let stage = Stage::with(|config| config.unhealthy("us_origin")).await;
    let (key, target) = ("memory/unhealthy", "/memory/unhealthy");
    assert_eq!(host_of_another(&stage, key).await, EU_HOST);
    assert!(stage.us.seen_for(key).is_empty());
    let _fault = stage.eu.inject(
        "memory/only-us",
        Fault::Respond(CannedResponse::status(500)),
    );
    assert_eq!(host_of_another(&stage, "memory/only-us").await, US_HOST);
    assert_eq!(
        stage.get(target).await.header("x-b2-host"),
        Some(EU_HOST),
        "it is cached"
    );
}

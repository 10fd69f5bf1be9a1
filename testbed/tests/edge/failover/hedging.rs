//! Hedged requests: if an origin is slow, the next one is requested too, and the first good response wins.

use std::time::{Duration, Instant};

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, Response};
use http::StatusCode;

use crate::support::stage::{EU_HOST, Stage, assert_whole, cache_of, log_of};
use crate::support::stage_pool::{Setup, StagePool};

/// How long the origins hang. A much faster response did not wait for them.
const HANG: Duration = Duration::from_secs(12);
const LONG_BEFORE: Duration = Duration::from_secs(5);

const CONTENT: &str = "the same in both regions";

fn hang() -> Fault {
    Fault::StallBeforeHeaders(HANG)
}

/// Sends the request and asserts that the response did not wait for an origin that hangs.
async fn soon(stage: &Stage, request: Request) -> Response {
    let (name, requested) = (request.name(), Instant::now());
    let response = stage.send(request).await;
    let waited = requested.elapsed();
    assert!(waited < LONG_BEFORE, "{name}: {waited:?}");
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_first_origin_hangs_the_second_answers() {
    let stage = StagePool::take(Setup::Defaults).await;
    let views = stage.views();
    let cases = [
        ("cold", Object::text(CONTENT)),
        ("pass", Object::text(CONTENT).cache_control("no-store")),
        ("head", Object::text(CONTENT)),
        ("range", Object::text(CONTENT)),
        ("large", Object::pseudo_random(1, 600_000)),
    ];
    for ((name, object), view) in cases.into_iter().zip(views.iter().cycle()) {
        let key = format!("hedge/{name}.txt");
        stage.put(&key, object.clone()).await;
        view.recovered(&stage).await;
        let fault = view.first.inject(&key, hang());
        let target = format!("/{key}{}", view.query);
        let request = match name {
            "head" => Request::head(target),
            "range" => Request::get(target).header("range", "bytes=4-7"),
            _ => Request::get(target),
        };
        let response = soon(&stage, request).await;
        let host = view.second.spec().host();
        assert_eq!(response.header("x-b2-host"), Some(host.as_str()), "{name}");
        match name {
            "head" => assert_eq!(response.header("content-length"), Some("24")),
            "range" => assert_eq!(
                (response.status.as_u16(), response.text().as_str()),
                (206, "same")
            ),
            _ => assert_whole(&response, &object.bytes, name),
        }
        assert_eq!(fault.times_applied(), 1, "{name}");
        let line = log_of(&stage, &format!("/{key}")).await;
        assert_eq!(line["attempts"].as_array().map(Vec::len), Some(2), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_hung_is_not_waited_for_again() {
    let stage = StagePool::take(Setup::Defaults).await;
    let _hang = stage.us.inject_all(hang());
    let keys = [
        "hedge/again-1.txt",
        "hedge/again-2.txt",
        "hedge/again-3.txt",
    ];
    for key in keys {
        stage.put(key, Object::text(CONTENT)).await;
        let response = soon(&stage, Request::get(format!("/{key}"))).await;
        assert_eq!(
            (response.text().as_str(), response.header("x-b2-host")),
            (CONTENT, Some(EU_HOST))
        );
    }
    assert_eq!(stage.us.seen_for(keys[0]).len(), 1);
    assert_eq!(
        stage.us.seen_for(keys[1]).len(),
        0,
        "it was requested again at once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_origin_still_wins_when_the_second_is_slower() {
    let stage = StagePool::take(Setup::HedgesSoon).await;
    // Between one and two attempt timeouts: after a 404 it is not waited for any longer.
    let slow = Fault::StallBeforeHeaders(Duration::from_millis(450));
    let error = |status| Fault::Respond(CannedResponse::status(status));
    let views = stage.views();
    let seconds = [
        ("slower", hang()),
        ("500", error(500)),
        ("busy", Fault::Respond(CannedResponse::slow_down())),
        ("missing", error(404)),
        (
            "refused-key",
            Fault::Respond(CannedResponse::signature_mismatch()),
        ),
        ("reset", Fault::ResetConnection),
        ("error-under-206", Fault::ErrorDocumentUnder206),
        ("short", Fault::ShortBody { after: 10 }),
    ];
    for ((name, second), view) in seconds.into_iter().zip(views.iter().cycle()) {
        let key = format!("hedge/first-wins-{name}.txt");
        stage.put(&key, Object::text(CONTENT)).await;
        view.recovered(&stage).await;
        let first = view.first.inject(&key, slow.clone());
        let second = view.second.inject(&key, second);
        let request = Request::get(format!("/{key}{}", view.query));
        let response = soon(&stage, request).await;
        assert_whole(&response, CONTENT.as_bytes(), name);
        let host = view.first.spec().host();
        assert_eq!(response.header("x-b2-host"), Some(host.as_str()), "{name}");
        assert_eq!(
            (first.times_applied(), second.times_applied()),
            (1, 1),
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_origin_hangs_the_client_hears_so_before_they_answer() {
    let stage = StagePool::take(Setup::HedgesSoon).await;
    let key = "hedge/all.txt";
    stage.put(key, Object::text(CONTENT)).await;
    let _hang = [stage.us.inject(key, hang()), stage.eu.inject(key, hang())];
    for request in [
        Request::get(format!("/{key}")),
        Request::head(format!("/{key}")),
    ] {
        // The total timeout is three seconds.
        let (requested, response) = (Instant::now(), stage.send(request).await);
        let waited = requested.elapsed();
        assert_eq!(response.status, StatusCode::BAD_GATEWAY);
        assert!(waited < HANG / 2, "{waited:?}");
    }
    let line = log_of(&stage, &format!("/{key}")).await;
    assert_eq!(line["reason"], "origins_failed", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_body_that_hangs_is_fetched_from_the_second_origin() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (size, after) in [(10_000, 5000), (10_000, 0), (250_000, 200_000)] {
        let key = format!("hedge/body-{size}-{after}.bin");
        let object = Object::pseudo_random(1, size);
        stage.put(&key, object.clone()).await;
        stage.recover().await;
        let stall = Fault::StallInBody { after, pause: HANG };
        let fault = stage.us.inject(&key, stall);
        let response = soon(&stage, Request::get(format!("/{key}"))).await;
        assert_whole(&response, &object.bytes, &key);
        assert_eq!(response.header("x-b2-host"), Some(EU_HOST), "{key}");
        assert_eq!(fault.times_applied(), 1, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_crowd_gets_the_answer_of_the_hedge_too() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "hedge/crowd.txt";
    stage.put(key, Object::text(CONTENT)).await;
    let fault = stage.us.inject(key, hang());
    let port = stage.edge.port();
    let crowd: Vec<_> = (0..50)
        .map(|_| tokio::spawn(async move { Request::get(format!("/{key}")).send(port).await }))
        .collect();
    let requested = Instant::now();
    for client in crowd {
        let response = client.await.expect("a client").expect("a response");
        assert_whole(&response, CONTENT.as_bytes(), "one of the crowd");
        assert!(["MISS", "HIT"].contains(&cache_of(&response)));
    }
    assert!(
        requested.elapsed() < LONG_BEFORE,
        "{:?}",
        requested.elapsed()
    );
    assert_eq!(
        (fault.times_applied(), stage.eu.seen_for(key).len()),
        (1, 1)
    );
}

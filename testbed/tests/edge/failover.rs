//! An origin that fails is passed over; an answer about the object is an answer.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{Call, CannedAnswer, Fault, Object};
use http::StatusCode;
use serde_json::Value;

use crate::stage::{EU_HOST, Stage, US_HOST, assert_own_text, log_of, shared};

const CONTENT: &str = "the same in both regions";

fn outcomes(line: &Value) -> Vec<(String, String)> {
    let attempts = line["attempts"].as_array().expect("attempts");
    let text = |attempt: &Value, field: &str| attempt[field].as_str().expect(field).to_owned();
    attempts
        .iter()
        .map(|a| (text(a, "origin"), text(a, "outcome")))
        .collect()
}

fn failures() -> Vec<(&'static str, Fault, &'static str)> {
    let status = |status| Fault::Answer(CannedAnswer::status(status));
    vec![
        ("reset", Fault::ResetConnection, "unreachable"),
        ("close", Fault::CloseConnection, "unreachable"),
        (
            "stall",
            Fault::StallBeforeHeaders(Duration::from_secs(20)),
            "unreachable",
        ),
        (
            "slow-down",
            Fault::Answer(CannedAnswer::slow_down()),
            "busy",
        ),
        ("429", status(429), "busy"),
        ("500", status(500), "server_error"),
        ("502", status(502), "server_error"),
        ("504", status(504), "server_error"),
        (
            "signature",
            Fault::Answer(CannedAnswer::signature_mismatch()),
            "key_refused",
        ),
        (
            "garbage-500",
            Fault::Answer(CannedAnswer::garbage(500)),
            "server_error",
        ),
        (
            "garbage-403",
            Fault::Answer(CannedAnswer::garbage(403)),
            "key_refused",
        ),
        ("400", status(400), "unexpected_status"),
        ("301", status(301), "unexpected_status"),
        (
            "unasked-206",
            Fault::ErrorDocumentUnder206,
            "unexpected_status",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_failure_of_the_preferred_origin_is_answered_by_the_other() {
    let stage = shared().await;
    for (name, fault, outcome) in failures() {
        let key = format!("failover/{name}.txt");
        let path = format!("/{key}");
        stage.put(&key, Object::text(CONTENT)).await;
        let guard = stage.us.inject(&key, fault);
        let answer = stage.get(&path).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::OK, CONTENT),
            "{name}"
        );
        assert_eq!(answer.header("x-b2-host"), Some(EU_HOST), "{name}");
        assert_eq!(
            guard.hits(),
            1,
            "{name}: the preferred origin was asked once"
        );

        let line = log_of(stage, &path).await;
        let expected = [("us_origin", outcome), ("eu_origin", "served")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(outcomes(&line), expected, "{name}");
        assert_eq!(line["origin"], "eu_origin", "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failover_goes_both_ways() {
    let stage = shared().await;
    stage
        .put("failover/eu-first.txt", Object::text(CONTENT))
        .await;
    let _fault = stage.eu.inject(
        "failover/eu-first.txt",
        Fault::Answer(CannedAnswer::slow_down()),
    );
    let answer = stage.get("/failover/eu-first.txt?pop=AMS").await;
    assert_eq!(
        (answer.status, answer.header("x-b2-host")),
        (StatusCode::OK, Some(US_HOST))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_and_a_head_fail_over_like_a_get() {
    let stage = shared().await;
    stage
        .put("failover/methods.txt", Object::text("0123456789"))
        .await;
    let _fault = stage.us.inject(
        "failover/methods.txt",
        Fault::Answer(CannedAnswer::status(500)),
    );
    let answer = stage
        .send(Call::get("/failover/methods.txt").header("range", "bytes=2-4"))
        .await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (StatusCode::PARTIAL_CONTENT, "234")
    );
    let answer = stage.head("/failover/methods.txt").await;
    assert_eq!(
        (answer.status, answer.header("content-length")),
        (StatusCode::OK, Some("10"))
    );
    assert_eq!(answer.header("x-b2-host"), Some(EU_HOST));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_refuses_connections_is_passed_over_until_it_is_back() {
    let stage = Stage::with(|config| config).await;
    stage.put("a.txt", Object::text(CONTENT)).await;
    for (down, target, other) in [
        (&stage.us, "/a.txt", EU_HOST),
        (&stage.eu, "/a.txt?pop=AMS", US_HOST),
    ] {
        down.stop_listening().await.expect("stopped");
        let answer = stage.get(target).await;
        assert_eq!(
            (answer.status, answer.text().as_str()),
            (StatusCode::OK, CONTENT),
            "{target}"
        );
        assert_eq!(answer.header("x-b2-host"), Some(other), "{target}");
        down.resume_listening().await.expect("resumed");
        let answer = stage.get(target).await;
        assert_eq!(
            answer.header("x-b2-host"),
            Some(down.spec().host().as_str()),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_comes_and_goes_under_load_never_makes_a_wrong_answer() {
    let stage = Arc::new(Stage::with(|config| config).await);
    stage.put("a.txt", Object::text(CONTENT)).await;
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                for _ in 0..40 {
                    // A connection that ends in the middle of a body ends the client's transfer too;
                    // what the client takes for complete is the object and nothing else.
                    match Call::get("/a.txt").send(stage.edge.port()).await {
                        Ok(answer) if answer.complete => {
                            let seen = (answer.status, answer.text());
                            assert_eq!(seen, (StatusCode::OK, CONTENT.to_owned()));
                        }
                        Ok(answer) => assert_eq!(answer.status, StatusCode::OK),
                        Err(_) => {}
                    }
                }
            })
        })
        .collect();
    for _ in 0..5 {
        stage.us.stop_listening().await.expect("stopped");
        tokio::time::sleep(Duration::from_millis(50)).await;
        stage.us.resume_listening().await.expect("resumed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for client in clients {
        client.await.expect("no answer was wrong");
    }
    assert!(
        !stage.us.seen().is_empty() && !stage.eu.seen().is_empty(),
        "both were asked"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn when_every_origin_is_down_the_client_hears_502_and_nothing_internal() {
    let stage = Stage::with(|config| config).await;
    stage.us.stop_listening().await.expect("stopped");
    stage.eu.stop_listening().await.expect("stopped");
    let answer = stage.get("/a.txt").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.header("x-b2-host"), None);
    assert_eq!(answer.header("retry-after"), None);
    assert_own_text_but_for_origin(&answer.text());
    let line = log_of(&stage, "/a.txt").await;
    assert_eq!(line["reason"], "origins_failed");
    assert_eq!(outcomes(&line).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_last_origins_are_busy_the_client_hears_503_and_when_to_try_again() {
    let stage = shared().await;
    stage.put("failover/busy.txt", Object::text(CONTENT)).await;
    let busy = |seconds| Fault::Answer(CannedAnswer::slow_down().retry_after(seconds));
    let _us = stage.us.inject("failover/busy.txt", busy(7));
    let _eu = stage.eu.inject("failover/busy.txt", busy(3));
    let answer = stage.get("/failover/busy.txt").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("3"));
    assert_own_text_but_for_origin(&answer.text());
    let line = log_of(stage, "/failover/busy.txt").await;
    assert_eq!(line["reason"], "origins_busy");
    assert_eq!(line["attempts"][0]["code"], "SlowDown");
    let head = stage.head("/failover/busy.txt").await;
    assert_eq!(
        (head.status, head.header("retry-after")),
        (StatusCode::SERVICE_UNAVAILABLE, Some("3"))
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

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_object_is_404_and_no_other_origin_is_asked() {
    let stage = shared().await;
    let _fault = stage.us.inject(
        "failover/denied.txt",
        Fault::Answer(CannedAnswer::access_denied()),
    );
    let answer = stage.get("/failover/denied.txt").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_own_text(&answer, "denied");
    assert!(stage.eu.seen_for("failover/denied.txt").is_empty());
    let line = log_of(stage, "/failover/denied.txt").await;
    assert_eq!(
        (
            &line["reason"],
            &line["attempts"][0]["status"],
            &line["attempts"][0]["code"]
        ),
        (
            &Value::from("denied"),
            &Value::from(403),
            &Value::from("AccessDenied")
        )
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_head_is_asked_why_because_it_has_no_document() {
    let stage = shared().await;
    stage.put("failover/head.txt", Object::text(CONTENT)).await;
    {
        let denied = stage.us.inject(
            "failover/head.txt",
            Fault::Answer(CannedAnswer::access_denied()),
        );
        let answer = stage.head("/failover/head.txt").await;
        assert_eq!((answer.status, denied.hits()), (StatusCode::NOT_FOUND, 2));
    }
    let refused = stage.us.inject(
        "failover/head.txt",
        Fault::Answer(CannedAnswer::signature_mismatch()),
    );
    let answer = stage.head("/failover/head.txt").await;
    assert_eq!((answer.status, refused.hits()), (StatusCode::OK, 2));
    assert_eq!(answer.header("x-b2-host"), Some(EU_HOST));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_never_presented_as_complete() {
    let stage = shared().await;
    for (name, fault) in [
        ("reset", Fault::StopInBody { after: 100_000 }),
        ("short", Fault::ShortBody { after: 100_000 }),
    ] {
        let key = format!("failover/broken-{name}.bin");
        stage.put(&key, Object::pseudo_random(1, 300_000)).await;
        let fault = stage.us.inject(&key, fault);
        let answer = stage.get(&format!("/{key}")).await;
        assert!(
            !answer.complete && answer.body.len() < 300_000,
            "{name}: {} bytes",
            answer.body.len()
        );
        assert_eq!(answer.header("content-length"), Some("300000"), "{name}");
        drop(fault);
        let answer = stage.get(&format!("/{key}")).await;
        assert!(
            answer.complete && answer.body.len() == 300_000,
            "{name}: the next request gets it whole"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_wrong_keys_everywhere_the_client_hears_502_and_the_log_the_code() {
    let stage = Stage::with(|config| {
        config
            .secret("us_origin_application_key", "a-wrong-key")
            .secret("eu_origin_key_id", "an-unknown-id")
    })
    .await;
    stage.put("a.txt", Object::text(CONTENT)).await;
    let answer = stage.get("/a.txt").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    let line = log_of(&stage, "/a.txt").await;
    let codes: Vec<_> = line["attempts"]
        .as_array()
        .expect("attempts")
        .iter()
        .map(|a| a["code"].as_str())
        .collect();
    assert_eq!(
        codes,
        [Some("SignatureDoesNotMatch"), Some("InvalidAccessKeyId")]
    );
}

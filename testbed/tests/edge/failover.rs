//! An origin that fails is passed over; an answer about the object is an answer.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{Call, CannedAnswer, Fault, Object};
use http::StatusCode;
use serde_json::Value;

use crate::stage::{EU_HOST, Stage, US_HOST, log_of, shared};

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
        // Viceroy does not tell a timeout from other errors; Fastly does, as `timed_out`.
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
        ("400", status(400), "bad_request"),
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
                let mut whole = 0;
                for _ in 0..40 {
                    // A connection that ends in the middle of a body ends the client's transfer too;
                    // what the client takes for complete is the object and nothing else.
                    if let Ok(answer) = Call::get("/a.txt").send(stage.edge.port()).await {
                        assert_eq!(answer.status, StatusCode::OK);
                        if answer.complete {
                            assert_eq!(answer.text(), CONTENT);
                            whole += 1;
                        }
                    }
                }
                whole
            })
        })
        .collect();
    for _ in 0..5 {
        stage.us.stop_listening().await.expect("stopped");
        tokio::time::sleep(Duration::from_millis(50)).await;
        stage.us.resume_listening().await.expect("resumed");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut whole = 0;
    for client in clients {
        whole += client.await.expect("no answer was wrong");
    }
    assert!(whole > 16 * 40 / 2, "only {whole} answers were whole");
    assert_eq!(stage.edge.leaked_secrets(), Vec::<String>::new());
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
async fn an_error_document_that_does_not_come_keeps_nobody_waiting() {
    let stage = shared().await;
    stage.put("failover/drip.txt", Object::text(CONTENT)).await;
    let fault = Fault::StallInAnswer {
        answer: CannedAnswer::slow_down(),
        after: 10,
        // Longer than the client waits.
        pause: Duration::from_mins(2),
    };
    let _fault = stage.us.inject("failover/drip.txt", fault);
    let answer = stage.get("/failover/drip.txt").await;
    assert_eq!(
        (answer.status, answer.header("x-b2-host")),
        (StatusCode::OK, Some(EU_HOST))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stalls_longer_than_the_platform_waits_ends_visibly_incomplete() {
    let limit = Duration::from_millis(500);
    let stage = Stage::with(|config| config.between_bytes_timeout(limit)).await;
    stage.put("a.bin", Object::pseudo_random(1, 300_000)).await;
    let fault = Fault::StallInBody {
        after: 100_000,
        pause: Duration::from_mins(2),
    };
    let _fault = stage.us.inject("a.bin", fault);
    let answer = stage.get("/a.bin").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        !answer.complete && answer.body.len() < 300_000,
        "{} bytes",
        answer.body.len()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_off_is_never_presented_as_complete() {
    let stage = shared().await;
    for (name, fault) in [
        ("reset", Fault::StopInBody { after: 100_000 }),
        ("short", Fault::ShortBody { after: 100_000 }),
    ] {
        let key = format!("failover/broken-{name}.bin");
        let object = Object::pseudo_random(1, 300_000);
        let whole = object.bytes.clone();
        stage.put(&key, object).await;
        let fault = stage.us.inject(&key, fault);
        let answer = stage.get(&format!("/{key}")).await;
        assert!(
            !answer.complete && answer.body.len() < 300_000,
            "{name}: {} bytes",
            answer.body.len()
        );
        assert!(
            whole.starts_with(&answer.body),
            "{name}: what came is its beginning"
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

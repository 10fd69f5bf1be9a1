//! The MAC of `POST /render`.

use http::Method;
use serde_json::json;

use crate::support::origins::Stage;
use crate::support::render_request::{KEY, RenderRequest, now};

const PREVIOUS: &str = "the key before the key of the tests";

async fn stage() -> Stage {
    Stage::with(&[("RENDER_KEY_PREVIOUS", PREVIOUS)]).await
}

/// A request that is authorised, and then fails because its object is missing.
fn valid(stage: &Stage) -> RenderRequest {
    RenderRequest::of_sources(&stage.urls("missing.jpg"))
}

#[tokio::test(flavor = "multi_thread")]
async fn either_key_authorises() {
    let stage = stage().await;
    for key in [KEY, PREVIOUS] {
        let response = valid(&stage).signed(key, now()).send(&stage.service).await;
        assert_eq!(response.status, 404, "{key}: {}", response.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_does_not_authorise() {
    let stage = stage().await;
    for key in ["", "another key", &format!("{KEY} ")] {
        let response = valid(&stage).signed(key, now()).send(&stage.service).await;
        assert_eq!(response.status, 401, "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_part_is_covered_by_the_mac() {
    let stage = stage().await;
    let valid = valid(&stage);
    let later = (now() + 1).to_string();
    let mut other_body = valid.body.clone();
    other_body.push(b' ');
    let original = RenderRequest::of_original("preset={}", "x");
    for (part, request) in [
        (
            "target",
            RenderRequest {
                target: "/render?".to_owned(),
                ..valid.clone()
            },
        ),
        (
            "time",
            RenderRequest {
                time: later,
                ..valid.clone()
            },
        ),
        (
            "body",
            RenderRequest {
                body: other_body,
                ..valid.clone()
            },
        ),
        (
            "MAC",
            RenderRequest {
                mac: original.mac.clone(),
                ..valid.clone()
            },
        ),
        (
            "query",
            RenderRequest {
                target: "/render?preset={} ".replace(' ', "&"),
                ..original.clone()
            },
        ),
        (
            "original",
            RenderRequest {
                body: b"y".to_vec(),
                ..original
            },
        ),
    ] {
        let response = request.send(&stage.service).await;
        assert_eq!(response.status, 401, "{part}");
    }
    assert_eq!(valid.send(&stage.service).await.status, 404, "unchanged");
    assert!(
        stage.us.seen_for("missing.jpg").len() == 1,
        "nothing was fetched before"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_method_is_covered_by_the_mac() {
    let stage = stage().await;
    let mut request = valid(&stage);
    request.method = Method::PUT;
    let mut request = request.signed(KEY, now());
    request.method = Method::POST;
    assert_eq!(request.send(&stage.service).await.status, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_valid_for_a_minute() {
    let stage = stage().await;
    for (offset, status) in [(-61_i64, 401), (-55, 404), (55, 404), (70, 401)] {
        let time = now().saturating_add_signed(offset);
        let response = valid(&stage).signed(KEY, time).send(&stage.service).await;
        assert_eq!(response.status, status, "{offset} s");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_say_what_is_wrong() {
    let stage = stage().await;
    let valid = valid(&stage);
    let refused = [
        valid.clone().signed("another key", now()),
        valid.clone().signed(KEY, 0),
        RenderRequest {
            mac: String::new(),
            ..valid.clone()
        },
        RenderRequest {
            time: "soon".to_owned(),
            ..valid
        },
    ];
    let mut texts = Vec::new();
    for request in refused {
        let response = request.send(&stage.service).await;
        assert_eq!(response.status, 401);
        texts.push(response.text());
    }
    texts.dedup();
    assert_eq!(texts, ["The request is not authorised.\n"]);
    for reason in ["mac_missing", "mac_time", "mac_mismatch"] {
        stage.service.line(|line| line["reason"] == reason).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authorisation_comes_before_the_content() {
    let stage = stage().await;
    let malformed = RenderRequest::json(&json!({"sources": 7}));
    let response = malformed
        .clone()
        .signed("another key", now())
        .send(&stage.service)
        .await;
    assert_eq!(response.status, 401);
    assert_eq!(malformed.send(&stage.service).await.status, 400);
}

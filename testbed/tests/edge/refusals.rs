//! Refusals: about the object, when every origin says so, and else about the origin.

use b2_edge_testbed::{Call, CannedAnswer, Fault, Object};
use http::StatusCode;

use crate::stage::{EU_HOST, Stage, US_HOST, assert_own_text, log_of, shared};

const CONTENT: &str = "the same in both regions";

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_denies_an_object_that_another_has_is_passed_over() {
    let stage = shared().await;
    let denied = || Fault::Answer(CannedAnswer::access_denied());
    stage
        .put("failover/capped.txt", Object::text(CONTENT))
        .await;
    let _us = stage.us.inject("failover/capped.txt", denied());
    for answer in [
        stage.get("/failover/capped.txt").await,
        stage.head("/failover/capped.txt").await,
    ] {
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header("x-b2-host"), Some(EU_HOST));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_every_origin_denies_is_404() {
    let stage = shared().await;
    let denied = || Fault::Answer(CannedAnswer::access_denied());
    let _us = stage.us.inject("failover/denied.txt", denied());
    let _eu = stage.eu.inject("failover/denied.txt", denied());
    let answer = stage.get("/failover/denied.txt").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.header("x-b2-host"), Some(US_HOST));
    assert_own_text(&answer, "denied");
    let line = log_of(stage, "/failover/denied.txt").await;
    assert_eq!(line["reason"], "denied_by_all");
    assert_eq!(line["attempts"][0]["status"], 403);
    assert_eq!(line["attempts"][0]["code"], "AccessDenied");
    let head = stage.head("/failover/denied.txt").await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_head_is_asked_why_because_it_has_no_document() {
    let stage = shared().await;
    stage.put("failover/head.txt", Object::text(CONTENT)).await;
    let refused = Fault::Answer(CannedAnswer::signature_mismatch());
    let refused = stage.us.inject("failover/head.txt", refused);
    let answer = stage.head("/failover/head.txt").await;
    assert_eq!((answer.status, refused.hits()), (StatusCode::OK, 2));
    assert_eq!(answer.header("x-b2-host"), Some(EU_HOST));
    let line = log_of(stage, "/failover/head.txt").await;
    assert_eq!(line["attempts"][0]["outcome"], "key_refused");
    assert_eq!(line["attempts"][0]["code"], "SignatureDoesNotMatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_every_origin_calls_bad_is_400() {
    let stage = shared().await;
    let bad = || Fault::Answer(CannedAnswer::status(400));
    let _us = stage.us.inject("failover/bad.txt", bad());
    let _eu = stage.eu.inject("failover/bad.txt", bad());
    let answer = stage.get("/failover/bad.txt").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let line = log_of(stage, "/failover/bad.txt").await;
    assert_eq!(line["reason"], "refused_by_origins");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_document_under_a_206_is_not_the_part_that_was_asked_for() {
    let stage = shared().await;
    stage
        .put("failover/206.bin", Object::text("0123456789".repeat(100)))
        .await;
    let fault = stage
        .us
        .inject("failover/206.bin", Fault::ErrorDocumentUnder206);
    for (range, body) in [
        ("bytes=10-19", "0123456789"),
        ("bytes=-5", "56789"),
        ("bytes=997-", "789"),
    ] {
        let call = Call::get("/failover/206.bin").header("range", range);
        let answer = stage.send(call).await;
        assert_eq!(answer.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.text(), body, "{range}");
        assert_eq!(answer.header("x-b2-host"), Some(EU_HOST), "{range}");
    }
    assert_eq!(fault.hits(), 3, "the preferred origin was asked each time");
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

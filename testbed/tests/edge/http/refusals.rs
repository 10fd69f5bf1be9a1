//! 403 of origins: all of them mean that the object does not exist; one of them is a failure of that origin.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::{Method, StatusCode};

use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_own_text, log_of};
use crate::support::stage_pool::{Setup, StagePool};

const CONTENT: &str = "the same in both regions";

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_denies_an_object_that_another_has_is_passed_over() {
    let stage = StagePool::take(Setup::Defaults).await;
    for method in [Method::GET, Method::HEAD] {
        let key = format!("refusals/capped-{method}.txt");
        stage.put(&key, Object::text(CONTENT)).await;
        let denied = Fault::Respond(CannedResponse::access_denied());
        let denied = stage.us.inject(&key, denied);
        let request = Request::new(method.clone(), format!("/{key}"));
        let response = stage.send(request).await;
        assert_eq!(response.status, StatusCode::OK, "{method}");
        assert_eq!(response.header("x-b2-host"), Some(EU_HOST), "{method}");
        assert!(denied.times_applied() > 0, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_every_origin_denies_is_404() {
    let stage = StagePool::take(Setup::Defaults).await;
    let denied = || Fault::Respond(CannedResponse::access_denied());
    let _us = stage.us.inject("refusals/denied.txt", denied());
    let _eu = stage.eu.inject("refusals/denied.txt", denied());
    let response = stage.get("/refusals/denied.txt").await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    assert_own_text(&response, "denied");
    let line = log_of(&stage, "/refusals/denied.txt").await;
    assert_eq!(line["reason"], "denied_by_all");
    assert_eq!(line["attempts"][0]["status"], 403);
    assert_eq!(line["attempts"][0]["code"], "AccessDenied");
    let head = stage.head("/refusals/denied.txt").await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_head_is_asked_why_because_it_has_no_document() {
    let stage = StagePool::take(Setup::Defaults).await;
    stage.put("refusals/head.txt", Object::text(CONTENT)).await;
    let refused = Fault::Respond(CannedResponse::signature_mismatch());
    let refused = stage.us.inject("refusals/head.txt", refused);
    let response = stage.head("/refusals/head.txt").await;
    assert_eq!(
        (response.status, refused.times_applied()),
        (StatusCode::OK, 2)
    );
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    let line = log_of(&stage, "/refusals/head.txt").await;
    // The HEAD, and the GET for the reason of its failure.
    assert_eq!(line["attempts"][0]["outcome"], "refused_without_reason");
    assert_eq!(line["attempts"][1]["outcome"], "key_refused");
    assert_eq!(line["attempts"][1]["code"], "SignatureDoesNotMatch");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_every_origin_calls_bad_is_400() {
    let stage = StagePool::take(Setup::Defaults).await;
    let bad = || Fault::Respond(CannedResponse::status(400));
    let _us = stage.us.inject("refusals/bad.txt", bad());
    let _eu = stage.eu.inject("refusals/bad.txt", bad());
    let response = stage.get("/refusals/bad.txt").await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    let line = log_of(&stage, "/refusals/bad.txt").await;
    assert_eq!(line["reason"], "refused_by_origins");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_document_under_a_206_is_not_the_part_that_was_asked_for() {
    let stage = StagePool::take(Setup::Defaults).await;
    let views = stage.views();
    let object = || Object::text("0123456789".repeat(100));
    let ranges = [
        ("bytes=10-19", "0123456789"),
        ("bytes=-5", "56789"),
        ("bytes=997-", "789"),
    ];
    let objects = [
        ("kept", object()),
        ("passed-on", object().cache_control("no-store")),
    ];
    let cells = objects
        .iter()
        .flat_map(|object| ranges.iter().map(move |range| (object, range)));
    for (((kind, object), (range, body)), view) in cells.zip(views.iter().cycle()) {
        let key = format!("refusals/206-{kind}-{}.bin", range.len());
        stage.put(&key, object.clone()).await;
        view.recovered(&stage).await;
        let fault = view.first.inject(&key, Fault::ErrorDocumentUnder206);
        let request = Request::get(format!("/{key}{}", view.query)).header("range", *range);
        let response = stage.send(request).await;
        let context = format!("{kind} {range}");
        assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{context}");
        assert_eq!(response.text(), *body, "{context}");
        let host = view.second.spec().host();
        assert_eq!(
            response.header("x-b2-host"),
            Some(host.as_str()),
            "{context}"
        );
        assert!(
            fault.times_applied() > 0,
            "{context}: the first origin was requested"
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
    let response = stage.get("/a.txt").await;
    assert_eq!(response.status, StatusCode::BAD_GATEWAY);
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
    let problem = line["attempts"][0]["problems"][0].as_str();
    let problem = problem.expect("a problem of the first origin");
    assert!(problem.contains("us_origin_application_key"), "{problem}");
}

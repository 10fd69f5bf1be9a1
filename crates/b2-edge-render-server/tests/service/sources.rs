//! How originals are fetched. None of these requests gets as far as the rendering.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object};
use http::header::LOCATION;
use serde_json::json;

use crate::support::origins::Stage;
use crate::support::render_request::{RenderRequest, order};

/// Enough bytes to be cut.
fn some_bytes() -> Object {
    Object::pseudo_random(1, 200_000)
}

/// A status that says that an object was fetched completely: it is not an image.
const FETCHED: u16 = 415;

async fn status_of(stage: &Stage, key: &str) -> u16 {
    let request = RenderRequest::of_sources(&stage.urls(key));
    request.send(&stage.service).await.status.as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_source_that_has_the_object_is_used() {
    let stage = Stage::start().await;
    stage.put("both", some_bytes()).await;
    stage.eu.put("eu", some_bytes()).await.expect("stored");
    assert_eq!(status_of(&stage, "both").await, FETCHED);
    assert_eq!((stage.us.seen().len(), stage.eu.seen().len()), (1, 0));
    assert_eq!(status_of(&stage, "eu").await, FETCHED);
    assert_eq!((stage.us.seen().len(), stage.eu.seen().len()), (2, 1));
    assert_eq!(status_of(&stage, "neither").await, 404);
    assert_eq!((stage.us.seen().len(), stage.eu.seen().len()), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_is_followed_by_the_next() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    let redirect = CannedResponse::status(302).header(LOCATION, "/other");
    for fault in [
        Fault::ResetConnection,
        Fault::CloseConnection,
        Fault::StopInBody { after: 1000 },
        Fault::ShortBody { after: 1000 },
        Fault::ShortChunkedBody { after: 1000 },
        Fault::Respond(CannedResponse::slow_down()),
        Fault::Respond(CannedResponse::access_denied()),
        Fault::Respond(CannedResponse::status(500)),
        Fault::Respond(CannedResponse::status(204)),
        Fault::Respond(CannedResponse::status(206)),
        Fault::Respond(redirect),
    ] {
        let name = format!("{fault:?}");
        let _first = stage.us.inject("photo.jpg", fault.clone());
        assert_eq!(status_of(&stage, "photo.jpg").await, FETCHED, "{name}");
        let _second = stage.eu.inject("photo.jpg", fault);
        let response = RenderRequest::of_sources(&stage.urls("photo.jpg"))
            .send(&stage.service)
            .await;
        assert_eq!(response.status, 502, "{name}");
        assert!(!response.text().contains("b2"), "{}", response.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_missing_only_if_no_source_failed() {
    let stage = Stage::start().await;
    for origin in [&stage.us, &stage.eu] {
        let _fault = origin.inject("photo.jpg", Fault::ResetConnection);
        assert_eq!(status_of(&stage, "photo.jpg").await, 502);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_refuses_connections_is_followed_by_the_next() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    stage.us.stop_listening().await.expect("stopped");
    assert_eq!(status_of(&stage, "photo.jpg").await, FETCHED);
    stage.eu.stop_listening().await.expect("stopped");
    assert_eq!(status_of(&stage, "photo.jpg").await, 502);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_hangs_is_followed_by_the_next() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    let pause = Duration::from_mins(5);
    for fault in [
        Fault::StallBeforeHeaders(pause),
        Fault::StallInBody { after: 1000, pause },
    ] {
        let name = format!("{fault:?}");
        let _fault = stage.us.inject("photo.jpg", fault);
        assert_eq!(status_of(&stage, "photo.jpg").await, FETCHED, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sources_that_all_hang_are_a_timeout() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    let stall = Fault::StallBeforeHeaders(Duration::from_mins(5));
    let _us = stage.us.inject("photo.jpg", stall.clone());
    let _eu = stage.eu.inject("photo.jpg", stall);
    assert_eq!(status_of(&stage, "photo.jpg").await, 504);
    let line = stage.service.line(|line| line["status"] == 504).await;
    assert_eq!(line["source_trouble"], "timed_out", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_than_the_wanted_one_is_a_conflict() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    let etag = stage.us.etag_of("photo.jpg").expect("an ETag");
    for (if_match, status) in [
        (etag.as_str(), FETCHED),
        ("\"another\"", 409),
        ("*", FETCHED),
    ] {
        let mut body = order(&stage.urls("photo.jpg"));
        body["if_match"] = json!(if_match);
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(response.status, status, "{if_match}");
        let seen = stage.us.seen_for("photo.jpg");
        let sent = seen.last().expect("a request").headers.get("if-match");
        assert_eq!(sent.expect("If-Match"), if_match);
    }
    assert!(
        stage.eu.seen().is_empty(),
        "another version is no reason to ask the next source"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_ignores_if_match_cannot_pass_off_another_version() {
    let stage = Stage::start().await;
    let other = CannedResponse::status(200)
        .header(http::header::ETAG, "\"other\"")
        .body("content");
    let _fault = stage.us.inject("photo.jpg", Fault::Respond(other));
    let mut body = order(&stage.urls("photo.jpg"));
    body["if_match"] = json!("\"wanted\"");
    let response = RenderRequest::json(&body).send(&stage.service).await;
    assert_eq!(response.status, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_has_at_most_max_bytes() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    for (max_bytes, status) in [(200_000, FETCHED), (199_999, 413)] {
        let mut body = order(&stage.urls("photo.jpg"));
        body["max_bytes"] = json!(max_bytes);
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(response.status, status, "{max_bytes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_a_source_has_nothing_but_what_it_needs() {
    let stage = Stage::start().await;
    let key = "a b+c/ä%2F~'.jpg";
    stage.put(key, some_bytes()).await;
    assert_eq!(status_of(&stage, key).await, FETCHED);
    let seen = stage.us.seen_for(key);
    let headers = &seen.first().expect("a request").headers;
    let mut names: Vec<_> = headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["host", "user-agent"]);
    assert_eq!(headers["host"], stage.us.spec().host());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_host_and_path_of_a_source_without_its_signature() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", some_bytes()).await;
    let _fault = stage.us.inject("photo.jpg", Fault::ResetConnection);
    assert_eq!(status_of(&stage, "photo.jpg").await, FETCHED);
    let line = stage.service.line(|line| line["path"] == "/render").await;
    let source = format!("{}/photo.jpg", stage.eu.spec().host());
    assert_eq!(line["source"], source.as_str(), "{line}");
    assert_eq!(line["sources_tried"], 2);
    assert_eq!(line["source_trouble"], "broken_off");
    assert_eq!(line["source_bytes"], 200_000);
    assert!(!line.to_string().contains("X-Amz"), "{line}");
    stage
        .service
        .metric("b2_edge_render_source_failures_total{reason=\"broken_off\"} 1")
        .await;
}

//! A website with unavailable documents: an unknown document is not a 404, and the response is not cached.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;

use crate::support::stage::{Stage, cache_of, let_failures_expire, log_of};

const HANG: Fault = Fault::StallBeforeHeaders(Duration::from_secs(30));

/// The client's timeout: longer than a response may take, and shorter than it would take if each document had its
/// own total timeout.
const PATIENCE: Duration = Duration::from_secs(13);

fn page(text: &str) -> Object {
    Object::of_type("text/html; charset=utf-8", text.to_owned())
}

fn error() -> Fault {
    Fault::Respond(CannedResponse::status(500))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_no_origin_can_tell_of_does_not_make_a_404() {
    let config = r#"{"site": {"fallback_document": "app.html"}}"#;
    let stage = Stage::configured(config).await;
    stage.put("404.html", page("nothing here")).await;
    stage.put("app.html", page("the application")).await;
    stage.put("docs/index.html", page("docs")).await;
    for (key, target) in [("docs/index.html", "/docs"), ("app.html", "/users/17")] {
        let _faults = [stage.us.inject(key, error()), stage.eu.inject(key, error())];
        for request in [Request::get(target), Request::head(target)] {
            let response = stage.send(request.header("accept", "text/html")).await;
            assert_eq!(response.status, StatusCode::BAD_GATEWAY, "{target}");
            assert_eq!(
                response.header("cache-control"),
                Some("no-store"),
                "{target}"
            );
        }
        let line = log_of(&stage, target).await;
        assert_eq!(line["reason"], "origins_failed", "{line}");
        assert!(
            line["origin"].is_null() && line["cache"].is_null(),
            "{line}"
        );
    }
    let _faults = [
        stage.us.inject("404.html", error()),
        stage.eu.inject("404.html", error()),
    ];
    let response = stage
        .send(Request::get("/a.txt").header("accept", "text/html"))
        .await;
    assert_eq!(
        response.status,
        StatusCode::NOT_FOUND,
        "it is known that there is no such object"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_for_an_object_that_an_origin_could_not_tell_of_is_not_kept() {
    let config = r#"{"site": {"fallback_document": "app.html"}}"#;
    let stage = Stage::configured(config).await;
    let long = "public, max-age=31536000";
    stage
        .put("app.html", page("the application").cache_control(long))
        .await;
    stage.put("docs/index.html", page("docs")).await;
    stage
        .eu
        .put("users", Object::text("only in the EU"))
        .await
        .expect("stored");
    stage
        .eu
        .put("docs", Object::text("only in the EU"))
        .await
        .expect("stored");
    {
        let _faults = ["users", "docs"].map(|key| stage.eu.inject(key, error()));
        let application = stage.get("/users").await;
        assert_eq!(application.text(), "the application");
        assert_eq!(application.header("cache-control"), Some("no-store"));
        let folder = stage.get("/docs").await;
        assert_eq!(folder.header("location"), Some("/docs/"));
        assert_eq!(folder.header("cache-control"), Some("no-store"));
    }
    let_failures_expire().await;
    stage.recover().await;
    let certain = stage.get("/nowhere").await;
    assert_eq!(certain.header("cache-control"), Some(long));
    for target in ["/users", "/docs"] {
        assert_eq!(stage.get(target).await.text(), "only in the EU", "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_that_hang_one_after_the_other_share_the_time_that_a_client_waits() {
    let config = r#"{"site": {"precompressed": true, "fallback_document": "app.html"},
                     "failover": {"attempt_timeout_ms": 100, "total_timeout_ms": 8000}}"#;
    // Longer than the platform's default.
    let limit = Duration::from_secs(30);
    let stage = Stage::with(|setup| setup.config(config).first_byte_timeout(limit)).await;
    let _faults = [
        "page",
        "page/index.html",
        "app.html.br",
        "app.html.gz",
        "app.html",
        "a.js.br",
        "a.js.gz",
        "a.js",
        "404.html",
    ]
    .map(|key| [stage.us.inject(key, HANG), stage.eu.inject(key, HANG)]);
    let ask = |target: &'static str| {
        let request = Request::get(target).header("accept-encoding", "br, gzip");
        stage.send(request.timeout(PATIENCE))
    };
    let _gone = stage.us.inject("gone.js", HANG);
    let (script, other, gone) = tokio::join!(ask("/a.js"), ask("/other"), ask("/gone.js"));
    for response in [script, other] {
        assert_eq!(response.status, StatusCode::BAD_GATEWAY);
    }
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_used_up_the_time_leaves_some_for_what_stands_in_for_it() {
    // What is left is a second, which is enough on a busy machine too.
    let config = r#"{"failover": {"attempt_timeout_ms": 1000, "total_timeout_ms": 3000}}"#;
    let stage = Stage::configured(config).await;
    stage.put("404.html", page("nothing here")).await;
    let hanging = stage.us.inject("gone", HANG);
    let response = stage.get("/gone").await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.text(), "nothing here");
    assert_eq!(hanging.times_applied(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_that_is_not_there_did_not_serve_the_refusal_that_follows() {
    let stage = Stage::configured(r#"{"site": {"precompressed": true}}"#).await;
    let _faults = [
        stage.us.inject("a.js", error()),
        stage.eu.inject("a.js", error()),
    ];
    let request = Request::get("/a.js").header("accept-encoding", "br");
    assert_eq!(stage.send(request).await.status, StatusCode::BAD_GATEWAY);
    let line = log_of(&stage, "/a.js").await;
    assert_eq!(line["status"], 502);
    assert!(
        line["origin"].is_null() && line["cache"].is_null(),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_index_document_the_top_shows_what_stands_in_for_what_is_not_there() {
    let config = r#"{"site": {"index_document": "", "fallback_document": "app.html"}}"#;
    let stage = Stage::configured(config).await;
    stage.put("app.html", page("the application")).await;
    stage.put("404.html", page("nothing here")).await;
    let top = stage.get("/").await;
    assert_eq!(
        (top.status, top.text().as_str()),
        (StatusCode::OK, "the application")
    );
    let config = r#"{"site": {"index_document": ""}}"#;
    let stage = Stage::configured(config).await;
    stage.put("404.html", page("nothing here")).await;
    let top = stage.get("/").await;
    assert_eq!(
        (top.status, top.text().as_str()),
        (StatusCode::NOT_FOUND, "nothing here")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sibling_that_hangs_does_not_keep_a_client_from_what_the_cache_has() {
    let stage = Stage::configured(r#"{"site": {"precompressed": true}}"#).await;
    stage
        .put("a.js", Object::of_type("text/javascript", "plain"))
        .await;
    stage.get("/a.js").await;
    let _faults =
        ["a.js.br", "a.js.gz"].map(|key| [stage.us.inject(key, HANG), stage.eu.inject(key, HANG)]);
    let request = Request::get("/a.js").header("accept-encoding", "br, gzip");
    let response = stage.send(request.timeout(PATIENCE)).await;
    assert_eq!(
        (response.text().as_str(), cache_of(&response)),
        ("plain", "HIT")
    );
    assert_eq!(
        stage.requests_for("a.js.gz"),
        0,
        "the next sibling was not requested either"
    );
}

//! Cache rules by path, for the edge and for browsers, and the purge of a path.

use std::time::Duration;

use b2_edge_testbed::{Object, Request};
use http::{Method, StatusCode};

use crate::support::stage::{Stage, TOKEN, cache_of};
use crate::support::stage_pool::{Setup, StagePool};

fn css(text: &str) -> Object {
    Object::of_type("text/css", text.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_are_told_what_the_first_rule_of_a_path_says() {
    let config = r#"{"cache": {"browser_ttl_s": 120, "rules": [
        {"path": "/assets/*", "browser": "public, max-age=31536000, immutable"},
        {"path": "*.html", "browser": "no-cache"},
        {"path": "/assets/late.css", "browser": "never reached"}]}}"#;
    let stage = Stage::configured(config).await;
    for key in ["assets/a.css", "assets/late.css", "other.css", "index.html"] {
        stage.put(key, css(key)).await;
    }
    stage
        .put("assets/own.css", css("own").cache_control("max-age=5"))
        .await;
    stage
        .put("pass.css", css("pass").cache_control("no-store"))
        .await;
    for (target, expected) in [
        ("/assets/a.css", Some("public, max-age=31536000, immutable")),
        (
            "/assets/late.css",
            Some("public, max-age=31536000, immutable"),
        ),
        ("/assets/own.css", Some("max-age=5")),
        ("/other.css", Some("public, max-age=120")),
        ("/", Some("no-cache")),
        ("/pass.css", Some("no-store")),
        ("/missing.html", Some("no-store")),
    ] {
        for request in [
            Request::get(target),
            Request::head(target),
            Request::get(target),
        ] {
            let response = stage.send(request).await;
            assert_eq!(response.header("cache-control"), expected, "{target}");
        }
    }
    let etag = stage
        .get("/other.css")
        .await
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let unchanged = stage
        .send(Request::get("/other.css").header("if-none-match", etag))
        .await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    assert_eq!(
        unchanged.header("cache-control"),
        Some("public, max-age=120")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configuration_browsers_are_told_nothing() {
    let stage = StagePool::take(Setup::Defaults).await;
    stage.put("browser/a.css", css("a")).await;
    let response = stage.get("/browser/a.css").await;
    assert_eq!(response.header("cache-control"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edge_keeps_an_object_as_long_as_the_first_rule_of_its_path_says() {
    let config = r#"{"cache": {"ttl_s": 3600, "stale_while_revalidate_s": 0, "rules": [
        {"path": "/short/*", "ttl_s": 1}, {"path": "/never/*", "ttl_s": 0}]}}"#;
    let stage = Stage::configured(config).await;
    for key in ["short/a.css", "never/a.css", "long/a.css"] {
        stage.put(key, css("first")).await;
        stage.get(&format!("/{key}")).await;
        stage.put(key, css("second")).await;
    }
    let never = stage.get("/never/a.css").await;
    assert_eq!(
        (cache_of(&never), never.text().as_str()),
        ("PASS", "second")
    );
    assert_eq!(stage.get("/long/a.css").await.text(), "first");
    // The lifetime is one second; wait until it ends.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert_eq!(stage.get("/short/a.css").await.text(), "second");
    assert_eq!(stage.get("/long/a.css").await.text(), "first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_reaches_what_its_path_shows_in_every_coding() {
    let config = r#"{"site": {"prefix": "public", "precompressed": true}}"#;
    let stage = Stage::with(|setup| setup.config(config).fastly_key(TOKEN)).await;
    let put = async |text: &str| {
        for key in [
            "public/index.html",
            "public/app.js",
            "public/app.js.br",
            "public/app.js.gz",
        ] {
            stage
                .put(key, Object::of_type("text/html", format!("{key} {text}")))
                .await;
        }
    };
    let shown = async || {
        let mut shown = Vec::new();
        for (target, coding) in [
            ("/", "identity"),
            ("/app.js", "br"),
            ("/app.js", "gzip"),
            ("/app.js", "identity"),
        ] {
            let request = Request::get(target).header("accept-encoding", coding);
            shown.push(stage.send(request).await.text());
        }
        shown
    };
    let all = |text: &str| {
        ["index.html", "app.js.br", "app.js.gz", "app.js"]
            .map(|name| format!("public/{name} {text}"))
    };
    put("old").await;
    assert_eq!(shown().await, all("old"));
    put("new").await;
    assert_eq!(shown().await, all("old"), "all of it is kept");
    for target in ["/", "/app.js"] {
        let purge = Request::new(Method::from_bytes(b"PURGE").expect("a method"), target);
        let response = stage.send(purge.header("fastly-key", TOKEN)).await;
        assert_eq!(response.status, StatusCode::OK, "{target}");
    }
    assert_eq!(shown().await, all("new"));
}

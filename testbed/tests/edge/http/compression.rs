//! Compression by the platform, which a header requests that Viceroy does not remove, and by precompressed objects.

use b2_edge_testbed::{Object, Request, Response};
use http::StatusCode;

use crate::support::stage::{Stage, assert_whole, cache_of};
use crate::support::stage_pool::{Setup, StagePool};

const BROWSER: &str = "gzip, deflate, br, zstd";

async fn get(stage: &Stage, target: &str, accept_encoding: &str) -> Response {
    let request = Request::get(target).header("accept-encoding", accept_encoding);
    stage.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_is_asked_to_compress_whole_text_that_is_not_encoded() {
    let stage = StagePool::take(Setup::Defaults).await;
    let css = Object::of_type("text/css", "body{}".repeat(100));
    let image = Object::of_type("image/png", "not really");
    for (key, object, vary) in [
        ("compression/a.css", css.clone(), Some("accept-encoding")),
        (
            "compression/b.css",
            css.clone().cache_control("no-store"),
            Some("accept-encoding"),
        ),
        (
            "compression/c.css",
            css.clone().content_encoding("gzip"),
            None,
        ),
        (
            "compression/d.css",
            css.clone().cache_control("no-transform"),
            None,
        ),
        ("compression/e.png", image, None),
    ] {
        stage.put(key, object.clone()).await;
        let target = format!("/{key}");
        let hint = vary.map(|_| "on");
        for _ in 0..2 {
            let response = get(&stage, &target, BROWSER).await;
            assert_eq!(
                (response.status, &response.body),
                (StatusCode::OK, &object.bytes),
                "{key}"
            );
            assert_eq!(response.header("x-compress-hint"), hint, "{key}");
            assert_eq!(response.header("vary"), vary, "{key}");
        }
        // Clients that accept no coding get a Content-Length, and Vary tells caches of it.
        for plain in [
            stage.get(&target).await,
            get(&stage, &target, "identity, br;q=0").await,
        ] {
            assert_whole(&plain, &object.bytes, key);
            assert_eq!(plain.header("x-compress-hint"), None, "{key}");
            assert_eq!(plain.header("vary"), vary, "{key}");
        }
        let part = stage
            .send(
                Request::get(target.as_str())
                    .header("accept-encoding", BROWSER)
                    .header("range", "bytes=0-1"),
            )
            .await;
        assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key}");
        assert_eq!(part.header("x-compress-hint"), None, "{key}: a part");
        assert_eq!(part.header("content-length"), Some("2"), "{key}: a part");
        assert_eq!(part.header("vary"), vary, "{key}: a part");
        let head = stage
            .send(Request::head(target.as_str()).header("accept-encoding", BROWSER))
            .await;
        assert_eq!(head.header("x-compress-hint"), None, "{key}: HEAD");
        // A `GET` would be compressed, to a length that is not known before (RFC 9110, section 8.6).
        let plain_length = object.bytes.len().to_string();
        let length = hint.is_none().then_some(plain_length.as_str());
        assert_eq!(head.header("content-length"), length, "{key}: HEAD");
        let etag = head.header("etag").expect("an ETag").to_owned();
        let unchanged = stage
            .send(Request::get(target.as_str()).header("if-none-match", etag))
            .await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED, "{key}");
        assert_eq!(unchanged.header("vary"), vary, "{key}: a 304 repeats it");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_of_what_the_platform_compresses_does_not_promise_the_same_bytes() {
    let stage = StagePool::take(Setup::Defaults).await;
    let css = Object::of_type("text/css", "body{}".repeat(100));
    for (key, object) in [
        ("compression/tag.css", css.clone()),
        ("compression/tag-pass.css", css.cache_control("no-store")),
    ] {
        stage.put(key, object.clone()).await;
        let target = format!("/{key}");
        let plain = stage.get(&target).await;
        let strong = plain.header("etag").expect("an ETag").to_owned();
        assert!(
            !strong.starts_with("W/"),
            "{key}: the bytes as they are stored"
        );
        let weak = format!("W/{strong}");
        let compressed = Request::get(target.as_str()).header("accept-encoding", BROWSER);
        let described = Request::head(target.as_str()).header("accept-encoding", BROWSER);
        for request in [compressed.clone(), described] {
            let response = stage.send(request).await;
            assert_eq!(response.header("etag"), Some(weak.as_str()), "{key}");
        }
        // A compressed transfer that broke off is not completed with uncompressed bytes.
        let rest = compressed.clone().header("range", "bytes=10-");
        let resumed = stage.send(rest.header("if-range", weak.as_str())).await;
        assert_eq!(resumed.status, StatusCode::OK, "{key}");
        let rest = Request::get(target.as_str()).header("range", "bytes=10-");
        let resumed = stage.send(rest.header("if-range", strong.as_str())).await;
        assert_eq!(resumed.status, StatusCode::PARTIAL_CONTENT, "{key}");
        assert_eq!(resumed.header("etag"), Some(strong.as_str()), "{key}");
        let unchanged = stage
            .send(compressed.header("if-none-match", weak.as_str()))
            .await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED, "{key}");
        assert_eq!(unchanged.header("etag"), Some(weak.as_str()), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_text_is_compressed_too() {
    let stage = Stage::configured(r#"{"cache": {"segment_bytes": 1048576}}"#).await;
    let text = Object::of_type("application/json", "[0],\n".repeat(500_000));
    stage.put("large.json", text.clone()).await;
    for _ in 0..2 {
        let response = get(&stage, "/large.json", BROWSER).await;
        assert_eq!(response.header("x-compress-hint"), Some("on"));
        assert!(
            response.complete && response.body == text.bytes,
            "the bytes"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_precompressed_object_is_served_as_the_plain_one_to_who_takes_it() {
    let stage = Stage::configured(r#"{"site": {"precompressed": true}}"#).await;
    let stored = |text: &'static str| Object::of_type("application/octet-stream", text);
    stage
        .put("app.js", Object::of_type("text/javascript", "plain"))
        .await;
    stage.put("app.js.br", stored("brotli")).await;
    stage.put("app.js.gz", stored("gzipped")).await;
    stage
        .put("old.css", Object::of_type("text/css", "plain"))
        .await;
    stage.put("old.css.gz", stored("gzipped")).await;
    stage.put("index.html.br", stored("home in brotli")).await;
    let mut etags = Vec::new();
    for (target, accept, body, coding, content_type) in [
        (
            "/app.js",
            BROWSER,
            "brotli",
            Some("br"),
            "text/javascript; charset=utf-8",
        ),
        (
            "/app.js",
            "gzip",
            "gzipped",
            Some("gzip"),
            "text/javascript; charset=utf-8",
        ),
        ("/app.js", "identity", "plain", None, "text/javascript"),
        (
            "/old.css",
            BROWSER,
            "gzipped",
            Some("gzip"),
            "text/css; charset=utf-8",
        ),
        ("/old.css", "br", "plain", None, "text/css"),
        (
            "/",
            BROWSER,
            "home in brotli",
            Some("br"),
            "text/html; charset=utf-8",
        ),
    ] {
        for state in ["MISS", "HIT"] {
            let what = format!("{target} for {accept}, {state}");
            let response = get(&stage, target, accept).await;
            assert_eq!(
                (response.status, response.text().as_str()),
                (StatusCode::OK, body),
                "{what}"
            );
            assert_eq!(response.header("content-encoding"), coding, "{what}");
            assert_eq!(
                response.header("content-type"),
                Some(content_type),
                "{what}"
            );
            assert_eq!(response.header("vary"), Some("accept-encoding"), "{what}");
            assert_eq!(cache_of(&response), state, "{what}");
            let hint = coding.is_none() && accept == "br";
            assert_eq!(response.header("x-compress-hint").is_some(), hint, "{what}");
        }
        let response = get(&stage, target, accept).await;
        etags.push(response.header("etag").expect("an ETag").to_owned());
    }
    let [brotli, gzip, plain, ..] = &etags[..] else {
        unreachable!("six");
    };
    assert!(
        brotli != gzip && gzip != plain && plain != brotli,
        "{etags:?}"
    );
    for (etag, status) in [(brotli, StatusCode::NOT_MODIFIED), (plain, StatusCode::OK)] {
        let request = Request::get("/app.js").header("accept-encoding", BROWSER);
        let response = stage
            .send(request.header("if-none-match", etag.as_str()))
            .await;
        assert_eq!(response.status, status, "{etag}");
        assert_eq!(response.header("vary"), Some("accept-encoding"), "{etag}");
    }
    let by_name = stage.get("/app.js.br").await;
    assert_eq!(
        by_name.header("content-encoding"),
        None,
        "requested by its own name"
    );
    assert_eq!(
        get(&stage, "/nothing.js", BROWSER).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn precompressed_objects_are_not_looked_for_unless_the_configuration_says_so() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "compression/plain.js";
    stage
        .put(key, Object::of_type("text/javascript", "plain"))
        .await;
    stage
        .put(&format!("{key}.br"), Object::text("brotli"))
        .await;
    let response = get(&stage, &format!("/{key}"), BROWSER).await;
    assert_eq!(response.text(), "plain");
    assert_eq!(stage.requests_for(&format!("{key}.br")), 0);
}

/// The copy may have been uploaded without them.
#[tokio::test(flavor = "multi_thread")]
async fn a_precompressed_copy_has_the_type_and_caching_headers_of_the_plain_object() {
    let stage = Stage::configured(r#"{"site": {"precompressed": true}}"#).await;
    let plain = Object::of_type("text/x-special", "plain").cache_control("public, max-age=77");
    stage.put("copies/a.txt", plain).await;
    let copy = Object::of_type("application/gzip", "copy").cache_control("max-age=5");
    stage.put("copies/a.txt.gz", copy.clone()).await;
    stage.put("copies/only.txt.gz", copy).await;
    for _ in 0..2 {
        for (target, content_type, cache_control) in [
            ("/copies/a.txt", "text/x-special", "public, max-age=77"),
            ("/copies/only.txt", "text/plain; charset=utf-8", "max-age=5"),
        ] {
            let response = get(&stage, target, "gzip").await;
            assert_eq!(response.text(), "copy", "{target}");
            for (name, value) in [
                ("content-encoding", "gzip"),
                ("content-type", content_type),
                ("cache-control", cache_control),
            ] {
                assert_eq!(response.header(name), Some(value), "{target}");
            }
        }
    }
}

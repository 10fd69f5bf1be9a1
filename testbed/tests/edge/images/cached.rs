//! Variants in the cache.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;
use serde_json::json;

use super::pictures::{BLUE, GREEN, RED, jpeg, jpeg_of};
use super::{gallery, purge, shown, stage};
use crate::support::crowd::crowd;
use crate::support::stage::{cache_of, log_of, until, until_async};

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_is_rendered_once_and_then_served_as_an_object_is() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let first = stage.get("/prew/small/a.jpg").await;
    let second = stage.get("/prew/small/a.jpg").await;
    assert_eq!((cache_of(&first), cache_of(&second)), ("MISS", "HIT"));
    assert_eq!(first.body, second.body);
    assert_eq!(first.header("etag"), second.header("etag"));
    assert!(second.header("age").is_some());
    assert_eq!(second.header("accept-ranges"), Some("bytes"));
    for name in second.headers.keys() {
        assert!(!name.as_str().starts_with("x-amz"), "{name}");
    }
    let etag = second.header("etag").expect("an ETag").to_owned();
    let head = stage.head("/prew/small/a.jpg").await;
    assert_eq!(
        head.header("content-length"),
        second.header("content-length")
    );
    assert_eq!(head.body.len(), 0);
    for (name, value, status, body) in [
        ("if-none-match", etag.as_str(), 304, None),
        ("if-match", "\"other\"", 412, None),
        ("range", "bytes=0-1", 206, Some(&second.body[..2])),
        ("range", "bytes=999999-", 416, None),
    ] {
        let request = Request::get("/prew/small/a.jpg").header(name, value);
        let response = stage.send(request).await;
        assert_eq!(response.status.as_u16(), status, "{name}: {value}");
        if let Some(body) = body {
            assert_eq!(&response.body[..], body, "{name}: {value}");
        }
    }
    assert_eq!(
        stage.requests_for("photo/a.jpg"),
        2,
        "its headers and its bytes"
    );
    // A cold HEAD has the length of the variant, too.
    stage.put("photo/b.jpg", jpeg(200, 100)).await;
    let head = stage.head("/prew/small/b.jpg").await;
    let whole = stage.get("/prew/small/b.jpg").await;
    assert_eq!(
        head.header("content-length"),
        whole.header("content-length")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_has_a_variant_rendered_once() {
    let stage = Arc::new(stage(&gallery().to_string()).await);
    stage.put("photo/crowd.jpg", jpeg(400, 300)).await;
    let responses = crowd(&stage, 40, &Request::get("/prew/small/crowd.jpg")).await;
    for response in &responses {
        assert_eq!(shown(response).size(), (64, 48));
    }
    assert_eq!(stage.requests_for("photo/crowd.jpg"), 2);
    // A failure, too.
    stage
        .put("photo/text.jpg", Object::text("not a picture"))
        .await;
    let responses = crowd(&stage, 40, &Request::get("/prew/small/text.jpg")).await;
    for response in &responses {
        assert_eq!(response.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    assert_eq!(stage.requests_for("photo/text.jpg"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_purge_drops_a_source_and_its_variants_and_another_only_one_variant() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let variants = ["/prew/small/a.jpg", "/prew/square/a.jpg"];
    for variant in variants {
        shown(&stage.get(variant).await).assert_at(0.2, 0.5, RED);
    }
    stage.put("photo/a.jpg", jpeg_of(200, 100, GREEN)).await;
    assert_eq!(
        stage.send(purge("/photo/a.jpg")).await.status,
        StatusCode::OK
    );
    for variant in variants {
        let response = stage.get(variant).await;
        assert_eq!(cache_of(&response), "MISS", "{variant}");
        shown(&response).assert_at(0.1, 0.5, GREEN);
    }
    assert_eq!(
        stage.send(purge("/prew/small/a.jpg")).await.status,
        StatusCode::OK
    );
    assert_eq!(cache_of(&stage.get("/prew/small/a.jpg").await), "MISS");
    assert_eq!(cache_of(&stage.get("/prew/square/a.jpg").await), "HIT");
    let auto = Request::get("/prew/auto/a.jpg").header("accept", "image/png");
    stage.send(auto.clone()).await;
    stage.get("/prew/auto/a.jpg").await;
    assert_eq!(
        stage.send(purge("/prew/auto/a.jpg")).await.status,
        StatusCode::OK
    );
    assert_eq!(cache_of(&stage.send(auto).await), "MISS", "each format");
    assert_eq!(cache_of(&stage.get("/prew/auto/a.jpg").await), "MISS");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_missing_is_there_after_a_purge_of_its_source() {
    let stage = stage(&gallery().to_string()).await;
    assert_eq!(
        stage.get("/prew/small/new.jpg").await.status,
        StatusCode::NOT_FOUND
    );
    stage.put("photo/new.jpg", jpeg(200, 100)).await;
    assert_eq!(
        stage.get("/prew/small/new.jpg").await.status,
        StatusCode::NOT_FOUND
    );
    stage.send(purge("/photo/new.jpg")).await;
    shown(&stage.get("/prew/small/new.jpg").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_variant_is_renewed_without_rendering_while_its_source_is_the_same() {
    let mut config = gallery();
    config["cache"] = json!({"ttl_s": 1, "stale_while_revalidate_s": 0, "stale_if_error_s": 0});
    let stage = stage(&config.to_string()).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    shown(&stage.get("/prew/small/a.jpg").await);
    let bytes_sent = stage.sent_for("photo/a.jpg");
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let path = "/prew/small/a.jpg?again";
    let renewed = stage.get(path).await;
    assert_eq!(cache_of(&renewed), "HIT");
    shown(&renewed).assert_at(0.2, 0.5, RED);
    assert_eq!(
        stage.sent_for("photo/a.jpg"),
        bytes_sent,
        "only its headers were asked for"
    );
    // A line is written after its response.
    until("the revalidation is logged", || {
        let lines = stage.edge.log_lines();
        let mut reasons = lines.iter().map(|line| &line["cache_reason"]);
        reasons.any(|reason| reason == "revalidated")
    })
    .await;
    // And rendered anew once it is another.
    stage.put("photo/a.jpg", jpeg_of(200, 100, GREEN)).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let changed = stage.get("/prew/small/a.jpg").await;
    shown(&changed).assert_at(0.1, 0.5, GREEN);
    assert_ne!(changed.header("etag"), renewed.header("etag"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_variant_is_served_while_it_is_renewed_and_while_origins_fail() {
    let mut config = gallery();
    config["cache"] = json!({"ttl_s": 1, "stale_while_revalidate_s": 600, "stale_if_error_s": 600});
    let stage = stage(&config.to_string()).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    shown(&stage.get("/prew/small/a.jpg").await);
    stage.put("photo/a.jpg", jpeg_of(200, 100, GREEN)).await;
    tokio::time::sleep(Duration::from_millis(1200)).await;
    let old = stage.get("/prew/small/a.jpg").await;
    assert_eq!(cache_of(&old), "STALE");
    shown(&old).assert_at(0.1, 0.5, RED);
    until_async("the new one", || async {
        let response = stage.get("/prew/small/a.jpg").await;
        shown(&response).at(0.1, 0.5)[1] > 200
    })
    .await;
    let _faults = [
        stage
            .us
            .inject_all(Fault::Respond(CannedResponse::status(500))),
        stage
            .eu
            .inject_all(Fault::Respond(CannedResponse::status(500))),
    ];
    tokio::time::sleep(Duration::from_millis(1200)).await;
    for _ in 0..3 {
        let response = stage.get("/prew/small/a.jpg").await;
        shown(&response).assert_at(0.9, 0.5, BLUE);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_preset_renders_anew() {
    let mut config = gallery();
    let stage = stage(&config.to_string()).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    assert_eq!(
        shown(&stage.get("/prew/small/a.jpg").await).size(),
        (64, 32)
    );
    config["images"]["presets"]["small"]["width"] = json!(100);
    stage.edge.set_config(&config.to_string()).expect("written");
    until_async("the new size", || async {
        shown(&stage.get("/prew/small/a.jpg").await).size() == (100, 50)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_browser_caches_by_the_preset_or_else_by_the_source() {
    let stage = stage(&gallery().to_string()).await;
    stage
        .put("photo/a.jpg", jpeg(100, 50).cache_control("max-age=77"))
        .await;
    let small = stage.get("/prew/small/a.jpg").await;
    assert_eq!(small.header("cache-control"), Some("max-age=77"));
    let dated = stage.get("/prew/dated/a.jpg").await;
    assert_eq!(
        dated.header("cache-control"),
        Some("public, max-age=1209600")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_of_a_private_source_is_not_cached() {
    let stage = stage(&gallery().to_string()).await;
    stage
        .put("photo/a.jpg", jpeg(100, 50).cache_control("private"))
        .await;
    for _ in 0..2 {
        let response = stage.get("/prew/small/a.jpg").await;
        assert_eq!(cache_of(&response), "PASS");
        assert_eq!(response.header("cache-control"), Some("private"));
        shown(&response);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_that_was_made_during_a_purge_is_not_kept() {
    let stage = Arc::new(stage(&gallery().to_string()).await);
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let faults = [
        stage.us.inject(
            "photo/a.jpg",
            Fault::StallBeforeHeaders(Duration::from_millis(700)),
        ),
        stage.eu.inject(
            "photo/a.jpg",
            Fault::StallBeforeHeaders(Duration::from_millis(700)),
        ),
    ];
    let rendering = tokio::spawn({
        let stage = Arc::clone(&stage);
        async move { stage.get("/prew/small/a.jpg").await }
    });
    until("its bytes are requested", || {
        stage.us.seen_for("photo/a.jpg").len() == 2
    })
    .await;
    stage.put("photo/a.jpg", jpeg_of(200, 100, GREEN)).await;
    stage.send(purge("/photo/a.jpg")).await;
    shown(&rendering.await.expect("a response"));
    drop(faults);
    shown(&stage.get("/prew/small/a.jpg").await).assert_at(0.1, 0.5, GREEN);
    let line = log_of(&stage, "/prew/small/a.jpg").await;
    assert_eq!(line["preset"], "small", "{line}");
}

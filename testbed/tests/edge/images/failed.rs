//! What a client gets if there is no variant.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;
use serde_json::json;

use super::pictures::{GREEN, RED, halves, jpeg, jpeg_of, png};
use super::{gallery, gallery_with, shown, stage};
use crate::support::stage::{assert_own_text, assert_whole, cache_of, let_failures_expire, log_of};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_variant_shows_a_picture_with_the_true_status() {
    let stage = stage(&gallery().to_string()).await;
    let (missing, failed) = (jpeg_of(20, 10, GREEN), jpeg_of(20, 10, RED));
    stage.put("404.jpg", missing.clone()).await;
    stage.put("error.jpg", failed.clone()).await;
    let broken = halves(200, 100, RED);
    let half = broken[..broken.len() / 2].to_vec();
    stage
        .put(
            "photo/half.jpg",
            Object::new(half).content_type("image/jpeg"),
        )
        .await;
    stage
        .put("photo/text.jpg", Object::text("not a picture"))
        .await;
    stage
        .put(
            "photo/vector.svg",
            Object::text("<svg xmlns='http://www.w3.org/2000/svg'/>"),
        )
        .await;
    stage
        .put(
            "photo/large.png",
            Object::new(png(1100, 1000, [1, 2, 3, 255])).content_type("image/png"),
        )
        .await;
    for (path, status, picture, reason) in [
        ("/prew/small/none.jpg", 404, &missing, "not_found"),
        ("/prew/none/half.jpg", 404, &missing, "preset_unknown"),
        ("/prew/small/half.jpg", 422, &failed, "image_broken"),
        ("/prew/small/text.jpg", 415, &failed, "image_unsupported"),
        ("/prew/small/vector.svg", 415, &failed, "image_unsupported"),
        ("/prew/small/large.png", 413, &failed, "image_too_large"),
    ] {
        for round in 0..2 {
            let response = stage.get(path).await;
            assert_eq!(response.status.as_u16(), status, "{path} {round}");
            assert!(response.body == picture.bytes, "{path}: the picture");
            assert_eq!(
                response.header("content-type"),
                Some("image/jpeg"),
                "{path}"
            );
            assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
            assert_eq!(response.header("etag"), None, "{path}");
        }
        let head = stage.head(path).await;
        assert_eq!(
            (head.status.as_u16(), head.body.len()),
            (status, 0),
            "{path}"
        );
        assert_eq!(log_of(&stage, path).await["reason"], reason, "{path}");
    }
    let asked = stage.requests_for("photo/half.jpg");
    assert_eq!(asked, 2, "its headers and its bytes, once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_picture_the_status_has_a_short_text() {
    let stage = stage(&gallery().to_string()).await;
    stage
        .put("photo/text.jpg", Object::text("not a picture"))
        .await;
    for (path, status) in [
        ("/prew/small/none.jpg", StatusCode::NOT_FOUND),
        ("/prew/none/a.jpg", StatusCode::NOT_FOUND),
        ("/prew/small/text.jpg", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let response = stage.get(path).await;
        assert_eq!(response.status, status, "{path}");
        assert_own_text(&response, path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_too_large_may_be_sent_itself() {
    let stage = stage(&gallery_with(&json!({"on_too_large": "original"}))).await;
    let large = Object::new(png(1100, 1000, [1, 2, 3, 255])).content_type("image/png");
    stage.put("photo/large.png", large.clone()).await;
    for round in ["first", "second"] {
        let response = stage.get("/prew/small/large.png").await;
        assert_whole(&response, &large.bytes, round);
    }
    let part = Request::get("/prew/small/large.png").header("range", "bytes=1-3");
    let response = stage.send(part).await;
    assert_eq!(response.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(&response.body[..], b"PNG");
    stage
        .put(
            "photo/broken.jpg",
            Object::new(halves(100, 100, RED)[..300].to_vec()).content_type("image/jpeg"),
        )
        .await;
    let broken = stage.get("/prew/small/broken.jpg").await;
    assert_eq!(broken.status.as_u16(), 422, "only for what is too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_take_too_long_is_not_begun() {
    let mut config = gallery();
    config["limits"]["vcpu_ms"] = json!(10);
    let stage = stage(&config.to_string()).await;
    stage
        .put(
            "photo/slow.png",
            Object::new(png(1000, 1000, [9, 9, 9, 255])).content_type("image/png"),
        )
        .await;
    let response = stage.get("/prew/small/slow.png").await;
    assert_eq!(response.status.as_u16(), 413);
    let line = log_of(&stage, "/prew/small/slow.png").await;
    assert_eq!(line["engines"][0]["outcome"], "too_slow", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_failure_of_all_origins_is_no_failure_of_the_picture() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(100, 50)).await;
    stage.put("error.jpg", jpeg_of(20, 10, RED)).await;
    assert_eq!(stage.get("/error.jpg").await.status, StatusCode::OK);
    let faults = [
        stage
            .us
            .inject("photo/a.jpg", Fault::Respond(CannedResponse::status(500))),
        stage
            .eu
            .inject("photo/a.jpg", Fault::Respond(CannedResponse::status(500))),
    ];
    let response = stage.get("/prew/small/a.jpg").await;
    assert_eq!(response.status, StatusCode::BAD_GATEWAY);
    assert_eq!(response.header("content-type"), Some("image/jpeg"));
    drop(faults);
    let_failures_expire().await;
    crate::support::stage::until_async("the origins are asked again", || async {
        stage.get("/prew/small/a.jpg").await.status == StatusCode::OK
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_breaks_off_is_never_half_a_picture() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(400, 300)).await;
    let cut = || Fault::ShortBody { after: 500 };
    let us = stage.us.inject("photo/a.jpg", cut());
    let picture = shown(&stage.get("/prew/small/a.jpg").await);
    assert_eq!(picture.size(), (64, 48), "from the other region");
    drop(us);
    stage.put("photo/b.jpg", jpeg(400, 300)).await;
    let both = [
        stage.us.inject("photo/b.jpg", cut()),
        stage.eu.inject("photo/b.jpg", cut()),
    ];
    let response = stage.get("/prew/small/b.jpg").await;
    assert!(response.status.is_server_error(), "{}", response.status);
    assert_ne!(cache_of(&response), "HIT");
    drop(both);
}

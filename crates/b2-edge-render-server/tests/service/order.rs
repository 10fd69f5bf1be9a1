//! What a request asks for.

use serde_json::{Value, json};

use crate::support::origins::Stage;
use crate::support::render_request::{RenderRequest, order};

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_body_is_named() {
    let stage = Stage::start().await;
    let urls = stage.urls("photo.jpg");
    let foreign = "https://elsewhere.s3.us-west-004.backblazeb2.com/photo.jpg";
    let plain = urls[0].replace("https://", "http://");
    for (field, value, part) in [
        (
            "preset",
            json!({"width": 320, "hight": 200}),
            "preset.hight",
        ),
        (
            "preset",
            json!({"fit": "cover", "width": 20}),
            "preset.height",
        ),
        ("format", json!("bmp"), "format"),
        ("sources", json!([]), "sources"),
        ("sources", json!(vec![&urls[0]; 7]), "sources"),
        (
            "sources",
            json!([foreign]),
            "sources[0] is not in ALLOWED_HOSTS",
        ),
        (
            "sources",
            json!([urls[0], foreign]),
            "sources[1] is not in ALLOWED_HOSTS",
        ),
        ("sources", json!([plain]), "sources[0] is not an https URL"),
        ("max_bytes", json!("many"), "invalid type"),
        ("key", json!("photo.jpg"), "unknown field `key`"),
    ] {
        let mut body = order(&urls);
        body[field] = value;
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(response.status, 400, "{body}");
        assert!(
            response.text().contains(part),
            "{part}: {}",
            response.text()
        );
        assert!(!response.text().contains("X-Amz"), "{}", response.text());
    }
    assert!(stage.us.seen().is_empty() && stage.eu.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_refused() {
    let stage = Stage::start().await;
    for body in [Value::Null, json!([]), json!("x")] {
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(response.status, 400, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_json_is_bounded() {
    let stage = Stage::start().await;
    let mut body = order(&stage.urls("photo.jpg"));
    body["preset"]["cache_control"] = "x".repeat(70_000).into();
    let response = RenderRequest::json(&body).send(&stage.service).await;
    assert_eq!(response.status, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_original_in_the_body_needs_a_preset() {
    let stage = Stage::start().await;
    for (query, part) in [
        ("", "preset is missing"),
        ("preset=small", "preset: "),
        ("preset=%7B%22width%22%3A0%7D", "preset.width"),
        ("preset=%7B%22width%22%3A20%7D&format=bmp", "format"),
    ] {
        let request = RenderRequest::of_original(query, "x");
        let response = request.send(&stage.service).await;
        assert_eq!(response.status, 400, "{query}");
        assert!(response.text().contains(part), "{}", response.text());
    }
}

//! Thumbnails of uploads: a client writes to the S3 endpoint, whose webhook is the render service.

use b2_edge_testbed::{RenderService, Request, S3Client, ViceroyConfig, encode_key};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::pictures::{RED, decode, halves, with_orientation};
use crate::support::stage::{Stage, until};

const S3_HOST: &str = "s3.example.com";

/// The stage, with the endpoint, and the service as the receiver of its webhook.
async fn uploading() -> (Stage, RenderService) {
    let config = json!({"s3": {
        "host": S3_HOST,
        "webhook": {"url": "https://render.example/thumbnail", "header": "X-RisingCloud-Auth"},
    }});
    let config = config.to_string();
    let options = r#"{"width": 40, "height": 40, "fit": "inside"}"#;
    let configure = |setup: ViceroyConfig, url: &str| {
        setup
            .config(&config)
            .backend("webhook", url, "render.example")
            .secret("webhook_header_value", RenderService::api_key())
    };
    Stage::with_render_service(&[("RESIZE_OPTIONS", options)], configure).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_through_the_endpoint_gets_a_thumbnail_beside_it() {
    let (stage, _service) = uploading().await;
    let spec = stage.us.spec();
    let client = S3Client::new(S3_HOST, "us-west-004", &spec.key_id, &spec.application_key);
    let picture = with_orientation(&halves(200, 100, RED), 6);
    for (key, thumbnail) in [
        ("in/cat.jpg", "in/cat_tn.jpg"),
        ("in/a b/ü+%.jpg", "in/a b/ü+%_tn.jpg"),
    ] {
        let path = format!("/stage-us{}", encode_key(key));
        let put = client
            .put(&path, picture.clone())
            .header("content-type", "image/jpeg");
        let response = stage.send(put.sign().request()).await;
        assert_eq!(response.status, StatusCode::OK, "{key}");
        until("its thumbnail is there", || {
            stage.us.etag_of(thumbnail).is_some()
        })
        .await;
        let response = stage.get(&encode_key(thumbnail)).await;
        let shown = decode(&response);
        assert_eq!(shown.size(), (20, 40), "upright, {thumbnail}");
        shown.assert_at(0.5, 0.2, RED);
    }
    // The upload of a thumbnail, which the service itself made, is not answered with another.
    assert!(stage.us.keys().iter().all(|key| !key.contains("_tn_tn")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_a_notification_with_the_url_of_the_thumbnail() {
    let (stage, service) = uploading().await;
    let picture = b2_edge_testbed::Object::new(halves(200, 100, RED)).content_type("image/jpeg");
    stage.put("in/dog.jpg", picture).await;
    let event = json!({
        "contentLength": 1, "contentType": "image/jpeg", "method": "PUT",
        "signatureTimestamp": "20261126T080000Z", "status": 200,
        "url": "https://s3.us-west-004.backblazeb2.com/stage-us/in/dog.jpg",
    });
    let request = Request::new(Method::POST, "/thumbnail")
        .header("content-type", "application/json")
        .header("x-risingcloud-auth", RenderService::api_key())
        .body(event.to_string());
    let response = request.send(service.port()).await.expect("a response");
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    let answer: Value = serde_json::from_slice(&response.body).expect("JSON");
    assert_eq!(
        answer,
        json!({"thumbnail": "https://s3.us-west-004.backblazeb2.com/stage-us/in/dog_tn.jpg"})
    );
    assert!(stage.us.etag_of("in/dog_tn.jpg").is_some());
}

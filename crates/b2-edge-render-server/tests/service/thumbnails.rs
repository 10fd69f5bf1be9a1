//! `POST /thumbnail`, after uploads to a bucket.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, Response, encode_key};
use http::Method;
use serde_json::{Value, json};

use crate::support::origins::Stage;
use crate::support::pictures::{gif, jpeg, oriented, png, size};

const API_KEY: &str = "an API key for the tests, long enough";

/// A service with the key of the US bucket.
async fn stage() -> Stage {
    stage_with(&[]).await
}

async fn stage_with(further: &[(&str, &str)]) -> Stage {
    let mut variables = vec![
        ("AWS_ACCESS_KEY_ID", "us_origin-key-id"),
        ("AWS_SECRET_ACCESS_KEY", "us_origin-application-key"),
        ("B2_ENDPOINT", "https://s3.us-west-004.backblazeb2.com"),
        ("API_KEY", API_KEY),
        (
            "RESIZE_OPTIONS",
            r#"{"width": 20, "height": 20, "fit": "inside"}"#,
        ),
    ];
    variables.extend(further);
    Stage::with(&variables).await
}

/// The event of the S3 endpoint's webhook for an upload.
fn upload(key: &str) -> Value {
    let path = encode_key(key);
    json!({
        "contentLength": 1000,
        "contentType": "image/png",
        "method": "PUT",
        "signatureTimestamp": "20261126T080000Z",
        "status": 200,
        "url": format!("https://s3.us-west-004.backblazeb2.com/us-photos{path}"),
    })
}

async fn notify(stage: &Stage, body: &Value) -> Response {
    let request = Request::new(Method::POST, "/thumbnail")
        .header("X-RisingCloud-Auth", API_KEY)
        .header("Content-Type", "application/json")
        .body(body.to_string());
    let response = request.send(stage.service.port).await;
    response.expect("a response")
}

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thumbnail_is_written_beside_the_original() {
    let stage = stage().await;
    for (key, thumbnail, path) in [
        ("cat.png", "cat_tn.png", "cat_tn.png"),
        ("in/cat.png", "in/cat_tn.png", "in/cat_tn.png"),
        (
            "in/a b+c/50%2F/ä 'x'.png",
            "in/a b+c/50%2F/ä 'x'_tn.png",
            "in/a%20b%2Bc/50%252F/%C3%A4%20%27x%27_tn.png",
        ),
    ] {
        let original = Object::new(png(40, 30, [10, 200, 30, 255]));
        stage.us.put(key, original).await.expect("stored");
        let response = notify(&stage, &upload(key)).await;
        assert_eq!(response.status, 200, "{key}: {}", response.text());
        let url = format!("https://s3.us-west-004.backblazeb2.com/us-photos/{path}");
        assert_eq!(json_of(&response), json!({"thumbnail": url}));
        let written = stage
            .us
            .object(thumbnail)
            .await
            .expect("readable")
            .expect(key);
        assert_eq!(written.content_type.as_deref(), Some("image/png"));
        assert_eq!(size(&written.bytes), (20, 15), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_thumbnail_has_the_type_and_the_orientation_of_the_original() {
    let stage = stage().await;
    for (key, original, content_type, expected) in [
        ("a.jpg", oriented(&jpeg(40, 30), 6), "image/jpeg", (15, 20)),
        // The content counts, not the name.
        ("b.png", jpeg(40, 30), "image/jpeg", (20, 15)),
        ("c.png", png(40, 30, [1, 2, 3, 4]), "image/png", (20, 15)),
    ] {
        stage
            .us
            .put(key, Object::new(original))
            .await
            .expect("stored");
        let response = notify(&stage, &upload(key)).await;
        assert_eq!(response.status, 200, "{key}: {}", response.text());
        let name = key.replace('.', "_tn.");
        let written = stage.us.object(&name).await.expect("readable").expect(key);
        assert_eq!(written.content_type.as_deref(), Some(content_type), "{key}");
        assert_eq!(size(&written.bytes), expected, "{key}");
    }
    stage
        .us
        .put("d.gif", Object::new(gif()))
        .await
        .expect("stored");
    let response = notify(&stage, &upload("d.gif")).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let written = stage
        .us
        .object("d_tn.gif")
        .await
        .expect("readable")
        .expect("d");
    assert_eq!(written.content_type.as_deref(), Some("image/png"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_picture_is_not_enlarged() {
    let stage = stage().await;
    let original = Object::new(png(4, 3, [1, 2, 3, 255]));
    stage.us.put("small.png", original).await.expect("stored");
    assert_eq!(notify(&stage, &upload("small.png")).await.status, 200);
    let written = stage.us.object("small_tn.png").await.expect("readable");
    assert_eq!(size(&written.expect("written").bytes), (4, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_events_have_no_thumbnail() {
    let stage = stage().await;
    for (field, value) in [
        ("method", json!("DELETE")),
        ("method", json!("POST")),
        ("status", json!(403)),
        ("contentType", json!("text/html")),
        ("url", upload("in/cat_tn.png")["url"].clone()),
    ] {
        let mut event = upload("in/cat.png");
        event[field] = value;
        let response = notify(&stage, &event).await;
        assert_eq!(response.status, 200, "{event}: {}", response.text());
        assert_eq!(response.header("content-type"), Some("application/json"));
        assert_eq!(json_of(&response).get("thumbnail"), None, "{event}");
    }
    assert!(stage.us.seen().is_empty(), "nothing was requested");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_key_comes_first() {
    let stage = stage().await;
    for key in [None, Some(""), Some("another key"), Some(&API_KEY[1..])] {
        let request = Request::new(Method::POST, "/thumbnail").body("no JSON");
        let request = match key {
            Some(key) => request.header("X-RisingCloud-Auth", key),
            None => request,
        };
        let response = request.send(stage.service.port).await.expect("a response");
        assert_eq!(response.status, 401, "{key:?}");
    }
    let request = Request::new(Method::POST, "/thumbnail")
        .header("x-risingcloud-auth", API_KEY)
        .body("no JSON");
    let response = request.send(stage.service.port).await.expect("a response");
    assert_eq!(response.status, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_has_its_status() {
    let stage = stage().await;
    let photo = jpeg(400, 300);
    let half = photo[..photo.len() / 2].to_vec();
    stage
        .us
        .put("half.jpg", Object::new(half))
        .await
        .expect("stored");
    stage
        .us
        .put("text.jpg", Object::text("no picture"))
        .await
        .expect("stored");
    for (key, status) in [("half.jpg", 422), ("text.jpg", 415), ("missing.jpg", 404)] {
        let response = notify(&stage, &upload(key)).await;
        assert_eq!(response.status, status, "{key}: {}", response.text());
    }
    for url in [
        "https://s3.eu-central-003.backblazeb2.com/us-photos/cat.png",
        "https://evil.example/us-photos/cat.png",
        "https://s3.us-west-004.backblazeb2.com@evil.example/us-photos/cat.png",
        "https://s3.us-west-004.backblazeb2.com/us-photos/",
        "https://s3.us-west-004.backblazeb2.com/us-photos/../x.png",
    ] {
        let mut event = upload("cat.png");
        event["url"] = json!(url);
        assert_eq!(notify(&stage, &event).await.status, 400, "{url}");
    }
    let keys = stage.us.keys();
    assert_eq!(keys, ["half.jpg", "text.jpg"], "nothing was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_in_the_host_is_the_same_bucket() {
    let stage = stage().await;
    stage
        .us
        .put("cat.png", Object::new(png(40, 30, [1; 4])))
        .await
        .expect("stored");
    let mut event = upload("cat.png");
    event["url"] = json!("https://us-photos.s3.us-west-004.backblazeb2.com/cat.png");
    let url = "https://s3.us-west-004.backblazeb2.com/us-photos/cat_tn.png";
    assert_eq!(
        json_of(&notify(&stage, &event).await),
        json!({"thumbnail": url})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_repeated_and_what_fails_for_good_is_502() {
    let stage = stage().await;
    stage
        .us
        .put("cat.png", Object::new(png(40, 30, [1; 4])))
        .await
        .expect("stored");
    for key in ["us-photos/cat.png", "us-photos/cat_tn.png"] {
        let slow_down = || Fault::Respond(CannedResponse::slow_down());
        let once = stage.us.inject(key, slow_down()).times(1);
        assert_eq!(
            notify(&stage, &upload("cat.png")).await.status,
            200,
            "{key}"
        );
        drop(once);
        let _always = stage.us.inject(key, slow_down());
        assert_eq!(
            notify(&stage, &upload("cat.png")).await.status,
            502,
            "{key}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_rights_is_502() {
    let stage = stage_with(&[("AWS_SECRET_ACCESS_KEY", "another-key")]).await;
    stage
        .us
        .put("cat.png", Object::new(png(40, 30, [1; 4])))
        .await
        .expect("stored");
    let response = notify(&stage, &upload("cat.png")).await;
    assert_eq!(response.status, 502, "{}", response.text());
    assert_eq!(stage.us.keys(), ["cat.png"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn b2s_own_events_are_understood() {
    let stage = stage().await;
    let event = |kind: &str, name: &str| {
        json!({
            "accountId": "e85c6a500333",
            "bucketId": "aea8c5bc362ae55070130333",
            "bucketName": "us-photos",
            "eventId": "8f5b9c1e",
            "eventTimestamp": 1_684_793_309_123_u64,
            "eventType": kind,
            "eventVersion": 1,
            "matchedRuleName": "thumbnails",
            "objectName": name,
            "objectSize": 1000,
            "objectVersionId": "4_zaea8c5bc362ae55070130333",
        })
    };
    for key in ["a b.png", "c.png"] {
        stage
            .us
            .put(key, Object::new(png(40, 30, [1; 4])))
            .await
            .expect("stored");
    }
    let one = json!({"events": [event("b2:ObjectCreated:Upload", "a b.png")]});
    let base = "https://s3.us-west-004.backblazeb2.com/us-photos/";
    let first = format!("{base}a%20b_tn.png");
    assert_eq!(
        json_of(&notify(&stage, &one).await),
        json!({"thumbnail": first})
    );
    let several = json!({"events": [
        event("b2:ObjectCreated:Upload", "a b.png"),
        event("b2:ObjectCreated:Upload", "a b_tn.png"),
        event("b2:ObjectDeleted:Delete", "c.png"),
        event("b2:ObjectCreated:MultipartUpload", "c.png"),
    ]});
    let second = format!("{base}c_tn.png");
    assert_eq!(
        json_of(&notify(&stage, &several).await),
        json!({"thumbnail": first, "thumbnails": [first, second]})
    );
    let missing = json!({"events": [
        event("b2:ObjectCreated:Upload", "missing.png"),
        event("b2:ObjectCreated:Upload", "c.png"),
    ]});
    stage.us.delete("c_tn.png").await.expect("deleted");
    assert_eq!(notify(&stage, &missing).await.status, 404);
    assert!(
        stage.us.keys().contains(&"c_tn.png".to_owned()),
        "the others are made"
    );
    let test = json!({"events": [{"eventType": "b2:TestEvent"}]});
    let response = notify(&stage, &test).await;
    assert_eq!(
        (
            response.status.as_u16(),
            json_of(&response).get("thumbnail")
        ),
        (200, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_has_no_key_and_no_signature() {
    let stage = stage().await;
    stage
        .us
        .put("cat.png", Object::new(png(40, 30, [1; 4])))
        .await
        .expect("stored");
    assert_eq!(notify(&stage, &upload("cat.png")).await.status, 200);
    let line = stage
        .service
        .line(|line| line["path"] == "/thumbnail")
        .await;
    assert_eq!(
        line["source"],
        "s3.us-west-004.backblazeb2.com/us-photos/cat.png"
    );
    let log = format!("{:?}", stage.service.log());
    for secret in [API_KEY, "application-key", "Signature", "AWS4"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}

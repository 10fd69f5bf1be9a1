//! Variants from the render service.

use std::sync::Arc;

use b2_edge_testbed::{CannedResponse, Fault, Object, RenderService, Request, ViceroyConfig};
use http::StatusCode;
use serde_json::{Value, json};

use super::pictures::{RED, jpeg, jpeg_of, png};
use super::{gallery, gallery_with, shown};
use crate::support::crowd::crowd;
use crate::support::stage::{
    EU_HOST, Stage, US_HOST, cache_of, let_failures_expire, log_of, until, until_async,
};

/// A stage with the service. The service ends first, so that its port is free when the next stage is made of this one.
struct Served {
    service: Option<RenderService>,
    stage: Stage,
}

impl AsRef<Stage> for Served {
    fn as_ref(&self) -> &Stage {
        &self.stage
    }
}

async fn served(images: &Value) -> Served {
    served_with(images, |setup| setup).await
}

async fn served_with(images: &Value, change: impl Fn(ViceroyConfig) -> ViceroyConfig) -> Served {
    let config = gallery_with(images);
    let configure =
        |setup: ViceroyConfig, url: &str| change(setup.config(&config).render_service(url));
    let (stage, service) = Stage::with_render_service(&[], configure).await;
    Served {
        service: Some(service),
        stage,
    }
}

/// What only the service can do comes from it, and everything else from the guest.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_engine_that_can_renders() {
    let mut presets = gallery()["images"]["presets"].clone();
    presets["hero"] = json!({"width": 64, "formats": ["avif", "webp", "jpeg"]});
    let images = json!({"engines": ["guest", "service"], "presets": presets});
    let served = served(&images).await;
    let stage = &served.stage;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let large = Object::new(png(1100, 1000, [220, 30, 30, 255])).content_type("image/png");
    stage.put("photo/large.png", large).await;
    let requests = [
        ("/prew/small/a.jpg", "*/*", "image/jpeg", "guest"),
        ("/prew/small/large.png", "*/*", "image/jpeg", "service"),
        (
            "/prew/hero/a.jpg?avif",
            "image/avif,image/webp",
            "image/avif",
            "service",
        ),
        (
            "/prew/hero/a.jpg?webp",
            "image/webp",
            "image/webp",
            "service",
        ),
        ("/prew/hero/a.jpg?jpeg", "*/*", "image/jpeg", "guest"),
    ];
    for (before, (path, accept, media_type, engine)) in requests.into_iter().enumerate() {
        let response = stage
            .send(Request::get(path).header("accept", accept))
            .await;
        assert_eq!(response.status, StatusCode::OK, "{path}");
        assert_eq!(response.header("content-type"), Some(media_type), "{path}");
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{path}");
        assert_eq!(cache_of(&response), "MISS", "{path}");
        let again = stage
            .send(Request::get(path).header("accept", accept))
            .await;
        assert_eq!(
            (cache_of(&again), &again.body),
            ("HIT", &response.body),
            "{path}"
        );
        // A line is written after its response, and a hit has none.
        until("the rendering is logged", || {
            let lines = stage.edge.log_lines();
            let engines = lines.iter().filter_map(|line| line.get("engine"));
            let engines: Vec<_> = engines.collect();
            engines.len() == before + 1 && engines.last() == Some(&&json!(engine))
        })
        .await;
    }
    let line = log_of(stage, "/prew/small/large.png").await;
    assert_eq!(line["engines"][0]["outcome"], "too_many_pixels", "{line}");
    assert_eq!(line["engines"][1]["status"], 200, "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_source_goes_to_the_service_without_passing_the_edge() {
    let served = served(&json!({"engines": ["service"]})).await;
    let stage = &served.stage;
    stage.put("photo/a b/ü+.jpg", jpeg(200, 100)).await;
    let response = stage.get("/prew/small/a%20b/%C3%BC%2B.jpg").await;
    let picture = shown(&response);
    assert_eq!(picture.size(), (64, 32));
    picture.assert_at(0.2, 0.5, RED);
    let seen = stage.us.seen_for("photo/a b/ü+.jpg");
    let [head, get] = &seen[..] else {
        panic!("two requests: {seen:?}");
    };
    assert_eq!((head.method.as_str(), &head.query), ("HEAD", &None));
    let query = get.query.as_deref().unwrap_or_default();
    assert!(query.contains("X-Amz-Expires=60"), "{query}");
    assert!(get.headers.contains_key("if-match"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_takes_the_source_from_the_origin_that_has_it() {
    let served = served(&json!({"engines": ["service"]})).await;
    let stage = &served.stage;
    stage
        .eu
        .put("photo/eu.jpg", jpeg(200, 100))
        .await
        .expect("stored");
    let response = stage.get("/prew/small/eu.jpg").await;
    shown(&response);
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    let missing = stage.get("/prew/small/none.jpg").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_asks_the_service_once() {
    let served = Arc::new(served(&json!({"engines": ["service"]})).await);
    served.stage.put("photo/crowd.jpg", jpeg(400, 300)).await;
    let responses = crowd(&served, 40, &Request::get("/prew/small/crowd.jpg")).await;
    for response in &responses {
        assert_eq!(shown(response).size(), (64, 48));
    }
    assert_eq!(served.stage.requests_for("photo/crowd.jpg"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_cannot_render_shows_the_picture_with_its_status() {
    let served = served(&json!({"engines": ["service"]})).await;
    let stage = &served.stage;
    let failed = jpeg_of(20, 10, RED);
    stage.put("error.jpg", failed.clone()).await;
    let whole = png(100, 100, [1, 2, 3, 255]);
    let half = Object::new(whole[..whole.len() / 2].to_vec()).content_type("image/png");
    stage.put("photo/half.png", half).await;
    stage
        .put("photo/text.png", Object::text("no picture"))
        .await;
    for (path, status) in [("/prew/small/half.png", 422), ("/prew/small/text.png", 415)] {
        for round in 0..2 {
            let response = stage.get(path).await;
            assert_eq!(response.status.as_u16(), status, "{path} {round}");
            assert!(response.body == failed.bytes, "{path}: the picture");
        }
    }
    assert_eq!(stage.requests_for("photo/half.png"), 2, "asked once");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_service_the_next_engine_renders_or_the_client_tries_again() {
    let mut served = served(&json!({"engines": ["service", "guest"]})).await;
    served.service = None;
    let stage = &served.stage;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    shown(&stage.get("/prew/small/a.jpg").await);
    let line = log_of(stage, "/prew/small/a.jpg").await;
    assert_eq!(line["engine"], "guest", "{line}");
    assert_eq!(line["engines"][0]["outcome"], "unreachable", "{line}");

    let mut served = self::served(&json!({"engines": ["service"]})).await;
    let stopped = served.service.take();
    let stage = &served.stage;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    stage.put("error.jpg", jpeg_of(20, 10, RED)).await;
    drop(stopped);
    let response = stage.get("/prew/small/a.jpg").await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.header("retry-after"), Some("1"));
    assert_eq!(response.header("content-type"), Some("image/jpeg"));
    let line = log_of(stage, "/prew/small/a.jpg").await;
    assert_eq!(line["reason"], "engine_unavailable", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_named_in_the_log() {
    let images = json!({"engines": ["service"]});
    let served = served_with(&images, |setup| setup.secret("render_key", "another")).await;
    let stage = &served.stage;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let response = stage.get("/prew/small/a.jpg").await;
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    let line = log_of(stage, "/prew/small/a.jpg").await;
    let engine = &line["engines"][0];
    assert_eq!(
        (&engine["outcome"], &engine["status"]),
        (&json!("refused"), &json!(401)),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_breaks_off_at_the_service_is_a_failure_of_a_second() {
    let served = served(&json!({"engines": ["service"]})).await;
    let stage = &served.stage;
    stage.put("photo/a.jpg", jpeg(400, 300)).await;
    // Its headers come, its bytes do not.
    let faults = [
        stage
            .us
            .inject("photo/a.jpg", Fault::ShortBody { after: 500 }),
        stage
            .eu
            .inject("photo/a.jpg", Fault::Respond(CannedResponse::status(500))),
    ];
    let response = stage.get("/prew/small/a.jpg").await;
    assert!(response.status.is_server_error(), "{}", response.status);
    drop(faults);
    let_failures_expire().await;
    until_async("it is rendered", || async {
        stage.get("/prew/small/a.jpg").await.status == StatusCode::OK
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_that_is_too_large_for_the_edge_is_413_and_not_asked_for_again() {
    let presets = json!({"moving": {"width": 8, "animated": "original"}});
    let served = served(&json!({"engines": ["service"], "presets": presets})).await;
    let stage = &served.stage;
    stage.put("photo/a.gif", animation(9 << 20)).await;
    for _ in 0..2 {
        let response = stage.get("/prew/moving/a.gif").await;
        assert_eq!(response.status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(stage.requests_for("photo/a.gif"), 2);
}

/// A GIF of two frames, of which the second has this many bytes of padding in its data.
fn animation(padding: usize) -> Object {
    let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    gif.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    gif.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01");
    for _ in 0..padding / 256 {
        gif.push(255);
        gif.extend([0; 255]);
    }
    gif.extend(b"\0;");
    Object::new(gif).content_type("image/gif")
}

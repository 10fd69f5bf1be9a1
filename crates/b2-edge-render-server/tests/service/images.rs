//! Variants, and pictures that have none.

use b2_edge_testbed::{Object, Response};
use serde_json::json;

use crate::support::origins::Stage;
use crate::support::pictures::{gif, jpeg, oriented, png, png_bomb, size};
use crate::support::render_request::{RenderRequest, order};

const PRESET: &str = "preset=%7B%22width%22%3A20%7D";

async fn of_body(stage: &Stage, original: impl Into<Vec<u8>>) -> Response {
    let request = RenderRequest::of_original(PRESET, original);
    request.send(&stage.service).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_says_what_it_is_and_where_it_is_from() {
    let stage = Stage::start().await;
    stage.put("both.jpg", Object::new(jpeg(40, 30))).await;
    let in_eu = stage.eu.put("eu.jpg", Object::new(jpeg(40, 30)));
    in_eu.await.expect("stored");
    for (key, index) in [("both.jpg", "0"), ("eu.jpg", "1")] {
        let request = RenderRequest::of_sources(&stage.urls(key));
        let response = request.send(&stage.service).await;
        assert_eq!(response.status, 200, "{}", response.text());
        assert_eq!(response.header("content-type"), Some("image/jpeg"));
        let length = response.body.len().to_string();
        assert_eq!(response.header("content-length"), Some(length.as_str()));
        assert_eq!(
            response.header("x-source-etag"),
            stage.eu.etag_of(key).as_deref()
        );
        assert_eq!(response.header("x-source-index"), Some(index));
        assert_eq!(size(&response.body), (20, 15));
    }
    let line = stage.service.line(|line| line["sources_tried"] == 2).await;
    assert_eq!(
        (&line["width"], &line["height"]),
        (&json!(20), &json!(15)),
        "{line}"
    );
    assert!(
        line["render_ms"].is_u64() && line["wait_ms"].is_u64(),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_original_can_be_the_body() {
    let stage = Stage::start().await;
    let response = of_body(&stage, jpeg(40, 30)).await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(size(&response.body), (20, 15));
    assert_eq!(response.header("x-source-etag"), None);
    assert_eq!(response.header("x-source-index"), None);
    let mut request = RenderRequest::of_original(PRESET, jpeg(40, 30));
    request.content_type = None;
    assert_eq!(
        request.send(&stage.service).await.status,
        200,
        "without Content-Type"
    );
    let chunked = RenderRequest::of_original(PRESET, b"5\r\nhello\r\n0\r\n\r\n");
    assert_eq!(chunked.send(&stage.service).await.status, 415);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_is_the_one_that_is_asked_for() {
    let stage = Stage::start().await;
    stage
        .put("opaque", Object::new(png(40, 30, [10, 200, 30, 255])))
        .await;
    stage
        .put("alpha", Object::new(png(40, 30, [10, 200, 30, 100])))
        .await;
    for (key, format, content_type) in [
        ("opaque", json!(null), "image/jpeg"),
        ("alpha", json!(null), "image/png"),
        ("opaque", json!("png"), "image/png"),
        ("alpha", json!("jpeg"), "image/jpeg"),
    ] {
        let mut body = order(&stage.urls(key));
        body["format"] = format.clone();
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(
            response.header("content-type"),
            Some(content_type),
            "{key} {format}"
        );
        assert_eq!(size(&response.body), (20, 15), "{key} {format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn webp_and_avif_are_written() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", Object::new(jpeg(40, 30))).await;
    for (format, content_type, start, name) in [
        ("webp", "image/webp", &b"RIFF"[..], &b"WEBPVP8"[..]),
        ("avif", "image/avif", b"\0\0\0", b"ftypavif"),
    ] {
        let mut body = order(&stage.urls("photo.jpg"));
        body["format"] = json!(format);
        let response = RenderRequest::json(&body).send(&stage.service).await;
        assert_eq!(response.status, 200, "{format}: {}", response.text());
        assert_eq!(response.header("content-type"), Some(content_type));
        assert!(response.body.starts_with(start), "{format}");
        let has_name = response.body.windows(name.len()).any(|part| part == name);
        assert!(has_name, "{format}");
    }
    let mut body = order(&stage.urls("photo.jpg"));
    body.as_object_mut().expect("an object").remove("format");
    body["preset"]["formats"] = json!(["avif", "webp"]);
    let response = RenderRequest::json(&body).send(&stage.service).await;
    assert_eq!(
        response.header("content-type"),
        Some("image/webp"),
        "the last"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_orientation_is_applied() {
    let stage = Stage::start().await;
    for (orientation, expected) in [(1, (20, 15)), (3, (20, 15)), (6, (20, 27)), (8, (20, 27))] {
        let response = of_body(&stage, oriented(&jpeg(40, 30), orientation)).await;
        assert_eq!(size(&response.body), expected, "{orientation}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_image_of_a_known_type_is_415() {
    let stage = Stage::start().await;
    for (name, original) in [
        ("nothing", &b""[..]),
        ("text", b"hello"),
        ("SVG", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("HEIC", b"\0\0\0\x18ftypheic\0\0\0\0heicmif1"),
        ("AVIF", b"\0\0\0\x18ftypavif\0\0\0\0avifmif1"),
        ("TIFF", b"II*\0\x08\0\0\0"),
    ] {
        let response = of_body(&stage, original).await;
        assert_eq!(response.status, 415, "{name}: {}", response.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_truncated_or_corrupt_is_422_and_never_half_an_image() {
    let stage = Stage::start().await;
    let (photo, drawing) = (jpeg(400, 300), png(400, 300, [1, 2, 3, 4]));
    let mut corrupt = drawing.clone();
    let middle = corrupt.len() / 2;
    corrupt[middle] ^= 0xff;
    for (name, original) in [
        ("half a JPEG", &photo[..photo.len() / 2]),
        ("the start of a JPEG", &photo[..20]),
        ("half a PNG", &drawing[..drawing.len() / 2]),
        ("a corrupt PNG", &corrupt),
    ] {
        let response = of_body(&stage, original).await;
        assert_eq!(response.status, 422, "{name}: {}", response.text());
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
    }
    let truncated = Object::new(photo[..photo.len() / 2].to_vec());
    stage.put("truncated.jpg", truncated).await;
    let request = RenderRequest::of_sources(&stage.urls("truncated.jpg"));
    assert_eq!(request.send(&stage.service).await.status, 422);
    assert!(
        stage.eu.seen().is_empty(),
        "what is broken itself is so at each origin"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_too_many_pixels_is_413() {
    let stage = Stage::with(&[("MAX_PIXELS", "1000000")]).await;
    let small = of_body(&stage, png(400, 400, [0; 4])).await;
    assert_eq!(small.status, 200, "{}", small.text());
    for (name, original) in [
        ("more than MAX_PIXELS", png(2000, 1000, [0; 4])),
        ("a bomb", png_bomb(16_000)),
        ("a larger bomb", png_bomb(0x7fff_ffff)),
    ] {
        let response = of_body(&stage, original).await;
        assert_eq!(response.status, 413, "{name}: {}", response.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gif_has_variants() {
    let stage = Stage::start().await;
    let response = of_body(&stage, gif()).await;
    assert_eq!(response.status, 200, "{}", response.text());
}

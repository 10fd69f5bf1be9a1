//! What a variant shows.

use b2_edge_testbed::Object;
use http::StatusCode;
use serde_json::json;

use super::pictures::{BLUE, GREEN, RED, halves, jpeg, png, with_orientation};
use super::{gallery, gallery_with, shown, stage};
use crate::support::stage::{EU_HOST, US_HOST, cache_of, log_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_has_the_size_of_its_preset_and_shows_its_source() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/some/cat.jpg", jpeg(200, 100)).await;
    for (preset, size, colors) in [
        ("small", (64, 32), [(0.2, RED), (0.8, BLUE)]),
        ("square", (40, 40), [(0.2, RED), (0.8, RED)]),
        ("large", (200, 100), [(0.2, RED), (0.8, BLUE)]),
        ("larger", (300, 150), [(0.2, RED), (0.8, BLUE)]),
    ] {
        let response = stage.get(&format!("/prew/{preset}/some/cat.jpg")).await;
        let picture = shown(&response);
        assert_eq!(picture.size(), size, "{preset}");
        for (across, color) in colors {
            picture.assert_at(across, 0.5, color);
        }
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{preset}");
        assert_eq!(cache_of(&response), "MISS", "{preset}");
        let line = log_of(&stage, &format!("/prew/{preset}/some/cat.jpg")).await;
        assert_eq!(
            (&line["preset"], &line["engine"]),
            (&json!(preset), &json!("guest")),
            "{line}"
        );
        assert_eq!(line["key"], "photo/some/cat.jpg", "{line}");
        assert_eq!(line["engines"][0]["outcome"], "rendered", "{line}");
    }
    let contained = shown(&stage.get("/prew/box/some/cat.jpg").await);
    assert_eq!(contained.size(), (50, 60));
    contained.assert_at(0.5, 0.05, GREEN);
    contained.assert_at(0.2, 0.5, RED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_comes_from_the_nearest_region_and_from_the_other_one_if_that_fails() {
    let stage = stage(&gallery().to_string()).await;
    stage.put("photo/a.jpg", jpeg(100, 100)).await;
    let european = stage.get("/prew/small/a.jpg?pop=AMS").await;
    assert_eq!(european.header("x-b2-host"), Some(EU_HOST));
    shown(&european);
    stage
        .us
        .put("photo/us.jpg", jpeg(100, 100))
        .await
        .expect("stored");
    let borrowed = stage.get("/prew/small/us.jpg?pop=AMS").await;
    assert_eq!(borrowed.header("x-b2-host"), Some(US_HOST));
    shown(&borrowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_turned_upright_and_its_metadata_is_gone() {
    let stage = stage(&gallery().to_string()).await;
    // As it is stored: the left half is red. Orientation 6 is turned right, so that left becomes the top.
    let turned = with_orientation(&halves(200, 100, RED), 6);
    stage
        .put(
            "photo/turned.jpg",
            Object::new(turned).content_type("image/jpeg"),
        )
        .await;
    let response = stage.get("/prew/small/turned.jpg").await;
    let picture = shown(&response);
    assert_eq!(picture.size(), (64, 128));
    picture.assert_at(0.5, 0.2, RED);
    picture.assert_at(0.5, 0.8, BLUE);
    assert!(!response.body.windows(4).any(|bytes| bytes == b"Exif"));
}

#[tokio::test(flavor = "multi_thread")]
async fn alpha_makes_a_png_and_the_type_is_told_by_content() {
    let stage = stage(&gallery().to_string()).await;
    let objects = [
        (
            "translucent.jpg",
            png(80, 80, [0, 200, 0, 128]),
            "image/png",
        ),
        ("opaque.png", png(80, 80, [220, 30, 30, 255]), "image/jpeg"),
        ("jpeg.txt", halves(80, 80, RED), "image/jpeg"),
    ];
    for (key, bytes, expected) in objects {
        stage
            .put(
                &format!("photo/{key}"),
                Object::new(bytes).content_type("application/octet-stream"),
            )
            .await;
        let response = stage.get(&format!("/prew/small/{key}")).await;
        assert_eq!(response.header("content-type"), Some(expected), "{key}");
        assert_eq!(shown(&response).size(), (64, 64), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_in_segments_is_rendered() {
    let config = gallery();
    let mut config = config;
    config["cache"]["segment_bytes"] = json!(1_048_576);
    let stage = stage(&config.to_string()).await;
    let mut random = fastrand::Rng::with_seed(1);
    let (width, height) = (1200_u16, 1000_u16);
    let pixels: Vec<u8> = (0..usize::from(width) * usize::from(height) * 3)
        .map(|_| random.u8(..))
        .collect();
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&pixels, width, height, jpeg_encoder::ColorType::Rgb)
        .expect("a JPEG");
    assert!(bytes.len() > 1_048_576, "{}", bytes.len());
    stage
        .put(
            "photo/noise.jpg",
            Object::new(bytes).content_type("image/jpeg"),
        )
        .await;
    let picture = shown(&stage.get("/prew/small/noise.jpg").await);
    assert_eq!(picture.size(), (64, 53));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_with_any_character_have_variants() {
    let stage = stage(&gallery().to_string()).await;
    for (key, path) in [
        (
            "photo/a b/ü+?#%.jpg",
            "/prew/small/a%20b/%C3%BC%2B%3F%23%25.jpg",
        ),
        ("photo//double", "/prew/small//double"),
        ("photo/no extension", "/prew/small/no%20extension"),
    ] {
        stage.put(key, jpeg(100, 50)).await;
        assert_eq!(shown(&stage.get(path).await).size(), (64, 32), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_presets_that_exist_are_rendered() {
    let config = gallery_with(&json!({"not_found": ""}));
    let stage = stage(&config).await;
    stage.put("photo/a.jpg", jpeg(100, 50)).await;
    for preset in ["large2", "Small", "64", "64x64", "%73mall2"] {
        let response = stage.get(&format!("/prew/{preset}/a.jpg")).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{preset}");
    }
    assert_eq!(stage.requests_for("photo/a.jpg"), 0);
    // What is not a path of the route is an object as before.
    stage.put("prew/small/", Object::text("x")).await;
    stage.put("photo.jpg", Object::text("an object")).await;
    assert_eq!(stage.get("/photo.jpg").await.text(), "an object");
}

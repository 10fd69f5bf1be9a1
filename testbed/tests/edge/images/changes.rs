//! Sources that change, disappear or lag behind while variants are made of them.

use std::sync::Arc;
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, RenderService, ViceroyConfig};
use http::StatusCode;
use serde_json::{Value, json};

use super::pictures::{GREEN, RED, halves, jpeg, jpeg_of};
use super::{gallery, purge, shown, stage};
use crate::support::stage::{Stage, TOKEN, cache_of, let_failures_expire, until};

/// The gallery, rendered by the service alone.
async fn served(config: &Value) -> (Stage, RenderService) {
    let mut config = config.clone();
    config["images"]["engines"] = json!(["service"]);
    let config = config.to_string();
    let configure = |setup: ViceroyConfig, url: &str| {
        setup.config(&config).fastly_key(TOKEN).render_service(url)
    };
    Stage::with_render_service(&[], configure).await
}

/// The headers of the source are cached, and the source is gone.
async fn deleted(stage: &Stage) {
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    assert_eq!(stage.head("/photo/a.jpg").await.status, StatusCode::OK);
    for origin in [&stage.us, &stage.eu] {
        origin.delete("photo/a.jpg").await.expect("deleted");
    }
    let response = stage.get("/prew/square/a.jpg").await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_was_deleted_without_a_purge_is_not_found() {
    deleted(&stage(&gallery().to_string()).await).await;
    let (stage, _service) = served(&gallery()).await;
    deleted(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_source_that_was_overwritten_without_a_purge_is_looked_up_again() {
    let mut config = gallery();
    config["cache"]["segment_bytes"] = json!(1_048_576);
    let stage = stage(&config.to_string()).await;
    let padded = |left| {
        let mut bytes = halves(200, 100, left);
        // What follows the end of a JPEG is ignored.
        bytes.resize(1_200_000, 0);
        Object::new(bytes).content_type("image/jpeg")
    };
    stage.put("photo/a.jpg", padded(RED)).await;
    shown(&stage.get("/prew/small/a.jpg").await);
    stage.put("photo/a.jpg", padded(GREEN)).await;
    shown(&stage.get("/prew/square/a.jpg").await).assert_at(0.1, 0.5, GREEN);
}

/// The preferred origin tells of the new version, and fails then; the other one still has the old one.
async fn lagging(stage: &Stage) {
    let (new, old) = (jpeg_of(200, 100, GREEN), jpeg_of(200, 100, RED));
    stage.us.put("photo/a.jpg", new).await.expect("stored");
    stage.eu.put("photo/a.jpg", old).await.expect("stored");
    stage.head("/photo/a.jpg").await;
    let failing = Fault::Respond(CannedResponse::status(500));
    let fault = stage.us.inject("photo/a.jpg", failing);
    shown(&stage.get("/prew/small/a.jpg").await).assert_at(0.1, 0.5, RED);
    drop(fault);
    let_failures_expire().await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    shown(&stage.get("/prew/small/a.jpg").await).assert_at(0.1, 0.5, GREEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_of_an_older_version_than_was_looked_up_is_not_kept() {
    let mut config = gallery();
    config["failover"] = json!({"borrowed_ttl_s": 1});
    config["cache"]["stale_while_revalidate_s"] = json!(0);
    lagging(&stage(&config.to_string()).await).await;
    let (stage, _service) = served(&config).await;
    lagging(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_of_another_version_than_was_looked_up_does_not_replace_a_stale_one() {
    let mut config = gallery();
    config["cache"] = json!({"ttl_s": 2, "stale_while_revalidate_s": 0, "stale_if_error_s": 600});
    let stage = stage(&config.to_string()).await;
    let put = |left| stage.us.put("photo/a.jpg", jpeg_of(200, 100, left));
    put(GREEN).await.expect("stored");
    let lagging = jpeg_of(200, 100, RED);
    stage.eu.put("photo/a.jpg", lagging).await.expect("stored");
    shown(&stage.get("/prew/small/a.jpg").await).assert_at(0.1, 0.5, GREEN);
    tokio::time::sleep(Duration::from_millis(2200)).await;
    put([200, 200, 30]).await.expect("stored");
    assert_eq!(stage.head("/photo/a.jpg").await.status, StatusCode::OK);
    let failing = Fault::Respond(CannedResponse::status(500));
    let _fault = stage.us.inject("photo/a.jpg", failing);
    let response = stage.get("/prew/small/a.jpg").await;
    assert_eq!(cache_of(&response), "STALE");
    shown(&response).assert_at(0.1, 0.5, GREEN);
}

/// Overwrites and purges a source while the service reads it, and returns the stage with what was cached meanwhile.
async fn purged_while_read(is_soft: bool, first: Object) -> (Arc<Stage>, RenderService) {
    let (stage, service) = served(&gallery()).await;
    let stage = Arc::new(stage);
    stage.put("photo/a.jpg", first).await;
    let stalled = || Fault::StallInBody {
        after: 100,
        pause: Duration::from_millis(900),
    };
    let faults = [
        stage.us.inject("photo/a.jpg", stalled()),
        stage.eu.inject("photo/a.jpg", stalled()),
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
    let mut request = purge("/photo/a.jpg");
    if is_soft {
        request = request.header("fastly-soft-purge", "1");
    }
    assert_eq!(stage.send(request).await.status, StatusCode::OK);
    rendering.await.expect("a response");
    drop(faults);
    let_failures_expire().await;
    (stage, service)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_a_source_that_was_purged_meanwhile_is_not_kept() {
    let broken = halves(200, 100, RED);
    let broken = Object::new(broken[..broken.len() / 2].to_vec()).content_type("image/jpeg");
    let (stage, _service) = purged_while_read(false, broken).await;
    shown(&stage.get("/prew/small/a.jpg").await).assert_at(0.1, 0.5, GREEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_of_a_source_that_was_softly_purged_meanwhile_is_not_kept() {
    let (stage, _service) = purged_while_read(true, jpeg(200, 100)).await;
    crate::support::stage::until_async("the new version", || async {
        shown(&stage.get("/prew/small/a.jpg").await).at(0.1, 0.5)[1] > 200
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_stalls_is_given_up_in_time() {
    let mut config = gallery();
    config["failover"] = json!({"total_timeout_ms": 2000});
    config["cache"]["segment_bytes"] = json!(1_048_576);
    let stage = stage(&config.to_string()).await;
    let mut bytes = halves(200, 100, RED);
    bytes.resize(1_200_000, 0);
    stage
        .put("photo/a.jpg", Object::new(bytes).content_type("image/jpeg"))
        .await;
    let pause = Duration::from_mins(1);
    let stalled = || Fault::StallInBody { after: 1000, pause };
    let _faults = [
        stage.us.inject("photo/a.jpg", stalled()),
        stage.eu.inject("photo/a.jpg", stalled()),
    ];
    let response = tokio::time::timeout(pause / 2, stage.get("/prew/small/a.jpg"));
    let response = response.await.expect("long before the origin goes on");
    assert!(response.status.is_server_error(), "{}", response.status);
}

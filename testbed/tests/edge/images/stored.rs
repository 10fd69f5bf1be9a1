//! Variants that are stored in the bucket.

use b2_edge_testbed::{CannedResponse, Fault, Object, OriginSpec, SeenRequest};
use http::{Method, StatusCode};
use serde_json::json;

use super::pictures::{GREEN, RED, jpeg, jpeg_of, png};
use super::{gallery_with, purge, shown, stage, storing};
use crate::support::stage::{Stage, US_HOST, cache_of, let_failures_expire, log_of, until};

const KEY: &str = "stored/dated/auto/a.jpg";

fn puts(stage: &Stage, key: &str) -> Vec<SeenRequest> {
    let mut seen = stage.us.seen_for(key);
    seen.extend(stage.eu.seen_for(key));
    seen.retain(|request| request.method == Method::PUT);
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rendered_variant_is_stored_after_the_response_and_used_from_then_on() {
    let stage = stage(&storing("render")).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let first = stage.get("/prew/dated/a.jpg").await;
    shown(&first);
    until("it is stored", || stage.us.etag_of(KEY).is_some()).await;
    let line = log_of(&stage, "/prew/dated/a.jpg").await;
    assert_eq!(
        line["store"],
        json!({"outcome": "stored", "origin": "us_origin", "status": 200}),
        "{line}"
    );
    let [put] = &puts(&stage, KEY)[..] else {
        panic!("one PUT");
    };
    let header = |name: &str| put.headers.get(name).and_then(|value| value.to_str().ok());
    let etag = stage.us.etag_of("photo/a.jpg").expect("an ETag");
    assert_eq!(header("content-type"), Some("image/jpeg"));
    assert_eq!(header("cache-control"), Some("public, max-age=1209600"));
    assert_eq!(
        header("x-amz-meta-b2-edge-source-etag"),
        Some(etag.trim_matches('"'))
    );
    assert!(header("x-amz-meta-b2-edge-preset").is_some());
    // The cache forgets it, and the bucket has it.
    let rendered = stage.sent_for("photo/a.jpg");
    stage.send(purge("/prew/dated/a.jpg")).await;
    let second = stage.get("/prew/dated/a.jpg?2").await;
    assert_eq!((cache_of(&second), &second.body), ("MISS", &first.body));
    assert_eq!(second.header("x-b2-host"), Some(US_HOST));
    assert_eq!(second.header("etag"), first.header("etag"));
    assert_eq!(
        stage.sent_for("photo/a.jpg"),
        rendered,
        "nothing was rendered"
    );
    // In the other region, too, which has to ask the first for it.
    let third = stage.get("/prew/dated/a.jpg?pop=AMS").await;
    assert_eq!(third.body, first.body);
    assert_eq!(puts(&stage, KEY).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_variant_of_another_version_or_definition_is_replaced() {
    let stage = stage(&storing("render")).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    shown(&stage.get("/prew/dated/a.jpg").await);
    until("it is stored", || stage.us.etag_of(KEY).is_some()).await;
    let old = stage.us.etag_of(KEY);
    stage.put("photo/a.jpg", jpeg_of(200, 100, GREEN)).await;
    stage.send(purge("/photo/a.jpg")).await;
    shown(&stage.get("/prew/dated/a.jpg").await).assert_at(0.1, 0.5, GREEN);
    until("it is replaced", || stage.us.etag_of(KEY) != old).await;
    let second = stage.us.etag_of(KEY);
    let config = gallery_with(&json!({
        "routes": [{"path": "/prew/{preset}/{key}", "source": "photo/{key}", "store": "stored/{preset}/{format}/{key}"}],
        "presets": {"dated": {"width": 48}},
    }));
    stage.edge.set_config(&config).expect("written");
    crate::support::stage::until_async("the new size", || async {
        shown(&stage.get("/prew/dated/a.jpg").await).size() == (48, 24)
    })
    .await;
    until("it is replaced again", || stage.us.etag_of(KEY) != second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_is_no_variant_is_neither_served_nor_overwritten() {
    let stage = stage(&storing("render")).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    stage.put(KEY, Object::text("somebody's own")).await;
    let response = stage.get("/prew/dated/a.jpg").await;
    shown(&response).assert_at(0.2, 0.5, RED);
    let line = log_of(&stage, "/prew/dated/a.jpg").await;
    assert!(line.get("store").is_none(), "{line}");
    assert_eq!(puts(&stage, KEY).len(), 0);
    assert_eq!(stage.get(&format!("/{KEY}")).await.text(), "somebody's own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_leads_to_the_stored_variant_and_never_in_a_circle() {
    let stage = std::sync::Arc::new(stage(&storing("redirect")).await);
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let path = "/prew/dated/a.jpg?x=1";
    let responses =
        crate::support::crowd::crowd(&stage, 12, &b2_edge_testbed::Request::get(path)).await;
    for response in &responses {
        if response.status == StatusCode::OK {
            // It came after the rendering, and found what was stored.
            continue;
        }
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY);
        assert_eq!(response.header("location"), Some(path));
        assert_eq!(response.header("cache-control"), Some("no-store"));
    }
    assert!(
        responses
            .iter()
            .any(|response| response.status == StatusCode::MOVED_PERMANENTLY)
    );
    assert_eq!(puts(&stage, KEY).len(), 1);
    let followed = stage.get(path).await;
    shown(&followed).assert_at(0.2, 0.5, RED);
    assert_eq!(cache_of(&followed), "HIT");
    // Also where the cache has forgotten it.
    stage.send(purge("/prew/dated/a.jpg")).await;
    shown(&stage.get(path).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_storing_fails_the_client_gets_the_variant_and_a_refusal_is_remembered() {
    for on_miss in ["render", "redirect"] {
        let stage = stage(&storing(on_miss)).await;
        stage.put("photo/a.jpg", jpeg(200, 100)).await;
        stage.put("photo/b.jpg", jpeg(200, 100)).await;
        stage.put("photo/c.jpg", jpeg(200, 100)).await;
        let fault = stage
            .us
            .inject(KEY, Fault::Respond(CannedResponse::access_denied()));
        shown(&stage.get("/prew/dated/a.jpg").await);
        if on_miss == "render" {
            let line = log_of(&stage, "/prew/dated/a.jpg").await;
            let expected = json!({"outcome": "refused", "origin": "us_origin", "status": 403});
            assert_eq!(line["store"], expected, "{line}");
        }
        drop(fault);
        shown(&stage.get("/prew/dated/b.jpg").await);
        let key = "stored/dated/auto/b.jpg";
        if on_miss == "render" {
            let line = log_of(&stage, "/prew/dated/b.jpg").await;
            assert_eq!(line["store"]["outcome"], "refused_lately", "{line}");
        }
        assert_eq!(puts(&stage, key).len(), 0, "{on_miss}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_not_known_what_the_bucket_has_nothing_is_stored_this_time() {
    let stage = stage(&storing("render")).await;
    stage.put("photo/a.jpg", jpeg(200, 100)).await;
    let fault = stage
        .us
        .inject(KEY, Fault::Respond(CannedResponse::status(500)));
    shown(&stage.get("/prew/dated/a.jpg").await);
    let line = log_of(&stage, "/prew/dated/a.jpg").await;
    assert!(line.get("store").is_none(), "{line}");
    drop(fault);
    let_failures_expire().await;
    stage.send(purge("/prew/dated/a.jpg")).await;
    shown(&stage.get("/prew/dated/a.jpg").await);
    until("it is stored", || !puts(&stage, KEY).is_empty()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn variants_are_written_with_the_key_for_writes() {
    let config = storing("render");
    let stage =
        Stage::with_origins(OriginSpec::with_write_key, |setup, _| setup.config(&config)).await;
    stage
        .put(
            "photo/a.png",
            Object::new(png(50, 50, [1, 2, 3, 100])).content_type("image/png"),
        )
        .await;
    shown(&stage.get("/prew/dated/a.png").await);
    let key = "stored/dated/auto/a.png";
    until("it is stored", || stage.us.etag_of(key).is_some()).await;
    let [put] = &puts(&stage, key)[..] else {
        panic!("one PUT");
    };
    let authorization = put
        .headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    let write_key = stage
        .us
        .spec()
        .write_key
        .as_ref()
        .expect("a key")
        .key_id
        .clone();
    assert!(
        authorization.is_some_and(|value| value.contains(&write_key)),
        "{authorization:?}"
    );
}

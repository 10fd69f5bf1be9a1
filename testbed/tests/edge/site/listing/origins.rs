//! Which origin lists a folder, how long that is cached, and what purges it.

use std::sync::Arc;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;

use super::{HTML, json, lists, names, purge, put_all, references, stage};
use crate::support::crowd::crowd;
use crate::support::stage::{
    EU_HOST, Stage, US_HOST, cache_of, let_failures_expire, log_of, until_async,
};

const JSON: &str = r#"{"site": {"listing": "json", "listing_ttl_s": 60}}"#;

/// The key that a fault for listings has.
const BUCKET: &str = "";

#[tokio::test(flavor = "multi_thread")]
async fn the_next_origin_lists_what_the_nearest_one_cannot() {
    let page = "<html><body>Sign in</body></html>";
    let sign_in = CannedResponse::status(200);
    let sign_in = CannedResponse {
        body: page.into(),
        ..sign_in
    };
    for (what, fault, outcome) in [
        (
            "a denial",
            Fault::Respond(CannedResponse::access_denied()),
            "denied",
        ),
        (
            "a failure",
            Fault::Respond(CannedResponse::status(500)),
            "server_error",
        ),
        ("another page", Fault::Respond(sign_in), "unexpected_status"),
        (
            "a cut",
            Fault::ShortChunkedBody { after: 150 },
            "broken_off",
        ),
        ("a reset", Fault::StopInBody { after: 150 }, "broken_off"),
        ("no response", Fault::CloseConnection, "unreachable"),
        (
            "a missing bucket",
            Fault::Respond(CannedResponse::no_such_bucket()),
            "no_such_bucket",
        ),
    ] {
        let stage = stage(JSON).await;
        put_all(&stage, &["a/b.txt"]).await;
        let guard = stage.us.inject(BUCKET, fault);
        let response = stage.get("/a/").await;
        assert_eq!(response.status, StatusCode::OK, "{what}: {response:?}");
        assert_eq!(response.header("x-b2-host"), Some(EU_HOST), "{what}");
        let line = log_of(&stage, "/a/").await;
        let attempts = line["attempts"].as_array().expect("attempts");
        let of_us = attempts
            .iter()
            .find(|attempt| attempt["key"] == "a/")
            .expect("a listing");
        assert_eq!(of_us["outcome"], outcome, "{what}: {line}");
        drop(guard);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn if_no_origin_may_list_the_folder_it_is_404_and_that_is_cached() {
    let config = r#"{"site": {"listing": "html"}, "failover": {"ask_others_on_404": false}}"#;
    let stage = stage(config).await;
    put_all(&stage, &["a/b.txt"]).await;
    let denied = || Fault::Respond(CannedResponse::access_denied());
    let _guards = [
        stage.us.inject(BUCKET, denied()),
        stage.eu.inject(BUCKET, denied()),
    ];
    for _ in 0..3 {
        let response = stage.get("/a/").await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
    }
    assert_eq!((lists(&stage.us).len(), lists(&stage.eu).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_all_origins_is_shown_and_not_kept() {
    let stage = Arc::new(stage(HTML).await);
    put_all(&stage, &["a/b.txt"]).await;
    // The index document is known to be missing.
    assert_eq!(stage.get("/a/").await.status, StatusCode::OK);
    assert_eq!(stage.send(purge("/a/b.txt")).await.status, StatusCode::OK);
    let failing = || Fault::Respond(CannedResponse::status(500));
    let guards = [
        stage.us.inject(BUCKET, failing()),
        stage.eu.inject(BUCKET, failing()),
    ];
    let before = lists(&stage.us).len() + lists(&stage.eu).len();
    for response in crowd(&stage, 20, &Request::get("/a/")).await {
        assert_eq!(response.status, StatusCode::BAD_GATEWAY);
    }
    let after = lists(&stage.us).len() + lists(&stage.eu).len();
    assert!(after - before <= 6, "{} requests", after - before);
    drop(guards);
    let_failures_expire().await;
    until_async("the folder is listed again", || async {
        stage.get("/a/").await.status == StatusCode::OK
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_costs_one_request_and_the_listing_is_cached_for_each_region() {
    let stage = Arc::new(stage(HTML).await);
    put_all(&stage, &["a/b.txt"]).await;
    for response in crowd(&stage, 20, &Request::get("/a/")).await {
        assert_eq!(response.status, StatusCode::OK);
        assert_eq!(references(&response.text()), ["../", "b.txt"]);
    }
    assert_eq!((lists(&stage.us).len(), lists(&stage.eu).len()), (1, 0));
    let hit = stage.get("/a/").await;
    assert_eq!(
        (cache_of(&hit), hit.header("x-b2-host")),
        ("HIT", Some(US_HOST))
    );
    assert!(hit.header("age").is_some());
    let european = stage.get("/a/?pop=AMS").await;
    assert_eq!(
        (cache_of(&european), european.header("x-b2-host")),
        ("MISS", Some(EU_HOST))
    );
    assert_eq!((lists(&stage.us).len(), lists(&stage.eu).len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_expires_after_its_ttl() {
    let stage = stage(r#"{"site": {"listing": "json", "listing_ttl_s": 1}}"#).await;
    put_all(&stage, &["a/b.txt"]).await;
    assert_eq!(names(&json(&stage, "/a/").await), ["b.txt"]);
    put_all(&stage, &["a/c.txt"]).await;
    until_async("the new object is listed", || async {
        names(&json(&stage, "/a/").await) == ["b.txt", "c.txt"]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_an_object_drops_the_listings_that_it_appears_in() {
    let stage = stage(JSON).await;
    put_all(&stage, &["a/x/1.txt", "b/1.txt"]).await;
    let list = async || {
        let mut listed = Vec::new();
        for target in ["/", "/a/", "/a/x/", "/b/", "/a/y/"] {
            let response = stage.get(target).await;
            let is_listed = response.status == StatusCode::OK;
            let text = if is_listed {
                response.text()
            } else {
                "{}".to_owned()
            };
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            listed.push(if is_listed {
                names(&value).join(" ")
            } else {
                String::new()
            });
        }
        listed
    };
    assert_eq!(list().await, ["a/ b/", "x/", "1.txt", "1.txt", ""]);
    put_all(&stage, &["a/y/2.txt", "b/2.txt"]).await;
    assert_eq!(
        list().await,
        ["a/ b/", "x/", "1.txt", "1.txt", ""],
        "cached"
    );
    let asked = lists(&stage.us).len();
    assert_eq!(stage.send(purge("/a/y/2.txt")).await.status, StatusCode::OK);
    let expected = ["a/ b/", "x/ y/", "1.txt", "1.txt", "2.txt"];
    assert_eq!(list().await, expected, "those of the folders above it");
    assert_eq!(lists(&stage.us).len() - asked, 3, "and no other");
    stage.put("b/2.txt", Object::text("2")).await;
    let soft = purge("/b/2.txt").header("fastly-soft-purge", "1");
    assert_eq!(stage.send(soft).await.status, StatusCode::OK);
    let expected = ["a/ b/", "x/ y/", "1.txt", "1.txt 2.txt", "2.txt"];
    assert_eq!(list().await, expected, "softly purged");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_circuit_breaker_keeps_listings_from_an_origin() {
    let stage = Stage::configured(JSON).await;
    put_all(&stage, &["a/b.txt", "c/d.txt"]).await;
    let guard = stage
        .us
        .inject(BUCKET, Fault::Respond(CannedResponse::status(500)));
    assert_eq!(stage.get("/a/").await.header("x-b2-host"), Some(EU_HOST));
    let asked = lists(&stage.us).len();
    assert_eq!(stage.get("/c/").await.header("x-b2-host"), Some(EU_HOST));
    assert_eq!(lists(&stage.us).len(), asked);
    drop(guard);
}

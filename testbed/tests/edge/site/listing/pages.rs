//! A folder with more entries than a page has.

use std::collections::BTreeSet;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;

use super::{json, lists, names, references, stage};
use crate::support::stage::{EU_HOST, US_HOST, assert_own_text, log_of};

const BOTH: &str = r#"{"site": {"listing": ["html", "json"]}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_folder_is_paged_by_the_origin_that_listed_it_first() {
    let stage = stage(BOTH).await;
    for number in 0..1003 {
        let key = format!("many/{number:04}");
        let stored = stage.us.put(&key, Object::text("x")).await;
        stored.expect("stored");
    }
    for key in ["many/zz/a", "many/zz/b", "many/zzz"] {
        stage.us.put(key, Object::text("x")).await.expect("stored");
    }
    stage
        .eu
        .put("many/other", Object::text("x"))
        .await
        .expect("stored");
    let first = json(&stage, "/many/").await;
    let mut all = names(&first);
    assert_eq!(all.len(), 1000);
    let next = first["next"].as_str().expect("a page");
    let target = format!("/many/{next}");
    let second = json(&stage, &target).await;
    all.extend(names(&second));
    assert_eq!(second["next"], serde_json::Value::Null);
    assert_eq!(all.len(), 1005);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 1005, "each once");
    assert!(all.ends_with(&[
        "zz/".to_owned(),
        "1000".to_owned(),
        "1001".to_owned(),
        "1002".to_owned(),
        "zzz".to_owned()
    ]));
    let page = stage.get("/many/").await;
    let link = format!("<{next}>; rel=\"next\"");
    assert_eq!(page.header("link"), Some(link.as_str()));
    assert_eq!(references(&page.text()).last(), Some(&next));
    // Of another region, whose token would be another: from the origin that gave it.
    let european = stage.get(&format!("{target}&pop=AMS")).await;
    assert_eq!(european.status, StatusCode::OK);
    assert_eq!(european.header("x-b2-host"), Some(US_HOST));
    assert!(lists(&stage.eu).is_empty());
    let guard = stage
        .us
        .inject("", Fault::Respond(CannedResponse::status(500)));
    let purged = stage.send(super::purge("/many/0000")).await;
    assert_eq!(purged.status, StatusCode::OK);
    let failed = stage.get(&target).await;
    assert_eq!(failed.status, StatusCode::BAD_GATEWAY);
    let first = stage.get("/many/").await;
    assert_eq!(
        first.header("x-b2-host"),
        Some(EU_HOST),
        "the first page, from the next origin"
    );
    drop(guard);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_no_listing_has_given_is_400_and_asks_no_origin_for_it() {
    let stage = stage(BOTH).await;
    stage.put("a/b.txt", Object::text("x")).await;
    for page in [
        "",
        "2",
        "%00",
        "b3RoZXIAYQ",
        "dXNfb3JpZ2luAA",
        "dXNfb3JpZ2luAGE=",
    ] {
        let target = format!("/a/?page={page}");
        for request in [
            Request::get(target.as_str()),
            Request::head(target.as_str()),
        ] {
            let response = stage.send(request).await;
            assert_eq!(response.status, StatusCode::BAD_REQUEST, "{target}");
            assert_own_text(&response, &target);
        }
    }
    assert_eq!(
        log_of(&stage, "/a/").await["reason"],
        "listing_page_invalid"
    );
    assert!(lists(&stage.us).is_empty() && lists(&stage.eu).is_empty());
    // The origin refuses what is not its own.
    let refusal = CannedResponse::s3_error(
        StatusCode::BAD_REQUEST,
        "InvalidArgument",
        "The continuation token is invalid",
    );
    let guard = stage.us.inject("", Fault::Respond(refusal));
    let refused = stage.get("/a/?page=dXNfb3JpZ2luAGE").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    drop(guard);
    // Elsewhere it is a parameter like any other.
    assert_eq!(stage.get("/a/b.txt?page=2").await.status, StatusCode::OK);
}

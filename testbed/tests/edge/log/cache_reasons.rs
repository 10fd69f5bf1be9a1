//! Why the cache did not serve a response, or did not store it.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};

use crate::log::lines::{SEGMENT, purge, send_logged};
use crate::support::stage::{Stage, TOKEN};
use crate::support::stage_pool::{Setup, StagePool};

/// Asserts `cache` and `cache_reason` of a request's log line.
async fn assert_reason(stage: &Stage, request: Request, cache: &str, reason: Option<&str>) {
    let named = request.name();
    let (_, line) = send_logged(stage, request).await;
    assert_eq!(
        (line["cache"].as_str(), line["cache_reason"].as_str()),
        (Some(cache), reason),
        "{named}: {line}"
    );
}

fn get(key: &str) -> Request {
    Request::get(format!("/reasons/{key}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_and_a_pass_say_why() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (key, cache_control, reason) in [
        ("no-store.txt", "no-store", "no_store"),
        ("private.txt", "private", "private"),
        ("no-cache.txt", "no-cache", "no_cache"),
        ("not-fresh.txt", "max-age=0", "not_fresh"),
    ] {
        let object = Object::text("x").cache_control(cache_control);
        stage.put(&format!("reasons/{key}"), object).await;
        // The second time from the hit-for-pass entry.
        for _ in 0..2 {
            assert_reason(&stage, get(key), "pass", Some(reason)).await;
        }
    }
    stage.put("reasons/a.txt", Object::text("a")).await;
    assert_reason(&stage, get("a.txt"), "miss", Some("no_entry")).await;
    assert_reason(&stage, get("a.txt"), "hit", None).await;
    let soft_purge = purge("/reasons/a.txt")
        .header("fastly-key", TOKEN)
        .header("fastly-soft-purge", "1");
    stage.send(soft_purge).await;
    let reason = Some("stale_while_revalidate");
    assert_reason(&stage, get("a.txt"), "stale", reason).await;

    assert_reason(&stage, get("missing.bin"), "miss", Some("no_entry")).await;
    assert_reason(&stage, get("missing.bin"), "hit", None).await;
    let fault = Fault::Respond(CannedResponse::status(500));
    let _us = stage.us.inject("reasons/unconfirmed.bin", fault);
    let reason = Some("unconfirmed_not_found");
    assert_reason(&stage, get("unconfirmed.bin"), "miss", reason).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_object_says_which_part_the_cache_lacked() {
    let config = r#"{"cache": {"segment_bytes": 1048576, "not_found_ttl_s": 0}}"#;
    let stage = Stage::configured(config).await;
    let large = Object::pseudo_random(3, 3 * SEGMENT);
    stage.put("reasons/large.bin", large.clone()).await;
    let range = |range: &str| get("large.bin").header("range", range);
    assert_reason(&stage, range("bytes=0-9"), "miss", Some("no_entry")).await;
    assert_reason(&stage, range("bytes=5-9"), "hit", None).await;
    let beyond = range("bytes=2097152-2097161");
    assert_reason(&stage, beyond, "miss", Some("no_segment")).await;

    stage.put("reasons/whole.bin", large).await;
    let _us = stage.us.inject("reasons/whole.bin", Fault::IgnoreRange);
    let reason = Some("not_segmentable");
    assert_reason(&stage, get("whole.bin"), "pass", reason).await;
    let reason = Some("not_found_ttl_zero");
    assert_reason(&stage, get("missing.bin"), "miss", reason).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_past_its_ttl_says_whether_it_was_confirmed_replaced_or_served_stale() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let expire = async || tokio::time::sleep(Duration::from_millis(1100)).await;
    stage.put("reasons/aged.txt", Object::text("one")).await;
    assert_reason(&stage, get("aged.txt"), "miss", Some("no_entry")).await;
    expire().await;
    assert_reason(&stage, get("aged.txt"), "hit", Some("revalidated")).await;
    stage.put("reasons/aged.txt", Object::text("two!")).await;
    expire().await;
    assert_reason(&stage, get("aged.txt"), "miss", Some("expired")).await;
    expire().await;
    let fault = || Fault::Respond(CannedResponse::status(500));
    let _us = stage.us.inject("reasons/aged.txt", fault());
    let _eu = stage.eu.inject("reasons/aged.txt", fault());
    let reason = Some("stale_if_error");
    assert_reason(&stage, get("aged.txt"), "stale", reason).await;
}

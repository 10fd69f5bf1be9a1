//! What an origin's response says of itself, and what of that a client is told.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::StatusCode;
use http::header::{AGE, CACHE_CONTROL, CONTENT_RANGE, DATE, ETAG, EXPIRES};

use crate::support::stage::{EU_HOST, Stage, assert_whole, cache_of, shared};
use crate::support::stage_pool::{Setup, StagePool};

/// An object that is not cached: each response is its origin's own.
fn private(seed: u64) -> Object {
    Object::pseudo_random(seed, 1000).cache_control("private")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_another_version_than_the_client_has_is_answered_with_the_whole() {
    let stage = shared().await;
    let (key, object) = ("origin-responses/if-range.bin", private(1));
    let response = stage.fill(key, &object).await;
    let header = |name| response.header(name).expect(name).to_owned();
    let (etag, date) = (header("etag"), header("last-modified"));
    for (if_range, is_part) in [
        (etag.as_str(), true),
        (date.as_str(), true),
        ("\"another\"", false),
        ("Sat, 01 Jan 2000 00:00:00 GMT", false),
    ] {
        let request = Request::get(format!("/{key}"))
            .header("range", "bytes=10-19")
            .header("if-range", if_range);
        let response = stage.send(request).await;
        assert_eq!(cache_of(&response), "PASS", "{if_range}");
        if is_part {
            assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{if_range}");
            assert_eq!(response.body, object.bytes[10..20], "{if_range}");
        } else {
            assert_whole(&response, &object.bytes, if_range);
        }
    }
}

/// The US bucket ignores `If-Range`, which B2 does not list among the headers that it knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_part_from_a_bucket_that_ignores_if_range_is_never_joined_to_another_version() {
    let stage = StagePool::take(Setup::Defaults).await;
    let (key, object) = ("origin-responses/ignored.bin", private(3));
    let etag = stage.fill(key, &object).await;
    let etag = etag.header("etag").expect("an ETag").to_owned();
    let part = CannedResponse::status(206)
        .header(CACHE_CONTROL, "private")
        .header(ETAG, "\"new\"")
        .header(CONTENT_RANGE, "bytes 10-19/1000")
        .body("0123456789");
    let fault = stage.us.inject(key, Fault::Respond(part));
    let request = |tag: &str| {
        Request::get(format!("/{key}"))
            .header("range", "bytes=10-19")
            .header("if-range", tag)
    };
    let response = stage.send(request("\"new\"")).await;
    assert_eq!(
        response.text(),
        "0123456789",
        "it is of the client's version"
    );
    // Of any other, the client gets all, or a part that the other bucket has of its version.
    let response = stage.send(request(&etag)).await;
    assert_eq!(response.body, object.bytes[10..20]);
    let response = stage.send(request("\"old\"")).await;
    assert_whole(&response, &object.bytes, "another version");
    assert!(fault.times_applied() >= 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_tag_of_an_object_that_is_not_cached_is_the_buckets_own() {
    let stage = shared().await;
    let (key, object) = ("origin-responses/weak.bin", private(2));
    let response = stage.fill(key, &object).await;
    let weak = format!("W/{}", response.header("etag").expect("an ETag"));
    let request = Request::get(format!("/{key}")).header("if-none-match", weak);
    let response = stage.send(request).await;
    assert_eq!(response.status, StatusCode::NOT_MODIFIED);
    let seen = stage.us.seen_for(key);
    let sent = seen.last().and_then(|seen| seen.header("if-none-match"));
    assert!(sent.is_some_and(|sent| sent.starts_with('"')), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_framing_of_an_upload_is_not_sent_as_a_coding() {
    let stage = shared().await;
    for (stored, sent) in [
        ("aws-chunked", None),
        ("aws-chunked,gzip", Some("gzip")),
        ("identity", None),
    ] {
        for cache_control in ["max-age=600", "private"] {
            let key = format!("origin-responses/{stored}-{cache_control}.txt");
            let key = key.replace(['=', ','], "-");
            let object = Object::text("content").cache_control(cache_control);
            stage.put(&key, object.content_encoding(stored)).await;
            for _ in 0..2 {
                let response = stage.get(&format!("/{key}")).await;
                assert_eq!(response.header("content-encoding"), sent, "{key}");
            }
        }
    }
}

/// A bucket of 2021, or another cache in front of it: RFC 9111, sections 4.2.3 and 5.3.
#[tokio::test(flavor = "multi_thread")]
async fn age_date_and_expires_agree_whether_the_cache_gives_the_object_or_not() {
    const SENT: &str = "Wed, 21 Oct 2026 07:28:00 GMT";
    let stage = shared().await;
    for (name, cache_control, states) in [
        ("kept", "max-age=600", ["MISS", "HIT"]),
        ("passed", "private", ["PASS", "PASS"]),
    ] {
        let key = format!("origin-responses/dated-{name}.txt");
        let response = CannedResponse::status(200)
            .header(CACHE_CONTROL, cache_control)
            .header(ETAG, "\"dated\"")
            .header(DATE, SENT)
            .header(EXPIRES, "Wed, 21 Oct 2026 08:28:00 GMT")
            .header(AGE, "100");
        let _fault = stage.us.inject(&key, Fault::Respond(response.body("x")));
        for state in states {
            let response = stage.get(&format!("/{key}")).await;
            assert_eq!(cache_of(&response), state, "{key}");
            assert_eq!(response.header("date"), Some(SENT), "{key} {state}");
            let age = response
                .header("age")
                .and_then(|age| age.parse::<u64>().ok());
            assert!(
                age.is_some_and(|age| (100..160).contains(&age)),
                "{key} {state}: {age:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_ends_early_without_saying_so_is_a_failure_of_its_origin() {
    let stage = StagePool::take(Setup::Defaults).await;
    for size in [20_000, 900_000] {
        let key = format!("origin-responses/chunked-{size}.bin");
        let object = Object::pseudo_random(3, size);
        stage.put(&key, object.clone()).await;
        let after = size / 2;
        let fault = stage.us.inject(&key, Fault::ShortChunkedBody { after });
        let response = stage.try_send(Request::get(format!("/{key}"))).await;
        if size < 256 * 1024 {
            let response = response.expect("a response");
            assert_whole(&response, &object.bytes, &key);
            assert_eq!(response.header("x-b2-host"), Some(EU_HOST), "{key}");
        } else {
            // It was being sent already.
            assert!(!response.is_ok_and(|response| response.complete), "{key}");
        }
        assert_eq!(fault.times_applied(), 1);
        drop(fault);
        for _ in 0..2 {
            assert_whole(&stage.get(&format!("/{key}")).await, &object.bytes, &key);
        }
        stage.recover().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_is_told_in_seconds_and_never_longer_than_an_hour() {
    let stage = StagePool::take(Setup::Defaults).await;
    for (number, (sent, told)) in [
        ("7", "7"),
        ("99999999999", "3600"),
        ("Fri, 01 Jan 2100 00:00:00 GMT", "3600"),
        ("Sat, 01 Jan 2000 00:00:00 GMT", "0"),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("origin-responses/busy-{number}.txt");
        let busy = CannedResponse::slow_down().header(http::header::RETRY_AFTER, sent);
        let _faults =
            [&stage.us, &stage.eu].map(|origin| origin.inject(&key, Fault::Respond(busy.clone())));
        let response = stage.get(&format!("/{key}")).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE, "{sent}");
        assert_eq!(response.header("retry-after"), Some(told), "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_range_of_an_empty_object_is_answered_with_all_of_it() {
    let stage = shared().await;
    for (key, cache_control) in [
        ("origin-responses/empty.txt", "max-age=600"),
        ("origin-responses/empty-private.txt", "private"),
    ] {
        let empty = Object::text("").cache_control(cache_control);
        stage.put(key, empty).await;
        for range in ["bytes=0-", "bytes=0-9", "bytes=-5"] {
            let request = Request::get(format!("/{key}")).header("range", range);
            let response = stage.send(request).await;
            assert_whole(&response, b"", &format!("{key} {range}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_forbids_caching_is_cached_by_a_rule_that_overrides_it() {
    let config = r#"{"cache": {"rules": [
        {"path": "/kept/*", "ttl_s": 600, "browser": "public, max-age=60", "override": true}]}}"#;
    let stage = Stage::configured(config).await;
    let uncacheable = "max-age=0, no-cache, no-store";
    for (key, states, told) in [
        ("kept/a.txt", ["MISS", "HIT"], "public, max-age=60"),
        ("other/a.txt", ["PASS", "PASS"], uncacheable),
    ] {
        stage
            .put(key, Object::text("content").cache_control(uncacheable))
            .await;
        for state in states {
            let response = stage.get(&format!("/{key}")).await;
            assert_eq!(cache_of(&response), state, "{key}");
            assert_eq!(response.header("cache-control"), Some(told), "{key}");
        }
    }
}

//! Which responses are cached, for whom, and the headers that describe it.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, ETAG};
use serde_json::Value;

use crate::support::stage::{
    self, EU_HOST, Stage, US_HOST, assert_own_text, assert_whole, cache_of, log_of, shared,
};
use crate::support::stage_pool::{Setup, StagePool};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_read_is_a_hit_that_asks_nobody() {
    let stage = shared().await;
    let object = Object::pseudo_random(1, 100_000);
    let first = stage.fill("cache/twice.bin", &object).await;
    assert_eq!(cache_of(&first), "MISS");
    assert_eq!(first.header("age"), None);
    let second = stage.get("/cache/twice.bin").await;
    assert_whole(&second, &object.bytes, "the second read");
    assert_eq!(cache_of(&second), "HIT");
    assert_eq!(second.header("x-b2-host"), Some(US_HOST));
    let age: u64 = second.header("age").expect("Age").parse().expect("seconds");
    assert!(age < 10, "{age}");
    let seen = stage.us.seen_for("cache/twice.bin");
    assert_eq!((seen.len(), stage.requests_for("cache/twice.bin")), (1, 1));
    assert_eq!(seen[0].header("range"), Some("bytes=0-8388607"));
    assert_eq!(seen[0].sent, 100_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_has_every_header_of_the_object() {
    let stage = shared().await;
    let object = Object::of_type("image/svg+xml", "<svg/>")
        .cache_control("public, max-age=60")
        .content_encoding("identity")
        .content_disposition("inline")
        .content_language("de")
        .metadata("colour", "red");
    let miss = stage.fill("cache/headers.svg", &object).await;
    let hit = stage.get("/cache/headers.svg").await;
    assert_eq!(cache_of(&hit), "HIT");
    let names = |response: &Response| {
        let mut names: Vec<String> = response.headers.keys().map(ToString::to_string).collect();
        names.retain(|name| !["age", "date"].contains(&name.as_str()));
        names.sort_unstable();
        names
    };
    assert_eq!(names(&hit), names(&miss));
    for name in names(&miss) {
        if !["x-cache", "server-timing", "x-request-id"].contains(&name.as_str()) {
            assert_eq!(hit.header(&name), miss.header(&name), "{name}");
        }
    }
    assert_eq!(hit.header("x-amz-meta-colour"), Some("red"));
}

/// The description and the duration of a metric in `Server-Timing`.
fn timing(response: &Response, name: &str) -> (Option<String>, Option<f64>) {
    let header = response.header("server-timing").expect("Server-Timing");
    let entry = header
        .split(", ")
        .find(|entry| entry.split(';').next() == Some(name))
        .unwrap_or_else(|| panic!("no {name} in {header}"));
    let parameter = |name: &str| {
        let mut parameters = entry.split(';').skip(1);
        let value = parameters.find_map(|one| one.strip_prefix(name)?.strip_prefix('='));
        value.map(|value| value.trim_matches('"').to_owned())
    };
    let duration = parameter("dur").map(|text| text.parse().expect("milliseconds"));
    (parameter("desc"), duration)
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_and_log_tell_the_state_of_the_cache_the_origin_and_its_time() {
    let stage = shared().await;
    let passed = Object::text("x").cache_control("no-store");
    stage.put("cache/told/pass.txt", passed).await;
    stage.put("cache/told/miss.txt", Object::text("x")).await;
    stage.put("cache/told/hit.txt", Object::text("x")).await;
    stage.get("/cache/told/hit.txt?pop=AMS").await;
    for (target, cache, origin) in [
        ("/cache/told/pass.txt", "PASS", "us_origin"),
        ("/cache/told/miss.txt", "MISS", "us_origin"),
        ("/cache/told/hit.txt?pop=FRA", "HIT", "eu_origin"),
    ] {
        let response = stage.get(target).await;
        assert_eq!(cache_of(&response), cache, "{target}");
        let (described, _) = timing(&response, "cache");
        assert_eq!(described.as_deref(), Some(cache), "{target}");
        let (described, took) = timing(&response, "origin");
        assert_eq!(described.as_deref(), Some(origin), "{target}");
        let took = took.expect("a duration");
        assert_eq!(took > 0.0, cache != "HIT", "{target}: {took}");
    }
    for path in ["/cache/told/pass.txt", "/cache/told/miss.txt"] {
        let cache = if path.contains("pass") {
            "pass"
        } else {
            "miss"
        };
        let line = log_of(stage, path).await;
        assert_eq!(line["cache"], cache, "{line}");
        assert_eq!(line["attempts"].as_array().map(Vec::len), Some(1), "{line}");
    }
    let hit = |line: &Value| line["path"] == "/cache/told/hit.txt" && line["cache"] == "hit";
    let line = stage
        .edge
        .wait_for_log(hit, std::time::Duration::from_secs(10));
    let line = line.await.expect("a line of the hit");
    assert_eq!(line["origin"], "eu_origin", "{line}");
    assert_eq!(line["attempts"].as_array().map(Vec::len), Some(0), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pops_that_prefer_the_same_origin_share_an_entry() {
    let stage = shared().await;
    stage.put("cache/pops.txt", Object::text("x")).await;
    for (target, cache, host) in [
        ("/cache/pops.txt?pop=AMS", "MISS", EU_HOST),
        ("/cache/pops.txt?pop=FRA", "HIT", EU_HOST),
        ("/cache/pops.txt?a=b&pop=LHR&c", "HIT", EU_HOST),
        ("/cache/pops.txt?pop=JFK", "MISS", US_HOST),
        ("/cache/pops.txt?pop=SJC", "HIT", US_HOST),
        ("/cache/pops.txt", "HIT", US_HOST),
        ("/cache/pops.txt?pop=nonsense&v=2", "HIT", US_HOST),
        ("/cache/p%6Fps.txt", "HIT", US_HOST),
    ] {
        let response = stage.get(target).await;
        let got = (cache_of(&response), response.header("x-b2-host"));
        assert_eq!(got, (cache, Some(host)), "{target}");
    }
    assert_eq!(stage.requests_for("cache/pops.txt"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_answered_from_what_a_get_has_fetched() {
    let stage = shared().await;
    let object = Object::text("0123456789");
    let get = stage.fill("cache/head.txt", &object).await;
    let head = stage.head("/cache/head.txt").await;
    assert_eq!((head.status, cache_of(&head)), (StatusCode::OK, "HIT"));
    for name in [
        "content-length",
        "etag",
        "last-modified",
        "content-type",
        "x-b2-host",
    ] {
        assert!(get.header(name).is_some(), "{name}");
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert!(head.body.is_empty());
    assert_eq!(stage.requests_for("cache/head.txt"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_head_downloads_nothing_and_is_kept() {
    let stage = shared().await;
    let object = Object::pseudo_random(1, 50_000);
    stage.put("cache/cold-head.bin", object.clone()).await;
    for cache in ["MISS", "HIT"] {
        let head = stage.head("/cache/cold-head.bin").await;
        assert_eq!((head.status, cache_of(&head)), (StatusCode::OK, cache));
        assert_eq!(head.header("content-length"), Some("50000"), "{cache}");
        assert_eq!(head.header("x-b2-host"), Some(US_HOST), "{cache}");
    }
    let seen = stage.us.seen_for("cache/cold-head.bin");
    assert_eq!(
        (seen.len(), seen[0].method.as_str(), seen[0].sent),
        (1, "HEAD", 0)
    );
    for cache in ["MISS", "HIT"] {
        let response = stage.get("/cache/cold-head.bin").await;
        assert_whole(&response, &object.bytes, cache);
        assert_eq!(cache_of(&response), cache);
    }
    assert_eq!(
        stage
            .head("/cache/cold-head.bin")
            .await
            .header("content-length"),
        Some("50000")
    );
    assert_eq!(stage.requests_for("cache/cold-head.bin"), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_forbids_caching_is_fetched_for_every_client() {
    let stage = shared().await;
    for cache_control in [
        "no-store",
        "private",
        "no-cache",
        "max-age=0",
        "public, max-age=0, must-revalidate",
        "max-age=60, s-maxage=0",
        "No-Store",
        "max-age=60, private",
    ] {
        let key = format!("cache/forbidden/{cache_control}");
        let target = b2_edge_testbed::encode_key(&key);
        let object = Object::text("0123456789").cache_control(cache_control);
        stage.put(&key, object).await;
        for round in 0..2 {
            let before = stage.requests_for(&key);
            let response = stage.get(&target).await;
            assert_whole(&response, b"0123456789", cache_control);
            assert_eq!(cache_of(&response), "PASS", "{cache_control} {round}");
            assert_eq!(response.header("cache-control"), Some(cache_control));
            assert!(stage.requests_for(&key) > before, "{cache_control} {round}");
        }
        let changed = Object::text("changed").cache_control(cache_control);
        stage.put(&key, changed).await;
        assert_eq!(
            stage.get(&target).await.text(),
            "changed",
            "{cache_control}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_kept_is_asked_for_with_the_clients_own_range_and_conditions() {
    let stage = shared().await;
    let key = "cache/passed-on.txt";
    let object = Object::text("0123456789").cache_control("no-store");
    stage.put(key, object).await;
    let etag = stage.us.etag_of(key).expect("stored");
    for (name, value, status, body) in [
        ("range", "bytes=2-4", StatusCode::PARTIAL_CONTENT, "234"),
        ("range", "bytes=-2", StatusCode::PARTIAL_CONTENT, "89"),
        ("if-none-match", etag.as_str(), StatusCode::NOT_MODIFIED, ""),
        ("if-none-match", "\"other\"", StatusCode::OK, "0123456789"),
    ] {
        let request = Request::get(format!("/{key}")).header(name, value);
        let response = stage.send(request).await;
        let context = format!("{name}: {value}");
        assert_eq!(response.status, status, "{context}");
        assert_eq!(response.text(), body, "{context}");
        assert_eq!(cache_of(&response), "PASS", "{context}");
        let seen = stage.us.seen_for(key).pop().expect("requested");
        assert_eq!(seen.header(name), Some(value), "{context}");
    }
    let request = Request::get(format!("/{key}")).header("range", "bytes=10-");
    let response = stage.send(request).await;
    assert_eq!(response.status, StatusCode::RANGE_NOT_SATISFIABLE);
    let request = Request::get(format!("/{key}")).header("if-match", "\"other\"");
    let response = stage.send(request).await;
    assert_eq!(response.status, StatusCode::PRECONDITION_FAILED);
    assert_own_text(&response, "412");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_object_is_kept_like_any_other() {
    let stage = shared().await;
    for (cache, requested) in [("MISS", 2), ("HIT", 2)] {
        if cache == "MISS" {
            stage.put("cache/empty.txt", Object::text("")).await;
        }
        let response = stage.get("/cache/empty.txt").await;
        assert_whole(&response, b"", cache);
        assert_eq!(cache_of(&response), cache);
        // An empty object has no satisfiable range, so a second request without a range follows.
        assert_eq!(stage.requests_for("cache/empty.txt"), requested, "{cache}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_ignores_ranges_is_read_and_kept_all_the_same() {
    let stage = StagePool::take(Setup::Defaults).await;
    for size in [0, 10, 300_000, 9 * 1024 * 1024] {
        let key = format!("cache/no-ranges/{size}.bin");
        let object = Object::pseudo_random(1, size);
        let _fault = stage.us.inject(&key, Fault::IgnoreRange);
        let response = stage.fill(&key, &object).await;
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{size}");
        let again = stage.get(&format!("/{key}")).await;
        assert_whole(&again, &object.bytes, &key);
        if size > 10 {
            let range = Request::get(format!("/{key}")).header("range", "bytes=5-9");
            let part = stage.send(range).await;
            if size > 8 * 1024 * 1024 && part.status == StatusCode::OK {
                // Without segments nothing is cached, and no range has to be honoured.
                assert_whole(&part, &object.bytes, &key);
                continue;
            }
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{size}");
            assert!(part.complete && part.body == object.bytes[5..10], "{size}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_an_object_stays_fresh_is_the_objects_to_say() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    // One second by the configuration.
    let cases = [
        ("nothing", "", "MISS"),
        ("max-age=600", "", "HIT"),
        ("public, MAX-AGE=\"600\"", "", "HIT"),
        ("s-maxage=600, max-age=1", "", "HIT"),
        ("s-maxage=1, max-age=600", "", "MISS"),
        ("max-age=1", "surrogate-control: max-age=600", "HIT"),
        ("max-age=600", "surrogate-control: max-age=1", "MISS"),
        ("nothing", "expires: Fri, 01 Jan 2100 00:00:00 GMT", "HIT"),
        (
            "max-age=1",
            "expires: Fri, 01 Jan 2100 00:00:00 GMT",
            "MISS",
        ),
        (
            "max-age=600",
            "expires: Thu, 01 Jan 2015 00:00:00 GMT",
            "HIT",
        ),
    ];
    let mut faults = Vec::new();
    for (number, (cache_control, other, _)) in cases.into_iter().enumerate() {
        let mut response = CannedResponse::garbage(200).body("fixed");
        response = response.header(ETAG, "\"fixed\"");
        if cache_control != "nothing" {
            response = response.header(CACHE_CONTROL, cache_control);
        }
        if let Some((name, value)) = other.split_once(": ") {
            let name = name.parse().expect("a name");
            response = response.header(name, value);
        }
        let key = format!("cache/freshness/{number}");
        faults.push(stage.us.inject(&key, Fault::Respond(response)));
        let first = stage.get(&format!("/{key}")).await;
        assert_whole(&first, b"fixed", cache_control);
        assert_eq!(cache_of(&first), "MISS", "{cache_control} {other}");
        assert_eq!(first.header("surrogate-control"), None, "{other}");
    }
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    for (number, (cache_control, other, cache)) in cases.into_iter().enumerate() {
        let key = format!("cache/freshness/{number}");
        let response = stage.get(&format!("/{key}")).await;
        let requested = if cache == "HIT" { 1 } else { 2 };
        let context = format!("{cache_control} {other}");
        assert_eq!(stage.requests_for(&key), requested, "{context}");
        if cache == "HIT" {
            assert_eq!(cache_of(&response), cache, "{context}");
            let age: u64 = response
                .header("age")
                .expect("Age")
                .parse()
                .expect("seconds");
            assert!((1..10).contains(&age), "{context}: {age}");
        }
    }
}

async fn status_of(stage: &Stage, key: &str) -> StatusCode {
    stage.get(&format!("/{key}")).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_asked_for_once_in_a_while() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (missing, denied) = ("cache/missing.txt", "cache/denied.txt");
    let fault = Fault::Respond(CannedResponse::access_denied());
    let _faults = [
        stage.us.inject(denied, fault.clone()),
        stage.eu.inject(denied, fault),
    ];
    for key in [missing, denied] {
        for _ in 0..3 {
            assert_eq!(status_of(&stage, key).await, StatusCode::NOT_FOUND, "{key}");
            assert_eq!(stage.requests_for(key), 2, "{key}: each origin once");
        }
        let head = stage.head(&format!("/{key}")).await;
        assert_eq!(
            (head.status, cache_of(&head)),
            (StatusCode::NOT_FOUND, "HIT"),
            "{key}"
        );
    }
    stage.put(missing, Object::text("here now")).await;
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
    assert_eq!(stage.get(&format!("/{missing}")).await.text(), "here now");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_404_while_an_origin_cannot_be_asked_is_not_kept() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "cache/perhaps-missing.txt";
    let fault = stage
        .us
        .inject(key, Fault::Respond(CannedResponse::status(500)));
    assert_eq!(status_of(&stage, key).await, StatusCode::NOT_FOUND);
    assert_eq!(fault.times_applied(), 1);
    drop(fault);
    let object = Object::text("the US has it");
    stage.us.put(key, object).await.expect("stored");
    stage::let_failures_expire().await;
    assert_eq!(stage.get(&format!("/{key}")).await.text(), "the US has it");
}

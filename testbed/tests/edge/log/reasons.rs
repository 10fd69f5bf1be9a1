//! Every documented reason of a log line.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request};
use http::Method;

use crate::log::lines::{SEGMENT, gist, purge, send_logged};
use crate::support::log_schema::assert_documented;
use crate::support::stage::{Stage, TOKEN};
use crate::support::stage_pool::{Setup, StagePool};

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_answer_leaves_a_line_as_documented() {
    let stage = StagePool::take(Setup::Defaults).await;
    let put = async |key: &str, object: Object| stage.put(key, object).await;
    put("lines/a.txt", Object::text("twelve bytes")).await;
    put(
        "lines/pass.txt",
        Object::text("x").cache_control("no-store"),
    )
    .await;
    let large = Object::pseudo_random(3, 9 * SEGMENT);
    put("lines/large.bin", large).await;
    let get = |target: &str| Request::get(format!("/lines/{target}"));
    let token = |request: Request| request.header("fastly-key", TOKEN);
    let soft = |request: Request| token(request).header("fastly-soft-purge", "1");
    for (request, expected) in [
        (get("a.txt"), (200, "served", "miss")),
        (get("a.txt"), (200, "served", "hit")),
        (Request::head("/lines/a.txt"), (200, "served", "hit")),
        (
            get("a.txt").header("range", "bytes=0-3"),
            (206, "served_part", "hit"),
        ),
        (
            get("a.txt").header("range", "bytes=90-"),
            (416, "range_not_satisfiable", "hit"),
        ),
        (
            get("a.txt").header("if-none-match", "*"),
            (304, "not_modified", "hit"),
        ),
        (
            get("a.txt").header("if-match", "\"other\""),
            (412, "precondition_failed", "hit"),
        ),
        (soft(purge("/lines/a.txt")), (200, "purged", "-")),
        (get("a.txt"), (200, "served", "stale")),
        (token(purge("/lines/a.txt")), (200, "purged", "-")),
        (purge("/lines/a.txt"), (401, "purge_not_allowed", "-")),
        (get("pass.txt"), (200, "served", "pass")),
        (get("large.bin"), (200, "served", "miss")),
        (get("large.bin"), (200, "served", "hit")),
        (
            get("large.bin").header("range", "bytes=-9"),
            (206, "served_part", "hit"),
        ),
        (get("missing"), (404, "not_found", "miss")),
        (get("missing"), (404, "not_found", "hit")),
        (get("%zz"), (400, "key_bad_escape", "-")),
        (get("%ff"), (400, "key_not_utf8", "-")),
        (get("%00"), (400, "key_nul", "-")),
        (get("../a"), (400, "key_dot_segment", "-")),
        (get(&"x".repeat(1200)), (400, "key_too_long", "-")),
        (
            Request::new(Method::OPTIONS, "/lines/a.txt"),
            (204, "options", "-"),
        ),
        (
            Request::new(Method::POST, "/lines/a.txt"),
            (405, "method_not_allowed", "-"),
        ),
    ] {
        let named = request.name();
        let (response, line) = send_logged(&stage, request).await;
        assert_eq!(gist(&line), expected, "{named}: {line}");
        assert_eq!(u64::from(response.status.as_u16()), expected.0, "{named}");
        assert_eq!(line["country"], "US", "{named}: {line}");
        let age = response
            .header("age")
            .map(|age| age.parse().expect("seconds"));
        assert_eq!(line["age_s"].as_u64(), age, "{named}: {line}");
        assert!(line["vcpu_ms"].is_u64(), "{named}: {line}");
    }
    for line in stage.edge.log_lines() {
        assert_documented(&line);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_object_answers_leaves_a_line_too() {
    let config = r#"{"redirects": [{"from": "/old/*", "to": "/new/*", "status": 308}],
                     "cors": {"allow_origins": ["*"]}, "site": {"fallback_document": "app.html"}}"#;
    let stage = Stage::configured(config).await;
    for key in ["docs/index.html", "app.html", "404.html"] {
        stage.put(key, Object::of_type("text/html", key)).await;
    }
    let preflight = Request::new(Method::OPTIONS, "/a.txt")
        .header("origin", "https://www.example.com")
        .header("access-control-request-method", "GET");
    for (request, expected, key) in [
        (Request::get("/docs"), (301, "folder_redirect", "-"), None),
        // The redirect has read it.
        (Request::get("/docs/"), (200, "served", "hit"), None),
        (
            Request::get("/users/17"),
            (200, "served", "miss"),
            Some("app.html"),
        ),
        (
            Request::get("/a.png"),
            (404, "not_found", "miss"),
            Some("404.html"),
        ),
        (
            Request::get("/b.png"),
            (404, "not_found", "hit"),
            Some("404.html"),
        ),
        (Request::get("/old/x"), (308, "redirect", "-"), None),
        (Request::get("/_b2-edge/"), (200, "status", "-"), None),
        (preflight, (204, "preflight", "-"), None),
    ] {
        let named = request.name();
        let (_, line) = send_logged(&stage, request).await;
        assert_eq!(gist(&line), expected, "{named}: {line}");
        assert_eq!(line["key"].as_str(), key, "{named}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_failing_leaves_a_line_as_documented() {
    let stage = StagePool::take(Setup::Defaults).await;
    let denied = CannedResponse::access_denied;
    let status = CannedResponse::status;
    for (key, us, eu, expected, outcomes) in [
        (
            "both-fail",
            status(500),
            CannedResponse::garbage(502),
            (502, "origins_failed"),
            ["server_error", "server_error"],
        ),
        (
            "both-busy",
            CannedResponse::slow_down(),
            status(429),
            (503, "origins_busy"),
            ["busy", "busy"],
        ),
        (
            "both-refuse",
            status(400),
            status(400),
            (400, "refused_by_origins"),
            ["bad_request", "bad_request"],
        ),
        (
            "both-deny",
            denied(),
            denied(),
            (404, "denied_by_all"),
            ["denied", "denied"],
        ),
        (
            "one-redirects",
            status(302),
            CannedResponse::signature_mismatch(),
            (502, "origins_failed"),
            ["unexpected_status", "key_refused"],
        ),
    ] {
        stage.recover().await;
        let key = format!("lines/{key}.txt");
        let _us = stage.us.inject(&key, Fault::Respond(us));
        let _eu = stage.eu.inject(&key, Fault::Respond(eu));
        let (_, line) = send_logged(&stage, Request::get(format!("/{key}"))).await;
        let (code, reason, _) = gist(&line);
        assert_eq!((code, reason), expected, "{line}");
        let attempts = line["attempts"].as_array().expect("attempts");
        // Without the attempts for index and error documents, which have a key.
        let for_the_object = attempts.iter().filter(|a| a.get("key").is_none());
        let logged: Vec<_> = for_the_object.map(|a| &a["outcome"]).collect();
        assert_eq!(logged, outcomes, "{line}");
        assert_eq!(line["preferred"], "us_origin", "{line}");
    }
}

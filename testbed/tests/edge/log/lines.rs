//! One JSON line for each request, on the log endpoint or on standard output.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, Response, ViceroyConfig};
use http::{Method, StatusCode};
use serde_json::Value;

use crate::support::log_schema::assert_documented;
use crate::support::stage::{EU_HOST, Stage, TOKEN, cache_of, log_of, shared};
use crate::support::stage_pool::{Setup, StagePool};

/// The longest time until a line is written.
const SOON: Duration = Duration::from_secs(10);

pub(crate) const SEGMENT: usize = 1024 * 1024;

/// Sends a request with a unique ID, and finds its log line by the ID.
pub(crate) async fn send_logged(stage: &Stage, request: Request) -> (Response, Value) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let id = format!("told-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let response = stage
        .send(request.header("x-request-id", id.as_str()))
        .await;
    assert_eq!(response.header("x-request-id"), Some(id.as_str()));
    let line = line_with_id(stage, &id).await;
    (response, line)
}

pub(crate) async fn line_with_id(stage: &Stage, id: &str) -> Value {
    let is_it = |line: &Value| line["request_id"] == id;
    let found = stage.edge.wait_for_log(is_it, SOON).await;
    let line = found.unwrap_or_else(|| panic!("no log line of {id}"));
    assert_documented(&line);
    assert_eq!(line["version"], 2);
    line
}

pub(crate) fn purge(target: &str) -> Request {
    let method = Method::from_bytes(b"PURGE").expect("a method");
    Request::new(method, target)
}

/// Status, reason and cache state of a line.
pub(crate) fn gist(line: &Value) -> (u64, &str, &str) {
    (
        line["status"].as_u64().expect("a status"),
        line["reason"].as_str().expect("a reason"),
        line["cache"].as_str().unwrap_or("-"),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_leaves_one_line_that_tells_where_it_went() {
    let stage = shared().await;
    stage
        .put("log/read.txt", Object::text("twelve bytes"))
        .await;
    stage.get("/log/read.txt?pop=AMS&token=private").await;
    let line = log_of(stage, "/log/read.txt").await;
    for (field, value) in [
        ("version", Value::from(2)),
        ("method", Value::from("GET")),
        ("status", Value::from(200)),
        ("reason", Value::from("served")),
        ("pop", Value::from("AMS")),
        ("pop_source", Value::from("parameter")),
        ("route", Value::from("pop_table")),
        ("origin", Value::from("eu_origin")),
        ("bytes", Value::from(12)),
        ("cache", Value::from("miss")),
    ] {
        assert_eq!(line[field], value, "{field} of {line}");
    }
    assert!(
        line["duration_ms"].is_number() && line["time"].is_string(),
        "{line}"
    );
    let attempt = &line["attempts"][0];
    assert_eq!(
        (&attempt["outcome"], &attempt["status"]),
        (&Value::from("served_part"), &Value::from(206))
    );
    assert!(attempt["duration_ms"].is_number());
    assert_eq!(line["attempts"].as_array().map(Vec::len), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_goes_to_the_log_endpoint_and_to_standard_output_only_if_that_is_configured() {
    for (config, printed) in [
        ("{}", 0),
        (r#"{"log": {"stdout": "without_endpoint"}}"#, 0),
        (r#"{"log": {"stdout": "never"}}"#, 0),
        (r#"{"log": {"stdout": "always"}}"#, 1),
    ] {
        let stage = Stage::configured(config).await;
        stage.get("/log/where.txt").await;
        let line = log_of(&stage, "/log/where.txt").await;
        // Standard output comes second, so the line of another request shows that the first one's is complete.
        stage.get("/log/after.txt").await;
        log_of(&stage, "/log/after.txt").await;
        let copies = |lines: Vec<Value>| lines.into_iter().filter(|other| *other == line).count();
        assert_eq!(copies(stage.edge.log_lines()), 1, "{config}");
        let lines = stage.edge.printed_log_lines();
        assert_eq!(copies(lines), printed, "{config}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_has_the_query_or_a_header_of_the_client() {
    let stage = Stage::with(|config| config).await;
    let request = Request::get("/log/private.txt?token=private-query&pop=AMS")
        .header("cookie", "private-cookie")
        .header("authorization", "private-authorization")
        .header("user-agent", "private-agent")
        .header("if-none-match", "\"private-tag\"");
    stage.send(request).await;
    log_of(&stage, "/log/private.txt").await;
    let lines = stage.edge.stdout_lines().join("\n");
    assert!(!lines.contains("private-"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_options_leave_a_line_too() {
    let stage = shared().await;
    for (request, path, status, reason) in [
        (Request::get("/log/%zz"), "/log/%zz", 400, "key_bad_escape"),
        (
            Request::get("/log/../x"),
            "/log/../x",
            400,
            "key_dot_segment",
        ),
        (
            Request::new(Method::POST, "/log/post"),
            "/log/post",
            405,
            "method_not_allowed",
        ),
        (
            Request::new(Method::OPTIONS, "/log/options"),
            "/log/options",
            204,
            "options",
        ),
        (
            Request::get("/log/missing"),
            "/log/missing",
            404,
            "not_found",
        ),
    ] {
        stage.send(request).await;
        let line = log_of(stage, path).await;
        assert_eq!(
            (line["status"].as_u64(), line["reason"].as_str()),
            (Some(status), Some(reason)),
            "{line}"
        );
        assert_eq!(line["pop"], "XXX", "{line}");
        assert_eq!(line["pop_source"], "environment", "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_content_promises_no_bytes() {
    let stage = shared().await;
    stage
        .put("log/head.txt", Object::text("twelve bytes"))
        .await;
    stage.put("log/304.txt", Object::text("twelve bytes")).await;
    stage.head("/log/head.txt").await;
    let request = Request::get("/log/304.txt").header("if-none-match", "*");
    assert_eq!(stage.send(request).await.status, StatusCode::NOT_MODIFIED);
    for path in ["/log/head.txt", "/log/304.txt"] {
        assert_eq!(log_of(stage, path).await["bytes"], 0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_set_up_leaves_a_line_as_documented() {
    let bare = |_| ViceroyConfig::new().no_secret_store().no_config_store();
    let stage = Stage::with(|config| bare(config).no_geolocation()).await;
    for request in [Request::get("/a"), Request::get("/"), Request::head("/%zz")] {
        let (response, line) = send_logged(&stage, request).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(gist(&line), (503, "not_configured", "-"), "{line}");
        assert!(line["problems"][0].is_string(), "{line}");
        assert_eq!(
            line.get("country"),
            None,
            "of a client with unknown location"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_tells_who_was_preferred_who_answered_and_their_bytes() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "lines/failover.txt";
    stage.put(key, Object::text("x".repeat(1234))).await;
    let busy = CannedResponse::status(500).body("y".repeat(77));
    let _busy = stage.us.inject(key, Fault::Respond(busy));
    let (response, line) = send_logged(&stage, Request::get(format!("/{key}"))).await;
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    assert_eq!(
        (&line["preferred"], &line["origin"]),
        (&Value::from("us_origin"), &Value::from("eu_origin"))
    );
    let attempts = &line["attempts"];
    assert_eq!(
        (&attempts[0]["bytes"], &attempts[0]["status"]),
        (&77.into(), &500.into())
    );
    assert_eq!(
        (&attempts[1]["bytes"], &line["bytes"]),
        (&1234.into(), &1234.into())
    );
    // A HEAD sends no byte of the object.
    let (_, line) = send_logged(&stage, Request::head("/lines/failover.txt?pop=AMS")).await;
    assert_eq!(line["attempts"][0]["origin"], "eu_origin", "{line}");
    assert_eq!(
        (&line["attempts"][0]["bytes"], &line["bytes"]),
        (&0.into(), &0.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_is_the_one_that_the_client_is_told() {
    let stage = shared().await;
    let key = "lines/aged.txt";
    let aged = CannedResponse::status(200)
        .header(http::header::CACHE_CONTROL, "max-age=600")
        .header(http::header::ETAG, "\"aged\"")
        .header(http::header::AGE, "61")
        .body("aged");
    let _aged = stage.us.inject(key, Fault::Respond(aged));
    let (response, line) = send_logged(stage, Request::get(format!("/{key}"))).await;
    let age = response
        .header("age")
        .and_then(|age| age.parse::<u64>().ok());
    assert_eq!(
        (cache_of(&response), age, line["age_s"].as_u64()),
        ("MISS", Some(61), Some(61))
    );
    let (response, line) = send_logged(stage, Request::get(format!("/{key}"))).await;
    let age: u64 = response
        .header("age")
        .expect("Age")
        .parse()
        .expect("seconds");
    assert_eq!(
        (cache_of(&response), line["age_s"].as_u64()),
        ("HIT", Some(age))
    );
    assert!(age >= 61, "{age}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_duration_is_that_of_the_whole_answer_and_of_nothing_after_it() {
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "lines/duration.bin";
    stage.put(key, Object::pseudo_random(9, 25 * SEGMENT)).await;
    let ms = |value: &Value| value.as_f64().expect("milliseconds");
    let (_, line) = send_logged(&stage, Request::get(format!("/{key}"))).await;
    // The segments after the first are fetched after the head of the response was sent.
    assert!(ms(&line["duration_ms"]) > ms(&line["head_ms"]), "{line}");

    let key = "lines/revalidated.txt";
    stage.fill(key, &Object::text("stale")).await;
    let soft = purge(&format!("/{key}")).header("fastly-soft-purge", "1");
    send_logged(&stage, soft.header("fastly-key", TOKEN)).await;
    let stall = Fault::StallBeforeHeaders(Duration::from_millis(300));
    let _stall = stage.us.inject(key, stall);
    let (_, line) = send_logged(&stage, Request::get(format!("/{key}"))).await;
    assert_eq!(line["cache"], "stale", "{line}");
    let revalidation = &line["attempts"][0];
    assert!(
        ms(&line["duration_ms"]) < ms(&revalidation["duration_ms"]),
        "{line}"
    );
}

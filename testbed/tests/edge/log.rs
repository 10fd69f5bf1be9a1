//! One JSON line for each request, on stdout and on the log endpoint.

use b2_edge_testbed::{Call, Object};
use http::Method;
use serde_json::Value;

use crate::stage::{Stage, log_of, shared};

#[tokio::test(flavor = "multi_thread")]
async fn a_read_leaves_one_line_that_tells_where_it_went() {
    let stage = shared().await;
    stage
        .put("log/read.txt", Object::text("twelve bytes"))
        .await;
    stage.get("/log/read.txt?pop=AMS&token=private").await;
    let line = log_of(stage, "/log/read.txt").await;
    for (field, value) in [
        ("version", Value::from(1)),
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
async fn the_log_endpoint_gets_the_same_line() {
    let stage = shared().await;
    stage.get("/log/endpoint.txt").await;
    let line = log_of(stage, "/log/endpoint.txt").await;
    let same = stage
        .edge
        .endpoint_log_lines()
        .into_iter()
        .filter(|other| *other == line)
        .count();
    assert_eq!(same, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_has_the_query_or_a_header_of_the_client() {
    let stage = Stage::with(|config| config).await;
    let call = Call::get("/log/private.txt?token=private-query&pop=AMS")
        .header("cookie", "private-cookie")
        .header("authorization", "private-authorization")
        .header("user-agent", "private-agent")
        .header("if-none-match", "\"private-tag\"");
    stage.send(call).await;
    log_of(&stage, "/log/private.txt").await;
    let lines = stage.edge.stdout_lines().join("\n");
    assert!(!lines.contains("private-"), "{lines}");
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_and_options_leave_a_line_too() {
    let stage = shared().await;
    for (call, path, status, reason) in [
        (Call::get("/log/%zz"), "/log/%zz", 400, "key_bad_escape"),
        (Call::get("/log/../x"), "/log/../x", 400, "key_dot_segment"),
        (
            Call::new(Method::POST, "/log/post"),
            "/log/post",
            405,
            "method_not_allowed",
        ),
        (
            Call::new(Method::OPTIONS, "/log/options"),
            "/log/options",
            204,
            "options",
        ),
        (Call::get("/log/missing"), "/log/missing", 404, "not_found"),
    ] {
        stage.send(call).await;
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
    let call = Call::get("/log/304.txt").header("if-none-match", "*");
    assert_eq!(
        stage.send(call).await.status,
        http::StatusCode::NOT_MODIFIED
    );
    for path in ["/log/head.txt", "/log/304.txt"] {
        assert_eq!(log_of(stage, path).await["bytes"], 0, "{path}");
    }
}

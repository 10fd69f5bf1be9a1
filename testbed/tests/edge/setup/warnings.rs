//! A configuration that works and was probably not meant: shown on the status page and in the log, and served.

use std::time::Duration;

use b2_edge_testbed::Object;
use serde_json::{Value, json};

use crate::support::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_is_missing_is_named_before_a_failover_needs_it() {
    let config =
        r#"{"origins": ["us_origin", "ca_origin"], "pop_overrides": {"QQQ": "us_origin"}}"#;
    let stage = Stage::configured(config).await;
    stage.put("a.txt", Object::text("content")).await;
    for _ in 0..3 {
        assert_eq!(stage.get("/a.txt").await.text(), "content");
    }
    let expected = json!([
        "backend ca_origin is missing",
        "POP QQQ of pop_overrides is unknown"
    ]);
    let is_warning = |line: &Value| line.get("warnings").is_some();
    let line = stage.edge.wait_for_log(is_warning, Duration::from_secs(10));
    let line = line.await.expect("a line with warnings");
    assert_eq!(line["warnings"], expected, "{line}");
    // Once for each sandbox, which serves several requests.
    let lines = stage.edge.log_lines();
    let reads = lines.iter().filter(|line| line["path"] == "/a.txt");
    let warned = reads.filter(|line| is_warning(line)).count();
    assert!((1..3).contains(&warned), "{warned} lines");

    let report = stage.get("/_b2-edge/status.json").await;
    let report: Value = serde_json::from_str(&report.text()).expect("JSON");
    let warnings = report["warnings"].as_array().expect("warnings");
    let messages: Vec<_> = warnings.iter().map(|warning| &warning["message"]).collect();
    assert_eq!(json!(messages), expected);
    let remedy = warnings[0]["remedy"].as_str().expect("a remedy");
    assert!(remedy.contains("fastly service backend create"), "{remedy}");
    assert_eq!(report["problems"], json!([]));
}

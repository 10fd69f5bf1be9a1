//! Validates the log lines of tests against the published JSON Schema.

use std::sync::LazyLock;

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

const SCHEMA: &str = include_str!("../../../../docs/log-line.schema.json");

static COMPILED: LazyLock<(Schemas, SchemaIndex)> = LazyLock::new(|| {
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    let json = serde_json::from_str(SCHEMA).expect("JSON");
    compiler
        .add_resource("log-line.schema.json", json)
        .expect("a resource");
    let index = compiler.compile("log-line.schema.json", &mut schemas);
    (schemas, index.expect("a valid schema"))
});

/// Asserts that a log line is valid.
pub(crate) fn assert_documented(line: &Value) {
    if let Err(error) = validate(line) {
        panic!("{error:#}\n{line:#}");
    }
}

fn validate(line: &Value) -> Result<(), String> {
    let (schemas, index) = &*COMPILED;
    let validated = schemas.validate(line, *index);
    validated.map_err(|error| format!("{error:#}"))
}

#[test]
fn the_schema_refuses_what_is_not_documented() {
    let line = serde_json::json!({
        "version": 2, "time": "2026-11-21T04:53:20.25Z", "request_id": "a", "method": "GET", "path": "/a",
        "status": 200, "reason": "served", "bytes": 1, "pop": "AMS", "pop_source": "parameter",
        "country": "NL", "route": "pop_table", "cache": "hit", "age_s": 3, "preferred": "eu_origin",
        "origin": "eu_origin", "duration_ms": 1.2, "head_ms": 1.1, "vcpu_ms": 0,
        "attempts": [{"origin": "eu_origin", "outcome": "served", "status": 200, "duration_ms": 1, "bytes": 1}],
    });
    assert_documented(&line);
    for (field, value) in [
        ("version", Value::from(1)),
        ("time", Value::from("yesterday")),
        ("request_id", Value::from("a b")),
        ("status", Value::from("200")),
        ("reason", Value::from("because")),
        ("bytes", Value::from(-1)),
        ("pop", Value::from("ams")),
        ("country", Value::from("NLD")),
        ("cache", Value::from("HIT")),
        ("cache", Value::from("miss")),
        ("age_s", Value::Null),
        ("age_s", Value::from(1.5)),
        ("query", Value::from("token=private")),
        ("problems", serde_json::json!([])),
        ("attempts", serde_json::json!([{"origin": "eu_origin"}])),
        (
            "attempts",
            serde_json::json!([{"origin": "eu_origin", "outcome": "served", "duration_ms": 1, "headers": "k"}]),
        ),
    ] {
        let mut line = line.clone();
        line[field] = value.clone();
        assert!(validate(&line).is_err(), "{field}: {value}");
    }
    for field in [
        "version",
        "request_id",
        "duration_ms",
        "age_s",
        "origin",
        "preferred",
    ] {
        let mut line = line.clone();
        line.as_object_mut().expect("an object").remove(field);
        assert!(validate(&line).is_err(), "without {field}");
    }
}

#[test]
fn the_line_that_the_documentation_shows_is_one() {
    let document = include_str!("../../../../docs/logging.md");
    let shown = document.lines().find(|line| line.starts_with('{'));
    let line = serde_json::from_str(shown.expect("a line")).expect("JSON");
    assert_documented(&line);
}

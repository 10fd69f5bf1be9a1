//! The application's JSON log lines, for a person to read.

use std::fmt::Write as _;

use serde_json::Value;

/// One line for one request, e.g.
/// `200 GET  /a  pop AMS → eu_origin  1 attempt  3.1 ms  123 B  served`. Whatever the log line lacks
/// is left out.
#[must_use]
pub fn one_line(log: &Value) -> String {
    let text = |field: &str| log.get(field).and_then(Value::as_str);
    let status = log
        .get("status")
        .and_then(Value::as_u64)
        .map_or_else(|| "---".to_owned(), |status| status.to_string());
    let mut line = format!(
        "{status} {:<4} {}",
        text("method").unwrap_or("-"),
        text("path").unwrap_or("-")
    );
    if let Some(pop) = text("pop") {
        let _ = write!(line, "  pop {pop}");
    }
    if let Some(origin) = text("origin") {
        let _ = write!(line, " → {origin}");
    }
    if let Some(attempts) = log
        .get("attempts")
        .and_then(Value::as_array)
        .filter(|attempts| !attempts.is_empty())
    {
        line.push_str(&describe(attempts));
    }
    if let Some(bytes) = log.get("bytes").and_then(Value::as_u64) {
        let _ = write!(line, "  {bytes} B");
    }
    if let Some(reason) = text("reason") {
        let _ = write!(line, "  {reason}");
    }
    line
}

/// One attempt is only a duration; of several each is named, because that is the failover.
fn describe(attempts: &[Value]) -> String {
    let total: f64 = attempts
        .iter()
        .filter_map(|attempt| attempt.get("duration_ms")?.as_f64())
        .sum();
    if let [_] = attempts {
        return format!("  1 attempt  {total:.1} ms");
    }
    let each = attempts.iter().map(|attempt| {
        let text = |field: &str| attempt.get(field).and_then(Value::as_str).unwrap_or("?");
        let status = attempt
            .get("status")
            .and_then(Value::as_u64)
            .map(|status| format!(" {status}"));
        format!(
            "{} {}{}",
            text("origin"),
            text("outcome"),
            status.unwrap_or_default()
        )
    });
    format!(
        "  {} attempts ({})  {total:.1} ms",
        attempts.len(),
        each.collect::<Vec<_>>().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> String {
        one_line(&serde_json::from_str(json).expect("JSON"))
    }

    #[test]
    fn a_served_request_is_one_short_line() {
        let json = r#"{"version":1,"method":"GET","path":"/a","status":200,"pop":"AMS","pop_source":"parameter",
            "origin":"eu_origin","attempts":[{"origin":"eu_origin","outcome":"answered","status":200,"duration_ms":1.24}],
            "bytes":123,"reason":"served"}"#;
        assert_eq!(
            line(json),
            "200 GET  /a  pop AMS → eu_origin  1 attempt  1.2 ms  123 B  served"
        );
    }

    #[test]
    fn a_failover_names_each_attempt() {
        let json = r#"{"method":"GET","path":"/a","status":200,"origin":"us_origin","attempts":[
            {"origin":"eu_origin","outcome":"unreachable","duration_ms":0.5},
            {"origin":"us_origin","outcome":"answered","status":200,"duration_ms":2}]}"#;
        let expected = "200 GET  /a → us_origin  2 attempts (eu_origin unreachable, us_origin answered 200)  2.5 ms";
        assert_eq!(line(json), expected);
    }

    #[test]
    fn absent_and_null_fields_are_left_out() {
        assert_eq!(line("{}"), "--- -    -");
        assert_eq!(
            line(
                r#"{"status":405,"method":"PUT","path":"/a","origin":null,"attempts":null,"bytes":null}"#
            ),
            "405 PUT  /a"
        );
    }
}

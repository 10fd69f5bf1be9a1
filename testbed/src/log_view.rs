//! The application's JSON log lines, for a person to read.

use std::fmt::Write as _;

use serde_json::Value;

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// What the columns of [`one_line`] are.
pub const HEADER: &str = "time     status method  POP       ms cache origin     path";

/// One line for one request, in columns: the time of day, the status, the method, the POP, the
/// milliseconds, what the cache had to do with it, the origin, the path; where it was refused or took
/// several attempts also why, e.g.
/// `04:53:20 200    GET     AMS     92.5 miss  us_origin  /a  eu_origin busy 503 SlowDown, us_origin served 200`.
///
/// What the log line lacks is a dash. `colour` is for terminals only.
#[must_use]
pub fn one_line(log: &Value, colour: bool) -> String {
    let text = |field: &str| log.get(field).and_then(Value::as_str);
    let duration = log.get("duration_ms").and_then(Value::as_f64);
    let mut line = format!(
        "{:<8} {} {:<7} {:<3} {:>8} {:<5} {:<10} {}",
        text("time").and_then(time_of_day).unwrap_or("-"),
        status_column(number(log, "status"), colour),
        text("method").unwrap_or("-"),
        text("pop").unwrap_or("-"),
        duration.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}")),
        text("cache").unwrap_or("-"),
        text("origin").unwrap_or("-"),
        text("path").unwrap_or("-"),
    );
    let why = why(log);
    if !why.is_empty() {
        let _ = write!(line, "  {why}");
    }
    line
}

/// `HH:MM:SS` of a time in RFC 3339.
fn time_of_day(time: &str) -> Option<&str> {
    time.split_once('T')?.1.get(..8)
}

fn status_column(status: Option<u64>, colour: bool) -> String {
    let column = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
    let start = match status {
        Some(200..400) => GREEN,
        Some(400..500) => YELLOW,
        Some(500..) => RED,
        Some(_) | None => "",
    };
    if colour && !start.is_empty() {
        format!("{start}{column:<6}{PLAIN}")
    } else {
        format!("{column:<6}")
    }
}

/// The reason and each attempt, when there is more to say than that it was served at once.
fn why(log: &Value) -> String {
    let attempts = list(log, "attempts");
    let problems = list(log, "problems");
    let is_failure = number(log, "status").is_some_and(|status| status >= 400);
    if attempts.len() < 2 && problems.is_empty() && !is_failure {
        return String::new();
    }
    let mut parts = attempts.iter().map(attempt).collect::<Vec<_>>();
    // Of a single attempt the outcome often is the reason; and an attempt has its own problems said.
    let reason = log.get("reason").and_then(Value::as_str);
    let is_said = |reason: &str| {
        attempts
            .iter()
            .any(|attempt| attempt.get("outcome").and_then(Value::as_str) == Some(reason))
    };
    if let Some(reason) = reason.filter(|reason| is_failure && !is_said(reason)) {
        parts.insert(0, reason.to_owned());
    }
    let said: Vec<_> = attempts
        .iter()
        .flat_map(|attempt| list(attempt, "problems"))
        .collect();
    let unsaid = problems.iter().filter(|problem| !said.contains(problem));
    parts.extend(unsaid.filter_map(Value::as_str).map(str::to_owned));
    parts.join(", ")
}

/// Origin, outcome, status, S3 code and problems.
fn attempt(attempt: &Value) -> String {
    let text = |field: &str| attempt.get(field).and_then(Value::as_str);
    let mut shown = format!(
        "{} {}",
        text("origin").unwrap_or("?"),
        text("outcome").unwrap_or("?")
    );
    if let Some(status) = number(attempt, "status") {
        let _ = write!(shown, " {status}");
    }
    if let Some(code) = text("code") {
        let _ = write!(shown, " {code}");
    }
    let problems: Vec<_> = list(attempt, "problems")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    if !problems.is_empty() {
        let _ = write!(shown, " ({})", problems.join("; "));
    }
    shown
}

fn number(log: &Value, field: &str) -> Option<u64> {
    log.get(field).and_then(Value::as_u64)
}

fn list<'a>(log: &'a Value, field: &str) -> &'a [Value] {
    log.get(field)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(json: &str) -> String {
        one_line(&serde_json::from_str(json).expect("JSON"), false)
    }

    #[test]
    fn a_served_request_is_its_columns_alone() {
        let json = r#"{"version":1,"time":"2026-11-21T04:53:20.25Z","method":"GET","path":"/a","status":200,
            "reason":"served","pop":"AMS","pop_source":"parameter","route":"pop_table","cache":"hit","origin":"eu_origin",
            "attempts":[{"origin":"eu_origin","outcome":"served","status":200,"duration_ms":1.2}],
            "bytes":123,"duration_ms":1.24}"#;
        assert_eq!(
            line(json),
            "04:53:20 200    GET     AMS      1.2 hit   eu_origin  /a"
        );
    }

    #[test]
    fn the_columns_stand_under_their_names() {
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"HEAD","path":"/a","status":304,"pop":"SYD",
            "cache":"stale","origin":"us_origin","duration_ms":1234.5}"#;
        let line = line(json);
        for (name, value) in [
            ("status", "304"),
            ("method", "HEAD"),
            ("POP", "SYD"),
            ("cache", "stale"),
            ("origin", "us_origin"),
            ("path", "/a"),
        ] {
            assert_eq!(HEADER.find(name), line.find(value), "{name}\n{line}");
        }
    }

    #[test]
    fn a_failover_names_each_attempt() {
        let json = r#"{"time":"2026-11-21T04:53:20.25Z","method":"GET","path":"/a","status":200,"reason":"served",
            "origin":"us_origin","duration_ms":92.5,"attempts":[
            {"origin":"eu_origin","outcome":"busy","status":503,"code":"SlowDown","duration_ms":12.3},
            {"origin":"us_origin","outcome":"served","status":200,"duration_ms":80}]}"#;
        assert_eq!(
            line(json),
            "04:53:20 200    GET     -       92.5 -     us_origin  /a  eu_origin busy 503 SlowDown, us_origin served 200"
        );
    }

    #[test]
    fn a_request_that_no_origin_served_says_why() {
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"GET","path":"/a","status":502,"reason":"origins_failed",
            "pop":"LHR","duration_ms":3.0,"attempts":[
            {"origin":"eu_origin","outcome":"unreachable","duration_ms":0.5},
            {"origin":"us_origin","outcome":"misconfigured","duration_ms":0,"problems":["no key"]}],
            "problems":["no key"]}"#;
        assert_eq!(
            line(json),
            "04:53:20 502    GET     LHR      3.0 -     -          /a  \
             origins_failed, eu_origin unreachable, us_origin misconfigured (no key)"
        );
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"GET","path":"/b","status":404,"reason":"not_found",
            "origin":"us_origin","duration_ms":3.0,"attempts":[
            {"origin":"us_origin","outcome":"not_found","status":404,"code":"NoSuchKey","duration_ms":2}]}"#;
        assert_eq!(
            line(json),
            "04:53:20 404    GET     -        3.0 -     us_origin  /b  us_origin not_found 404 NoSuchKey"
        );
    }

    #[test]
    fn a_request_that_no_origin_was_asked_says_why() {
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"DELETE","path":"/a","status":405,
            "reason":"method_not_allowed","attempts":[],"duration_ms":0.1}"#;
        assert_eq!(
            line(json),
            "04:53:20 405    DELETE  -        0.1 -     -          /a  method_not_allowed"
        );
        let json = r#"{"method":"GET","path":"/a","status":500,"reason":"not_configured","attempts":[],
            "problems":["the config is no JSON"]}"#;
        assert!(line(json).ends_with("/a  not_configured, the config is no JSON"));
    }

    #[test]
    fn absent_and_null_fields_are_dashes() {
        let bare = "-        -      -       -          - -     -          -";
        assert_eq!(line("{}"), bare);
        let json = r#"{"time":null,"status":null,"origin":null,"attempts":null,"problems":null}"#;
        assert_eq!(line(json), bare);
    }

    #[test]
    fn the_status_is_coloured_by_its_class_on_a_terminal_only() {
        for (status, colour) in [
            (200, GREEN),
            (304, GREEN),
            (404, YELLOW),
            (502, RED),
            (0, ""),
        ] {
            let log = serde_json::json!({ "status": status });
            let coloured = one_line(&log, true);
            assert_eq!(coloured.contains('\x1b'), !colour.is_empty(), "{status}");
            assert!(
                coloured.contains(&format!("{colour}{status:<6}")),
                "{coloured:?}"
            );
            let stripped = coloured.replace(colour, "").replace(PLAIN, "");
            assert_eq!(stripped, one_line(&log, false), "{status}");
        }
    }
}

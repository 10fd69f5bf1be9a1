//! The application's JSON log lines, formatted for people.

use std::ffi::OsStr;
use std::fmt::Write as _;

use serde_json::Value;

const GREEN: &str = "\x1b[32m";
const YELLOW: &str = "\x1b[33m";
const RED: &str = "\x1b[31m";
const DIM: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// The names of the columns of [`readable`].
pub const HEADER: &str = "time     status method  POP       ms cache      origin     id       path";

/// The maximum width of a line, errors on a line of their own excepted.
const WIDTH: usize = 120;

/// The indent of errors on a line of their own.
const INDENT: &str = "         ";

/// The outcomes of attempts that did not fail.
const GOOD: [&str; 5] = [
    "served",
    "served_part",
    "not_modified",
    "precondition_failed",
    "range_not_satisfiable",
];

/// Whether lines are coloured: on a terminal, unless `NO_COLOR` is set and not empty (<https://no-color.org>).
#[must_use]
pub fn is_coloured(is_terminal: bool, no_color: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty)
}

/// One request in columns: time of day, status, method, POP, duration in milliseconds, cache state with age,
/// origin, end of the request ID, path, the engine that rendered a variant, and the failures, if there are any:
/// `04:53:20 200    GET     AMS     92.5 miss       us_origin  0e0e4736 /a  eu_origin busy 503 SlowDown 12.3 ms`.
///
/// Failures that do not fit in the line are on a second one, and a long path is shortened in the middle. A
/// missing field is a dash.
#[must_use]
pub fn readable(log: &Value, colour: bool) -> String {
    let text = |field: &str| log.get(field).and_then(Value::as_str);
    let paint = |text: String, colour_of_it: &str| {
        if colour && !colour_of_it.is_empty() {
            format!("{colour_of_it}{text}{PLAIN}")
        } else {
            text
        }
    };
    let status = number(log, "status");
    let duration = log.get("duration_ms").and_then(Value::as_f64);
    let before_path = [
        format!("{:<8}", text("time").and_then(time_of_day).unwrap_or("-")),
        paint(
            format!(
                "{:<6}",
                status.map_or_else(dash, |status| status.to_string())
            ),
            colour_of_status(status),
        ),
        format!("{:<7}", text("method").unwrap_or("-")),
        format!("{:<3}", text("pop").unwrap_or("-")),
        format!("{:>8}", duration.map_or_else(dash, |ms| format!("{ms:.1}"))),
        paint(
            format!("{:<10}", cache(log)),
            colour_of_cache(text("cache")),
        ),
        format!("{:<10}", text("origin").unwrap_or("-")),
        paint(
            format!("{:<8}", text("request_id").map_or_else(dash, end_of)),
            DIM,
        ),
    ];
    let engine = text("engine").map(|engine| format!("  made by {engine}"));
    let engine = engine.unwrap_or_default();
    let path = shortened(text("path").unwrap_or("-"), engine.chars().count());
    let path = path + &engine;
    let failures = failures(log);
    let taken = HEADER.len() - "path".len() + path.chars().count();
    let mut line = format!("{} {path}", before_path.join(" "));
    if !failures.is_empty() {
        let between = if taken + "  ".len() + failures.chars().count() <= WIDTH {
            "  ".to_owned()
        } else {
            format!("\n{INDENT}")
        };
        let _ = write!(
            line,
            "{between}{}",
            paint(failures, colour_of_failure(status))
        );
    }
    line
}

fn dash() -> String {
    "-".to_owned()
}

/// The `HH:MM:SS` of an RFC 3339 time.
fn time_of_day(time: &str) -> Option<&str> {
    time.split_once('T')?.1.get(..8)
}

fn colour_of_status(status: Option<u64>) -> &'static str {
    match status {
        Some(200..400) => GREEN,
        Some(400..500) => YELLOW,
        Some(500..) => RED,
        Some(_) | None => "",
    }
}

fn colour_of_cache(cache: Option<&str>) -> &'static str {
    match cache {
        Some("hit") => GREEN,
        Some("stale") => YELLOW,
        _ => "",
    }
}

fn colour_of_failure(status: Option<u64>) -> &'static str {
    if status.is_some_and(|status| status >= 500) {
        RED
    } else {
        YELLOW
    }
}

/// The state of the cache, and the age of the cached response.
fn cache(log: &Value) -> String {
    let state = log.get("cache").and_then(Value::as_str).unwrap_or("-");
    match number(log, "age_s") {
        Some(age) => format!("{state} {}", rough(age)),
        None => state.to_owned(),
    }
}

/// Seconds in a unit with at most three digits, rounded down.
fn rough(seconds: u64) -> String {
    match seconds {
        0..1000 => format!("{seconds}s"),
        1000..60_000 => format!("{}m", seconds / 60),
        60_000..3_600_000 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The last eight characters of an ID: Viceroy's IDs are numbers, which differ at their end.
fn end_of(id: &str) -> String {
    let skipped = id.chars().count().saturating_sub(8);
    id.chars().skip(skipped).collect()
}

/// A path that fits with `more` characters after it, shortened in the middle if necessary: folder and file name matter
/// most.
fn shortened(path: &str, more: usize) -> String {
    let taken = HEADER.len() - "path".len() + more;
    let (room, length) = (WIDTH.saturating_sub(taken), path.chars().count());
    if length <= room {
        return path.to_owned();
    }
    let (front, back) = (room / 2, (room - room / 2).saturating_sub(1));
    let start: String = path.chars().take(front).collect();
    let end: String = path.chars().skip(length - back).collect();
    format!("{start}…{end}")
}

/// The reason, the failed attempts and the problems of the configuration; empty if nothing failed.
fn failures(log: &Value) -> String {
    let attempts = list(log, "attempts");
    let problems = list(log, "problems");
    let outcome = |attempt: &Value| {
        let outcome = attempt.get("outcome").and_then(Value::as_str);
        outcome.unwrap_or("?").to_owned()
    };
    let failed = || {
        let is_good = |attempt: &&Value| GOOD.contains(&outcome(attempt).as_str());
        attempts.iter().filter(move |attempt| !is_good(attempt))
    };
    let mut parts = failed().map(attempt).collect::<Vec<_>>();
    // The reason is often the outcome of the only attempt, and problems are shown with their attempt.
    let reason = log.get("reason").and_then(Value::as_str);
    let is_failure = number(log, "status").is_some_and(|status| status >= 400);
    let is_shown = |reason: &str| failed().any(|attempt| outcome(attempt) == reason);
    let is_news = |reason: &&str| (is_failure || *reason == "broken_off") && !is_shown(reason);
    if let Some(reason) = reason.filter(is_news) {
        parts.insert(0, reason.to_owned());
    }
    let shown: Vec<_> = failed()
        .flat_map(|attempt| list(attempt, "problems"))
        .collect();
    let remaining = problems.iter().filter(|problem| !shown.contains(problem));
    parts.extend(remaining.filter_map(Value::as_str).map(str::to_owned));
    parts.join(", ")
}

/// Origin, outcome, status, S3 code, milliseconds and problems.
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
    if let Some(ms) = attempt.get("duration_ms").and_then(Value::as_f64)
        && ms > 0.0
    {
        let _ = write!(shown, " {ms:.1} ms");
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
        readable(&serde_json::from_str(json).expect("JSON"), false)
    }

    #[test]
    fn a_served_request_is_its_columns_alone() {
        let json = r#"{"version":2,"time":"2026-11-21T04:53:20.25Z","request_id":"4bf92f3577b34da6a3ce929d0e0e4736",
            "method":"GET","path":"/a","status":200,"reason":"served","bytes":123,"pop":"AMS","pop_source":"parameter",
            "country":"NL","route":"pop_table","cache":"hit","age_s":61,"preferred":"eu_origin","origin":"eu_origin",
            "attempts":[],"duration_ms":1.24,"head_ms":1.1,"vcpu_ms":0}"#;
        assert_eq!(
            line(json),
            "04:53:20 200    GET     AMS      1.2 hit 61s    eu_origin  0e0e4736 /a"
        );
    }

    #[test]
    fn a_variant_that_was_rendered_names_its_engine() {
        for (engine, end) in [
            (r#","engine":"guest""#, "/prew/small/a.jpg  made by guest"),
            ("", "/prew/small/a.jpg"),
        ] {
            let json = format!(r#"{{"path":"/prew/small/a.jpg","status":200{engine}}}"#);
            let line = line(&json);
            assert!(line.ends_with(end), "{line}");
        }
        let path = format!("/prew/small/{}.jpg", "x".repeat(100));
        let log = serde_json::json!({"path": path, "status": 200, "engine": "service"});
        let line = readable(&log, false);
        assert!(line.ends_with(".jpg  made by service"), "{line}");
        assert_eq!(line.chars().count(), WIDTH, "{line}");
    }

    #[test]
    fn the_columns_stand_under_their_names() {
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"HEAD","path":"/a","status":304,"pop":"SYD",
            "cache":"stale","age_s":7,"origin":"us_origin","duration_ms":1234.5,"request_id":"told-3"}"#;
        let line = line(json);
        for (name, value) in [
            ("status", "304"),
            ("method", "HEAD"),
            ("POP", "SYD"),
            ("cache", "stale 7s"),
            ("origin", "us_origin"),
            ("id", "told-3"),
            ("path", "/a"),
        ] {
            assert_eq!(HEADER.find(name), line.find(value), "{name}\n{line}");
        }
    }

    #[test]
    fn an_age_is_told_in_at_most_three_digits() {
        for (seconds, told) in [
            (0, "0s"),
            (999, "999s"),
            (1000, "16m"),
            (59_999, "999m"),
            (60_000, "16h"),
            (3_600_000, "41d"),
        ] {
            assert_eq!(rough(seconds), told);
        }
    }

    #[test]
    fn a_failover_names_the_attempt_that_failed_and_no_other() {
        let json = r#"{"time":"2026-11-21T04:53:20.25Z","method":"GET","path":"/a","status":200,"reason":"served",
            "cache":"miss","origin":"us_origin","duration_ms":92.5,"attempts":[
            {"origin":"eu_origin","outcome":"busy","status":503,"code":"SlowDown","duration_ms":12.3},
            {"origin":"us_origin","outcome":"served_part","status":206,"duration_ms":80},
            {"origin":"us_origin","outcome":"served_part","status":206,"duration_ms":81}]}"#;
        assert_eq!(
            line(json),
            "04:53:20 200    GET     -       92.5 miss       us_origin  -        /a  eu_origin busy 503 SlowDown 12.3 ms"
        );
    }

    #[test]
    fn the_segments_of_a_large_object_say_nothing() {
        let json = r#"{"path":"/a","status":200,"reason":"served","attempts":[
            {"origin":"us_origin","outcome":"served_part","status":206,"duration_ms":80},
            {"origin":"us_origin","outcome":"served_part","status":206,"duration_ms":81}]}"#;
        assert!(line(json).ends_with(" /a"), "{}", line(json));
    }

    #[test]
    fn an_answer_that_broke_off_says_so() {
        let json = r#"{"path":"/a","status":200,"reason":"broken_off","attempts":[]}"#;
        assert!(line(json).ends_with(" /a  broken_off"), "{}", line(json));
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
            "04:53:20 502    GET     LHR      3.0 -          -          -        /a\n         \
             origins_failed, eu_origin unreachable 0.5 ms, us_origin misconfigured (no key)"
        );
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"GET","path":"/b","status":404,"reason":"not_found",
            "origin":"us_origin","duration_ms":3.0,"attempts":[
            {"origin":"us_origin","outcome":"not_found","status":404,"code":"NoSuchKey","duration_ms":2}]}"#;
        assert_eq!(
            line(json),
            "04:53:20 404    GET     -        3.0 -          us_origin  -        /b  us_origin not_found 404 NoSuchKey 2.0 ms"
        );
    }

    #[test]
    fn a_request_that_no_origin_was_asked_says_why() {
        let json = r#"{"time":"2026-11-21T04:53:20Z","method":"DELETE","path":"/a","status":405,
            "reason":"method_not_allowed","attempts":[],"duration_ms":0.1}"#;
        assert_eq!(
            line(json),
            "04:53:20 405    DELETE  -        0.1 -          -          -        /a  method_not_allowed"
        );
        let json = r#"{"method":"GET","path":"/a","status":500,"reason":"not_configured","attempts":[],
            "problems":["no JSON"]}"#;
        assert!(line(json).ends_with("/a  not_configured, no JSON"));
    }

    #[test]
    fn a_line_is_never_wider_than_it_may_be() {
        for length in [1, 51, 52, 53, 200] {
            let path = format!("/{}.html", "x".repeat(length));
            let log = serde_json::json!({"path": path, "status": 404, "reason": "not_found"});
            let shown = readable(&log, false);
            assert!(
                shown.lines().all(|line| line.chars().count() <= WIDTH),
                "{shown}"
            );
            assert!(
                shown.contains(".html") && shown.ends_with("not_found"),
                "{shown}"
            );
            let is_whole = path.len() <= WIDTH - (HEADER.len() - "path".len());
            assert_eq!(shown.contains(&path), is_whole, "{shown}");
        }
    }

    #[test]
    fn absent_and_null_fields_are_dashes() {
        let bare = "-        -      -       -          - -          -          -        -";
        assert_eq!(line("{}"), bare);
        let json = r#"{"time":null,"status":null,"origin":null,"attempts":null,"problems":null}"#;
        assert_eq!(line(json), bare);
    }

    #[test]
    fn colour_is_for_terminals_and_for_those_who_do_not_refuse_it() {
        let set = |value: &'static str| Some(OsStr::new(value));
        assert!(is_coloured(true, None) && is_coloured(true, set("")));
        assert!(!is_coloured(true, set("1")) && !is_coloured(true, set("false")));
        assert!(!is_coloured(false, None));
    }

    #[test]
    fn the_status_is_coloured_by_its_class() {
        for (status, colour) in [
            (200, GREEN),
            (304, GREEN),
            (404, YELLOW),
            (502, RED),
            (0, ""),
        ] {
            let log = serde_json::json!({ "status": status });
            let coloured = readable(&log, true);
            assert!(
                coloured.contains(&format!("{colour}{status:<6}")),
                "{coloured:?}"
            );
        }
    }

    #[test]
    fn colours_change_nothing_else() {
        for (state, status, colour) in [
            ("hit", 200, GREEN),
            ("stale", 200, YELLOW),
            ("miss", 502, RED),
        ] {
            let log = serde_json::json!({"status": status, "cache": state, "path": "/a", "attempts": [
                {"origin": "us_origin", "outcome": "busy"}]});
            let mut coloured = readable(&log, true);
            assert!(coloured.contains(colour), "{coloured:?}");
            for code in [GREEN, YELLOW, RED, DIM, PLAIN] {
                coloured = coloured.replace(code, "");
            }
            assert_eq!(coloured, readable(&log, false));
            assert!(!coloured.contains('\x1b'));
        }
    }
}

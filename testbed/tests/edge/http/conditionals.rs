//! Conditional and range requests (RFC 9110 §13, §14), decided at the edge, for small objects and for objects of
//! several segments.

use b2_edge_testbed::{Object, Request, Response};
use http::StatusCode;

use crate::support::stage::{Stage, US_HOST, assert_own_text, cache_of, shared};

const OK: StatusCode = StatusCode::OK;
const PART: StatusCode = StatusCode::PARTIAL_CONTENT;
const SAME: StatusCode = StatusCode::NOT_MODIFIED;
const FAILED: StatusCode = StatusCode::PRECONDITION_FAILED;
const BEYOND: StatusCode = StatusCode::RANGE_NOT_SATISFIABLE;

const PAST: &str = "Sat, 01 Jan 2000 00:00:00 GMT";
const FUTURE: &str = "Fri, 01 Jan 2100 00:00:00 GMT";

/// More than one segment of the default configuration, less than two.
const LARGE: usize = 9 * 1024 * 1024;

/// A cached object with its validators.
struct Known {
    key: &'static str,
    object: Object,
    etag: String,
    date: String,
}

async fn known(stage: &Stage, key: &'static str, size: usize) -> Known {
    let object = Object::pseudo_random(9, size).cache_control("max-age=600");
    let response = stage.fill(key, &object).await;
    let header = |name| response.header(name).expect(name).to_owned();
    Known {
        key,
        object,
        etag: header("etag"),
        date: header("last-modified"),
    }
}

fn assert_answers(response: &Response, known: &Known, status: StatusCode, context: &str) {
    assert_eq!(response.status, status, "{context}");
    assert!(response.complete, "{context}");
    assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{context}");
    assert_eq!(cache_of(response), "HIT", "{context}");
    match status {
        OK => assert!(response.body == known.object.bytes, "{context}"),
        SAME => {
            assert!(response.body.is_empty(), "{context}");
            let etag = Some(known.etag.as_str());
            assert_eq!(response.header("etag"), etag, "{context}");
            assert_eq!(
                response.header("cache-control"),
                Some("max-age=600"),
                "{context}"
            );
            assert_eq!(response.header("content-length"), None, "{context}");
        }
        PART => {}
        _ => assert_own_text(response, context),
    }
}

/// Every condition with the status of a GET; `E` is the entity tag, `D` the date of the object.
const CONDITIONS: [(&str, &str, StatusCode); 24] = [
    ("if-none-match", "E", SAME),
    ("if-none-match", "W/E", SAME),
    ("if-none-match", "\"x\", E", SAME),
    ("if-none-match", "\"x\",W/E,\"y\"", SAME),
    ("if-none-match", "\"x, y\", E", SAME),
    ("if-none-match", "*", SAME),
    ("if-none-match", "\"x\"", OK),
    ("if-none-match", "\"x\", W/\"y\"", OK),
    ("if-none-match", "no quotes", OK),
    ("if-match", "E", OK),
    ("if-match", "\"x\", E", OK),
    ("if-match", "*", OK),
    ("if-match", "W/E", FAILED),
    ("if-match", "\"x\"", FAILED),
    ("if-modified-since", "D", SAME),
    ("if-modified-since", FUTURE, SAME),
    ("if-modified-since", PAST, OK),
    ("if-modified-since", "yesterday", OK),
    ("if-unmodified-since", "D", OK),
    ("if-unmodified-since", FUTURE, OK),
    ("if-unmodified-since", PAST, FAILED),
    ("if-unmodified-since", "never", OK),
    ("if-modified-since", "Sunday, 06-Nov-94 08:49:37 GMT", OK),
    ("if-unmodified-since", "Sun Nov  6 08:49:37 1994", FAILED),
];

fn filled_in(value: &str, known: &Known) -> String {
    match value {
        "D" => known.date.clone(),
        _ => value.replace('E', &known.etag),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_condition_is_decided_at_the_edge() {
    let stage = shared().await;
    let small = known(stage, "conditionals/small.bin", 1000).await;
    let large = known(stage, "conditionals/large.bin", LARGE).await;
    for known in [&small, &large] {
        let requested = stage.requests_for(known.key);
        for (name, value, status) in CONDITIONS {
            let context = format!("{}: {name}: {value}", known.key);
            let value = filled_in(value, known);
            let target = format!("/{}", known.key);
            if status != OK || known.object.bytes.len() < LARGE {
                let get = Request::get(target.as_str()).header(name, value.as_str());
                assert_answers(&stage.send(get).await, known, status, &context);
            }
            let head = stage.send(Request::head(target).header(name, value)).await;
            assert_eq!(head.status, status, "HEAD {context}");
            assert!(head.body.is_empty(), "HEAD {context}");
        }
        assert_eq!(
            stage.requests_for(known.key),
            requested,
            "an origin was requested"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_conditions_are_decided_in_the_order_of_the_rfc() {
    let stage = shared().await;
    let known = known(stage, "conditionals/order.bin", 1000).await;
    for (headers, status) in [
        (
            &[("if-none-match", "\"x\""), ("if-modified-since", FUTURE)][..],
            OK,
        ),
        (&[("if-none-match", "E"), ("if-modified-since", PAST)], SAME),
        (&[("if-match", "E"), ("if-unmodified-since", PAST)], OK),
        (&[("if-match", "\"x\""), ("if-none-match", "E")], FAILED),
        (&[("if-match", "E"), ("if-none-match", "E")], SAME),
        (
            &[
                ("if-unmodified-since", FUTURE),
                ("if-modified-since", FUTURE),
            ],
            SAME,
        ),
        (&[("if-match", "\"x\""), ("range", "bytes=0-9")], FAILED),
        (&[("if-none-match", "E"), ("range", "bytes=0-9")], SAME),
        (&[("if-none-match", "E"), ("range", "bytes=5000-")], SAME),
        (&[("if-none-match", "\"x\""), ("range", "bytes=0-9")], PART),
        (&[("if-match", "E"), ("range", "bytes=0-9")], PART),
        (&[("if-match", "E"), ("range", "bytes=5000-")], BEYOND),
        // A list may be split into several header lines.
        (&[("if-none-match", "\"x\""), ("if-none-match", "E")], SAME),
    ] {
        let request = headers.iter().fold(
            Request::get("/conditionals/order.bin"),
            |request, (name, value)| request.header(name, filled_in(value, &known)),
        );
        let response = stage.send(request).await;
        assert_answers(&response, &known, status, &format!("{headers:?}"));
    }
    assert_eq!(stage.requests_for(known.key), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_range_lets_a_range_through_only_for_the_version_it_names() {
    let stage = shared().await;
    let known = known(stage, "conditionals/if-range.bin", 1000).await;
    for (validator, range, status) in [
        ("E", "bytes=10-19", PART),
        ("W/E", "bytes=10-19", OK),
        ("\"x\"", "bytes=10-19", OK),
        (PAST, "bytes=10-19", OK),
        (FUTURE, "bytes=10-19", OK),
        ("nonsense", "bytes=10-19", OK),
        ("\"x\"", "bytes=5000-", OK),
        ("E", "bytes=5000-", BEYOND),
    ] {
        let request = Request::get("/conditionals/if-range.bin")
            .header("range", range)
            .header("if-range", filled_in(validator, &known));
        let context = format!("{validator} {range}");
        let response = stage.send(request).await;
        assert_answers(&response, &known, status, &context);
        if status == PART {
            assert!(response.body == known.object.bytes[10..20], "{context}");
        }
    }
}

/// Ranges of an object of `size` bytes, each with its part of the object; `None` is not satisfiable.
fn ranges(size: usize) -> Vec<(String, Option<std::ops::Range<usize>>)> {
    let edge = 8 * 1024 * 1024;
    let mut ranges = vec![
        ("bytes=0-0".to_owned(), Some(0..1)),
        ("bytes=0-99".to_owned(), Some(0..100)),
        ("BYTES=5-9".to_owned(), Some(5..10)),
        ("bytes=500-500".to_owned(), Some(500..501)),
        ("bytes=900-".to_owned(), Some(900..size)),
        ("bytes=-1".to_owned(), Some(size - 1..size)),
        ("bytes=-100".to_owned(), Some(size - 100..size)),
        (format!("bytes=-{}", size + 5), Some(0..size)),
        (
            format!("bytes={}-{}", size - 3, size + 9),
            Some(size - 3..size),
        ),
        (format!("bytes=0-{}", u64::MAX), Some(0..size)),
        ("bytes= 5-9".to_owned(), Some(5..10)),
        (format!("bytes={size}-"), None),
        (format!("bytes={}-{}", size + 1, size + 2), None),
        (format!("bytes={}-", u64::MAX), None),
        ("bytes=-0".to_owned(), None),
    ];
    if size > edge {
        ranges.extend([
            (
                format!("bytes={}-{}", edge - 5, edge + 4),
                Some(edge - 5..edge + 5),
            ),
            (
                format!("bytes={}-{}", edge - 5, edge - 1),
                Some(edge - 5..edge),
            ),
            (format!("bytes={edge}-{}", edge + 4), Some(edge..edge + 5)),
        ]);
    }
    ranges
}

#[tokio::test(flavor = "multi_thread")]
async fn each_range_gets_exactly_its_bytes_or_416_from_the_edge() {
    let stage = shared().await;
    let small = known(stage, "conditionals/ranges-small.bin", 1000).await;
    let large = known(stage, "conditionals/ranges-large.bin", LARGE).await;
    for known in [&small, &large] {
        let size = known.object.bytes.len();
        let requested = stage.requests_for(known.key);
        for (range, part) in ranges(size) {
            let context = format!("{}: {range}", known.key);
            let request = Request::get(format!("/{}", known.key)).header("range", range);
            let response = stage.send(request).await;
            let Some(part) = part else {
                assert_answers(&response, known, BEYOND, &context);
                let unsatisfied = format!("bytes */{size}");
                assert_eq!(response.header("content-range"), Some(unsatisfied.as_str()));
                continue;
            };
            assert_answers(&response, known, PART, &context);
            let said = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            assert_eq!(
                response.header("content-range"),
                Some(said.as_str()),
                "{context}"
            );
            let length = part.len().to_string();
            assert_eq!(
                response.header("content-length"),
                Some(length.as_str()),
                "{context}"
            );
            assert!(
                response.body == known.object.bytes[part],
                "{context}: the bytes"
            );
            assert_eq!(
                response.header("etag"),
                Some(known.etag.as_str()),
                "{context}"
            );
        }
        assert_eq!(
            stage.requests_for(known.key),
            requested,
            "an origin was requested"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_single_range_is_answered_with_the_whole_object() {
    let stage = shared().await;
    let known = known(stage, "conditionals/no-range.bin", 1000).await;
    for range in [
        "bytes=0-1,4-5",
        "bytes=0-1, -5",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=",
        "bytes=-",
        "bytes",
        "lines=1-2",
        "bytes=1-2-3",
        "bytes=+1-2",
        "bytes=99999999999999999999999-",
        "",
    ] {
        let request = Request::get("/conditionals/no-range.bin").header("range", range);
        let response = stage.send(request).await;
        if range.len() > 20 {
            // More than 64 bits: invalid, or beyond the end.
            assert!([OK, BEYOND].contains(&response.status), "{range}");
        } else {
            assert_answers(&response, &known, OK, range);
            assert_eq!(response.header("content-range"), None, "{range}");
        }
    }
    let request = Request::head("/conditionals/no-range.bin").header("range", "bytes=0-9");
    let head = stage.send(request).await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (OK, Some("1000"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_read_with_conditions_is_fetched_without_them_and_kept() {
    let stage = shared().await;
    for (name, value, status) in [
        ("if-none-match", "*", SAME),
        ("if-none-match", "\"x\"", OK),
        ("if-match", "\"x\"", FAILED),
        ("if-modified-since", FUTURE, SAME),
        ("range", "bytes=10-19", PART),
        ("range", "bytes=-10", PART),
        ("range", "bytes=5000-", BEYOND),
    ] {
        let key = format!("conditionals/cold/{name}/{}", value.replace('"', ""));
        let target = b2_edge_testbed::encode_key(&key);
        let object = Object::pseudo_random(3, 1000);
        stage.put(&key, object.clone()).await;
        let request = Request::get(target.as_str()).header(name, value);
        let response = stage.send(request).await;
        assert_eq!(
            (response.status, cache_of(&response)),
            (status, "MISS"),
            "{key}"
        );
        for seen in stage.us.seen_for(&key) {
            for name in ["if-none-match", "if-match", "if-modified-since"] {
                assert_eq!(seen.header(name), None, "{key}: forwarded {name}");
            }
        }
        let requested = stage.requests_for(&key);
        let again = stage.get(&target).await;
        crate::support::stage::assert_whole(&again, &object.bytes, &key);
        if status != BEYOND {
            let more = stage.requests_for(&key) - requested;
            let allowed = usize::from(value.contains("=-"));
            assert!(more <= allowed, "{key}: {more} more requests");
        }
    }
}

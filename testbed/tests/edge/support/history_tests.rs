//! Tests of the model: it accepts what a correct cache may respond, and nothing else.

use std::time::{Duration, Instant};

use b2_edge_testbed::Response;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::history::{Content, Exchange, Explained, Failing, History, Limits, ReadKind};

const LIMITS: Limits = Limits {
    stale: Duration::from_secs(2),
    on_error: Duration::from_secs(5),
    not_found: Duration::from_secs(1),
    given: Duration::from_secs(3),
    slack: Duration::from_millis(500),
};

const WELL: Failing = Failing {
    all: false,
    any: false,
    bodies: false,
    serves_stale: false,
    all_lately: false,
};
const ONE_DOWN: Failing = Failing { any: true, ..WELL };
const DOWN: Failing = Failing {
    all: true,
    ..ONE_DOWN
};
const BREAKING: Failing = Failing {
    bodies: true,
    ..ONE_DOWN
};

fn content(text: &'static str) -> Content {
    Content {
        bytes: text.into(),
        etag: format!("\"tag of {text}\""),
    }
}

/// A key without an object until second 10, with "old" until 20, "newer" until 30, and none after that.
fn history() -> (History, Instant) {
    let zero = Instant::now();
    let at = |seconds| zero + Duration::from_secs(seconds);
    let mut history = History::new(LIMITS, zero);
    history.changed(Some(content("old")), at(10), at(10));
    history.changed(Some(content("newer")), at(20), at(20));
    history.changed(None, at(30), at(30));
    (history, zero)
}

fn response(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> Response {
    let headers = headers.iter().map(|(name, value)| {
        let value = HeaderValue::from_str(value).expect("a value");
        (HeaderName::from_static(name), value)
    });
    Response {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: headers.collect::<HeaderMap>(),
        body: body.into(),
        complete: true,
        head_after: Duration::ZERO,
    }
}

fn whole(text: &'static str) -> Response {
    let (etag, length) = (content(text).etag, text.len().to_string());
    response(200, &[("etag", &etag), ("content-length", &length)], text)
}

/// The model's result for a response at this second.
fn explained(
    second: f32,
    kind: &ReadKind,
    failing: Failing,
    response: &Response,
) -> Result<Explained, String> {
    let (history, zero) = history();
    let moment = zero + Duration::from_secs_f32(second);
    history.explain(&Exchange {
        is_head: false,
        kind,
        failing,
        started: moment,
        ended: moment,
        response,
    })
}

#[test]
fn a_version_is_explained_as_long_as_it_may_be_cached() {
    for (second, failing, text, version) in [
        (10.0, WELL, "old", Some(1)),
        (19.9, WELL, "old", Some(1)),
        (20.1, WELL, "newer", Some(2)),
        (22.4, WELL, "old", Some(1)),
        (22.6, WELL, "old", None),
        (25.4, DOWN, "old", Some(1)),
        (25.6, DOWN, "old", None),
        (19.9, WELL, "newer", None),
        (9.9, WELL, "old", None),
        (32.4, WELL, "newer", Some(2)),
        (32.6, WELL, "newer", None),
        // One origin does not have it, another cannot respond.
        (34.9, ONE_DOWN, "newer", Some(2)),
        (35.6, ONE_DOWN, "newer", None),
        (22.6, ONE_DOWN, "old", None),
    ] {
        let found = explained(second, &ReadKind::Whole, failing, &whole(text));
        let found = found.ok().map(|explained| explained.version);
        assert_eq!(found, version.map(Some), "{text} at {second}, {failing:?}");
    }
}

#[test]
fn an_old_answer_is_named_as_such_and_those_ruled_out_are_counted() {
    let error = explained(25.0, &ReadKind::Whole, WELL, &whole("old")).expect_err("too old");
    assert!(
        error.ends_with("it is version 1, which is too old"),
        "{error}"
    );
    let found = explained(25.0, &ReadKind::Whole, WELL, &whole("newer")).expect("current");
    assert_eq!(found.too_old, 2);
}

#[test]
fn absence_is_explained_only_near_a_time_without_the_object() {
    let missing = response(404, &[], "no such object");
    for (second, is_right) in [
        (5.0, true),
        (11.4, true),
        (11.6, false),
        (25.0, false),
        (29.9, false),
        (30.0, true),
        (99.0, true),
    ] {
        let found = explained(second, &ReadKind::Whole, WELL, &missing);
        assert_eq!(found.is_ok(), is_right, "{second}: {found:?}");
    }
}

#[test]
fn errors_are_for_times_when_no_origin_can_answer() {
    let bad = response(502, &[], "");
    assert!(explained(15.0, &ReadKind::Whole, DOWN, &bad).is_ok());
    assert!(explained(15.0, &ReadKind::Whole, WELL, &bad).is_err());
    assert!(explained(15.0, &ReadKind::Whole, BREAKING, &bad).is_err());
}

#[test]
fn a_body_is_one_version_and_its_length_and_tag_are_of_the_same() {
    let mut mixed = whole("newer");
    mixed.body = "newol".into();
    let mut mistagged = whole("newer");
    mistagged.headers = whole("old").headers;
    let mut short = whole("newer");
    short.body = "new".into();
    let mut cut = short.clone();
    cut.complete = false;
    for (name, response, failing, is_right) in [
        ("mixed", &mixed, WELL, false),
        ("mistagged", &mistagged, WELL, false),
        ("short", &short, WELL, false),
        ("short while bodies break", &short, BREAKING, false),
        ("cut", &cut, WELL, false),
        ("cut while bodies break", &cut, BREAKING, true),
    ] {
        // At second 21 both versions are allowed.
        let found = explained(21.0, &ReadKind::Whole, failing, response);
        assert_eq!(found.is_ok(), is_right, "{name}: {found:?}");
    }
}

#[test]
fn ranges_and_conditions_are_those_of_the_version_that_answers() {
    let tag = content("newer").etag;
    let part = |range: &str, body: &'static str| {
        let length = body.len().to_string();
        let headers = [
            ("etag", tag.as_str()),
            ("content-range", range),
            ("content-length", &length),
        ];
        response(206, &headers, body)
    };
    let unsatisfied = |range: &str| response(416, &[("content-range", range)], "");
    let unmodified = response(304, &[("etag", &tag)], "");
    let unless = |text| ReadKind::UnlessMatch(content(text).etag);
    let only_if = |text| ReadKind::IfMatch(content(text).etag);
    for (kind, response, is_right) in [
        (ReadKind::FromTo(1, 2), part("bytes 1-2/5", "ew"), true),
        (ReadKind::FromTo(1, 2), part("bytes 1-2/5", "wr"), false),
        (ReadKind::FromTo(1, 2), part("bytes 0-1/5", "ne"), false),
        (ReadKind::FromTo(1, 2), whole("newer"), false),
        (ReadKind::FromTo(3, 99), part("bytes 3-4/5", "er"), true),
        (ReadKind::From(3), part("bytes 3-4/5", "er"), true),
        (ReadKind::Last(2), part("bytes 3-4/5", "er"), true),
        (ReadKind::Last(99), part("bytes 0-4/5", "newer"), true),
        (ReadKind::From(5), unsatisfied("bytes */5"), true),
        (ReadKind::From(5), unsatisfied("bytes */3"), false),
        (ReadKind::From(4), unsatisfied("bytes */5"), false),
        (unless("newer"), unmodified.clone(), true),
        (unless("newer"), whole("newer"), false),
        (unless("old"), whole("newer"), true),
        (unless("old"), unmodified.clone(), false),
        (only_if("newer"), whole("newer"), true),
        (only_if("old"), whole("newer"), false),
        (only_if("old"), response(412, &[], ""), true),
        (only_if("newer"), response(412, &[], ""), false),
        (ReadKind::Whole, unmodified, false),
    ] {
        let found = explained(25.0, &kind, WELL, &response);
        assert_eq!(found.is_ok(), is_right, "{kind:?} {response:?}: {found:?}");
    }
}

#[test]
fn nothing_that_was_purged_comes_back() {
    let (mut history, zero) = history();
    history.purged(zero + Duration::from_millis(20_800));
    let moment = zero + Duration::from_secs(21);
    for (text, is_right) in [("old", false), ("newer", true)] {
        let found = history.explain(&Exchange {
            is_head: false,
            kind: &ReadKind::Whole,
            failing: WELL,
            started: moment,
            ended: moment,
            response: &whole(text),
        });
        assert_eq!(found.is_ok(), is_right, "{text}: {found:?}");
    }
}

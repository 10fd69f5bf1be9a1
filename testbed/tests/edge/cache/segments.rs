//! Objects larger than a segment: which segments are fetched, and no others.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, SeenRequest};
use http::StatusCode;

use crate::support::stage::{US_HOST, assert_whole, cache_of};
use crate::support::stage_pool::{Setup, StagePool};

/// `cache.segment_bytes` of these stages.
pub(super) const SEGMENT: usize = 1024 * 1024;

/// Four segments and a part of a fifth.
pub(super) const SIZE: usize = 4 * SEGMENT + 123;

/// An object that stays fresh, unlike others on these stages.
pub(super) fn object(size: usize) -> Object {
    Object::pseudo_random(5, size).cache_control("max-age=600")
}

pub(super) fn ranges_of(seen: &[SeenRequest]) -> Vec<String> {
    let gets = seen.iter().filter(|seen| seen.method == "GET");
    let mut ranges: Vec<String> = gets
        .map(|seen| seen.header("range").unwrap_or("none").to_owned())
        .collect();
    ranges.sort_unstable();
    ranges
}

/// The requests for the given segments of an object of `SIZE` bytes, sorted as text.
fn segments(numbers: &[usize]) -> Vec<String> {
    let ranges = numbers.iter().map(|number| {
        let (first, end) = (number * SEGMENT, (number + 1) * SEGMENT);
        // The first segment is requested before the length is known.
        let end = if *number == 0 { end } else { end.min(SIZE) };
        (first, end - 1)
    });
    requested(&ranges.collect::<Vec<_>>())
}

/// The requests for these ranges, sorted as text.
pub(super) fn requested(ranges: &[(usize, usize)]) -> Vec<String> {
    let ranges = ranges.iter();
    let mut ranges: Vec<_> = ranges
        .map(|(first, last)| format!("bytes={first}-{last}"))
        .collect();
    ranges.sort_unstable();
    ranges
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_read_fetches_each_segment_once_and_of_one_version() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (key, object) = ("segments/whole.bin", object(SIZE));
    let response = stage.fill(key, &object).await;
    assert_eq!(
        (cache_of(&response), response.header("x-b2-host")),
        ("MISS", Some(US_HOST))
    );
    let seen = stage.us.seen_for(key);
    assert_eq!(ranges_of(&seen), segments(&[0, 1, 2, 3, 4]));
    let etag = stage.us.etag_of(key).expect("stored");
    for request in &seen {
        let first = request.header("range") == Some("bytes=0-1048575");
        let pinned = (!first).then_some(etag.as_str());
        assert_eq!(
            request.header("if-match"),
            pinned,
            "{:?}",
            request.header("range")
        );
        assert_eq!(request.status, Some(206));
        assert!(request.header("authorization").is_some());
    }
    assert_eq!(stage.sent_for(key), SIZE as u64);
    let again = stage.get(&format!("/{key}")).await;
    assert_whole(&again, &object.bytes, key);
    assert_eq!((cache_of(&again), stage.requests_for(key)), ("HIT", 5));
    let head = stage.head(&format!("/{key}")).await;
    let length = SIZE.to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    assert_eq!((cache_of(&head), stage.requests_for(key)), ("HIT", 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_touches_its_segments_only_and_costs_nothing_the_second_time() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let object = object(SIZE);
    let last = (4 * SEGMENT, SIZE - 1);
    // Requested before the length is known.
    let last_unknown = (4 * SEGMENT, 5 * SEGMENT - 1);
    let [first, second, third, fourth] =
        [0, 1, 2, 3].map(|number| (number * SEGMENT, (number + 1) * SEGMENT - 1));
    for (number, (range, part, fetched, head)) in [
        ("bytes=10-19", 10..20, &[first][..], false),
        ("bytes=0-1048575", 0..SEGMENT, &[first], false),
        (
            "bytes=1048570-1048579",
            SEGMENT - 6..SEGMENT + 4,
            &[first, second],
            false,
        ),
        (
            "bytes=2097152-2097152",
            2 * SEGMENT..2 * SEGMENT + 1,
            &[third],
            false,
        ),
        // From one of 128 places in the second segment.
        (
            "bytes=2000000-4000000",
            2_000_000..4_000_001,
            &[(SEGMENT + 116 * SEGMENT / 128, second.1), third, fourth],
            false,
        ),
        ("bytes=-5", SIZE - 5..SIZE, &[last], true),
        (
            "bytes=-200",
            SIZE - 200..SIZE,
            &[(3 * SEGMENT + 127 * SEGMENT / 128, fourth.1), last],
            true,
        ),
        ("bytes=4194304-", 4 * SEGMENT..SIZE, &[last_unknown], false),
        (
            "bytes=3145728-99999999",
            3 * SEGMENT..SIZE,
            &[fourth, last],
            false,
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let key = format!("segments/range-{number}.bin");
        stage.put(&key, object.clone()).await;
        for round in 0..2 {
            let request = Request::get(format!("/{key}")).header("range", range);
            let response = stage.send(request).await;
            assert_eq!(
                response.status,
                StatusCode::PARTIAL_CONTENT,
                "{range} {round}"
            );
            assert!(
                response.complete && response.body == object.bytes[part.clone()],
                "{range}"
            );
            let said = format!("bytes {}-{}/{SIZE}", part.start, part.end - 1);
            assert_eq!(
                response.header("content-range"),
                Some(said.as_str()),
                "{range}"
            );
            let seen = stage.us.seen_for(&key);
            assert_eq!(ranges_of(&seen), requested(fetched), "{range} {round}");
            let heads = seen.iter().filter(|seen| seen.method == "HEAD").count();
            assert_eq!(heads, usize::from(head), "{range} {round}");
        }
        let bound = part.len() + 2 * SEGMENT;
        let sent = stage.sent_for(&key);
        assert!(sent <= bound as u64, "{range}: {sent} bytes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_size_around_the_edge_of_a_segment_is_whole() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for size in [
        SEGMENT - 1,
        SEGMENT,
        SEGMENT + 1,
        2 * SEGMENT - 1,
        2 * SEGMENT,
        2 * SEGMENT + 1,
    ] {
        let (key, object) = (format!("segments/edge-{size}.bin"), object(size));
        stage.fill(&key, &object).await;
        assert_eq!(stage.requests_for(&key), size.div_ceil(SEGMENT), "{size}");
        let request = Request::get(format!("/{key}")).header("range", "bytes=-1");
        assert!(
            stage.send(request).await.body == object.bytes[size - 1..],
            "{size}"
        );
        let again = stage.get(&format!("/{key}")).await;
        assert_whole(&again, &object.bytes, &key);
        assert_eq!(cache_of(&again), "HIT", "{size}");
        assert_eq!(stage.sent_for(&key), size as u64, "{size}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_comes_from_the_other_origin_when_that_has_the_same_version() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let scenarios = [
        ("500", Fault::Respond(CannedResponse::status(500))),
        ("reset", Fault::ResetConnection),
        ("404", Fault::Respond(CannedResponse::status(404))),
        ("error-under-206", Fault::ErrorDocumentUnder206),
        ("disguised", Fault::DisguisedErrorUnder206),
        ("wrong-range", Fault::WrongRange),
        ("length-unlike-range", Fault::LengthUnlikeRange),
        ("no-ranges", Fault::IgnoreRange),
    ];
    for (name, fault) in scenarios {
        stage.recover().await;
        let (key, object) = (format!("segments/other-{name}.bin"), object(SIZE));
        stage.put(&key, object.clone()).await;
        let target = format!("/{key}");
        let head = stage.send(Request::get(target.as_str()).header("range", "bytes=0-9"));
        assert_eq!(head.await.header("x-b2-host"), Some(US_HOST), "{name}");
        let fault = stage.us.inject(&key, fault);
        let request = Request::get(target.as_str()).header("range", "bytes=3145728-3145737");
        let response = stage.send(request).await;
        assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{name}");
        let part = &object.bytes[3 * SEGMENT..3 * SEGMENT + 10];
        assert!(response.complete && response.body == part, "{name}");
        assert!(
            fault.times_applied() > 0,
            "{name}: the first origin was requested"
        );
        drop(fault);
        assert_whole(&stage.get(&target).await, &object.bytes, name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_of_another_version_is_never_served_with_the_old_ones() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let (old, new) = (object(SIZE), Object::pseudo_random(6, SIZE));
    for (place, is_new, state) in [
        ("both", true, "MISS"),
        // The second origin has the version that was begun.
        ("first", false, "MISS"),
        // No origin that works has it, so the new one is passed on.
        ("only second, first fails", true, "PASS"),
    ] {
        let key = format!("segments/versions {place}.bin");
        let target = b2_edge_testbed::encode_key(&key);
        stage.recover().await;
        stage.put(&key, old.clone()).await;
        let request = Request::get(target.as_str()).header("range", "bytes=0-9");
        assert!(stage.send(request).await.body == old.bytes[..10], "{place}");
        let mut fault = None;
        if place == "only second, first fails" {
            stage.eu.put(&key, new.clone()).await.expect("stored");
            let failing = Fault::Respond(CannedResponse::status(500));
            fault = Some(stage.us.inject(&key, failing));
        } else {
            stage.us.put(&key, new.clone()).await.expect("stored");
            if place == "both" {
                stage.eu.put(&key, new.clone()).await.expect("stored");
            }
        }
        let request = Request::get(target.as_str()).header("range", "bytes=3145728-3145737");
        let response = stage.send(request).await;
        let version = if is_new { &new } else { &old };
        let part = &version.bytes[3 * SEGMENT..3 * SEGMENT + 10];
        assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{place}");
        assert!(response.complete && response.body == part, "{place}");
        assert_eq!(cache_of(&response), state, "{place}");
        drop(fault);
        if place == "both" {
            for round in 0..2 {
                let response = stage.get(&target).await;
                assert_whole(&response, &new.bytes, &format!("the next read, {round}"));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_segment_that_breaks_off_is_not_kept() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let object = object(SIZE);
    for (name, fault) in [
        ("short", Fault::ShortBody { after: 400_000 }),
        ("reset", Fault::StopInBody { after: 400_000 }),
    ] {
        let key = format!("segments/broken-{name}.bin");
        stage.put(&key, object.clone()).await;
        let target = format!("/{key}");
        let request = Request::get(target.as_str()).header("range", "bytes=0-9");
        stage.send(request).await;
        let faults = [
            stage.us.inject(&key, fault.clone()),
            stage.eu.inject(&key, fault),
        ];
        let response = stage.get(&target).await;
        assert!(!response.complete, "{name}: a short body looks whole");
        assert!(object.bytes.starts_with(&response.body), "{name}");
        drop(faults);
        assert_whole(&stage.get(&target).await, &object.bytes, name);
    }
}

/// Regression: the segment that is stored together with the headers was not watched until it is complete.
#[tokio::test(flavor = "multi_thread")]
async fn a_cold_segment_that_breaks_off_is_noticed() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for (place, range) in [("first", "bytes=0-99"), ("middle", "bytes=2200000-2200099")] {
        let path = format!("/segments/broken-{place}.bin");
        stage.recover().await;
        stage.put(&path[1..], object(SIZE)).await;
        let fault = Fault::StopInBody { after: 400_000 };
        let _fault = stage.us.inject(&path[1..], fault);
        let request = Request::get(path.as_str()).header("range", range);
        let response = stage.send(request).await;
        assert_eq!(response.status, 206, "{place}");
        let line = crate::support::stage::log_of(&stage, &path).await;
        assert_eq!(line["reason"], "broken_off", "{line}");
    }
}

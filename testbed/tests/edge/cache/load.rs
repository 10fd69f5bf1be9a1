//! Many concurrent reads, while objects are unchanged, overwritten or purged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use b2_edge_testbed::{Object, PersistentConnection, Request, Response};
use bytes::Bytes;
use fastrand::Rng;
use http::Method;

use crate::support::alone::alone;
use crate::support::stage::{TOKEN, assert_whole, cache_of, until, until_async};
use crate::support::stage_pool::{Setup, StagePool};

const SIZE: usize = 100 * 1024 * 1024;
const RANGES: usize = 10_000;
const CLIENTS: usize = 16;

/// A range as of a player or a download manager: at any offset, mostly short.
fn random_range(rng: &mut Rng) -> (String, std::ops::Range<usize>) {
    let length = match rng.u8(0..10) {
        0 => 1,
        1..=7 => rng.usize(1..=4096),
        8 => rng.usize(1..=100_000),
        _ => rng.usize(1..=600_000).min(rng.usize(1..=600_000)),
    };
    let first = rng.usize(0..SIZE - length);
    match rng.u8(0..20) {
        0 => (format!("bytes=-{length}"), SIZE - length..SIZE),
        1 => (format!("bytes={}-", SIZE - length), SIZE - length..SIZE),
        _ => (
            format!("bytes={first}-{}", first + length - 1),
            first..first + length,
        ),
    }
}

fn assert_part(response: &Response, bytes: &Bytes, part: std::ops::Range<usize>, range: &str) {
    assert_eq!(response.status, 206, "{range}");
    assert!(response.complete, "{range}: incomplete");
    let said = format!("bytes {}-{}/{SIZE}", part.start, part.end - 1);
    assert_eq!(
        response.header("content-range"),
        Some(said.as_str()),
        "{range}"
    );
    assert!(response.body == bytes[part], "{range}: the bytes differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_random_ranges_of_a_large_object_get_their_bytes() {
    let _turn = alone().await;
    // Segments of 1 MiB.
    let stage = StagePool::take(Setup::StaleIfError).await;
    let object = Object::pseudo_random(8, SIZE).cache_control("max-age=600");
    let key = "load/ranges.bin";
    let stored = stage.us.put(key, object.clone()).await;
    stored.expect("stored in the preferred origin");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (bytes, port) = (object.bytes.clone(), stage.edge.port());
            tokio::spawn(async move {
                let mut connection = PersistentConnection::to(port);
                let mut rng = Rng::with_seed(client as u64);
                for _ in 0..RANGES / CLIENTS {
                    let (range, wanted) = random_range(&mut rng);
                    let request = Request::get(format!("/{key}")).header("range", range.as_str());
                    let response = connection.send(&request).await.expect("a response");
                    assert_part(&response, &bytes, wanted, &range);
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("every range was right");
    }
    let seen = stage.us.seen_for(key);
    let gets = seen.iter().filter(|seen| seen.method == Method::GET);
    // The end of a segment, and the segment for what precedes that.
    let (gets, sent) = (gets.count(), stage.sent_for(key));
    assert!(gets <= 200, "each segment twice at most: {gets} requests");
    assert!(sent <= 2 * SIZE as u64, "{sent} bytes");
}

/// A version that consists of its number, repeated.
fn numbered(number: u64, size: usize) -> Object {
    Object::new(number.to_be_bytes().repeat(size / 8))
}

/// The number of the version that all of these bytes belong to.
fn number_of(bytes: &[u8], context: &str) -> u64 {
    let number: [u8; 8] = bytes[..8].try_into().expect("eight bytes");
    let of_one = number.repeat(bytes.len().div_ceil(8));
    assert!(
        of_one.starts_with(bytes),
        "{context}: bytes of several versions"
    );
    u64::from_be_bytes(number)
}

/// Written over some seconds, while an entry is fresh for one.
const VERSIONS: u64 = 24;

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_objects_that_are_overwritten_never_get_a_mix() {
    let _turn = alone().await;
    let stage = Arc::new(StagePool::take(Setup::StaleIfError).await);
    let sizes = [8_000, 600_000, 3_000_000];
    let keys = sizes.map(|size| format!("load/overwritten-{size}.bin"));
    for (key, size) in keys.iter().zip(sizes) {
        stage.put(key, numbered(1, size)).await;
    }
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..12)
        .map(|reader| {
            let (stage, over) = (Arc::clone(&stage), Arc::clone(&over));
            let (key, size) = (keys[reader % 3].clone(), sizes[reader % 3]);
            tokio::spawn(async move {
                let (mut whole, mut newest) = (0, 0);
                while !over.load(Ordering::Relaxed) {
                    let mut request = Request::get(format!("/{key}"));
                    if reader % 2 == 0 {
                        request = request.header("range", format!("bytes=0-{}", size * 3 / 4 - 1));
                    }
                    let response = stage.try_send(request).await.expect("a response");
                    let is_read = response.status.is_success() && response.body.len() >= 8;
                    if is_read {
                        newest = number_of(&response.body, &key).max(newest);
                    }
                    whole += usize::from(is_read && response.complete);
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                (key, whole, newest)
            })
        })
        .collect();
    for number in 2..=VERSIONS {
        for (key, size) in keys.iter().zip(sizes) {
            stage.put(key, numbered(number, size)).await;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        let (key, whole, newest) = reader.await.expect("no mix");
        assert!(whole > 10, "{key}: only {whole} reads were whole");
        assert!(newest > 4, "{key}: no version after {newest} was seen");
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    for (key, size) in keys.iter().zip(sizes) {
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(&response, &numbered(VERSIONS, size).bytes, key);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_purge_under_load_nobody_gets_what_was_purged() {
    let _turn = alone().await;
    let stage = StagePool::take(Setup::Defaults).await;
    let key = "load/purged.bin";
    stage.put(key, numbered(1, 8000)).await;
    let (over, purged) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU64::new(1)),
    );
    let readers: Vec<_> = (0..16)
        .map(|_| {
            let (over, purged) = (Arc::clone(&over), Arc::clone(&purged));
            let port = stage.edge.port();
            tokio::spawn(async move {
                let (mut connection, mut reads) = (PersistentConnection::to(port), 0);
                while !over.load(Ordering::Acquire) {
                    let at_least = purged.load(Ordering::Acquire);
                    let request = Request::get(format!("/{key}"));
                    let response = connection.send(&request).await.expect("a response");
                    assert!(response.status == 200 && response.complete);
                    let number = number_of(&response.body, key);
                    assert!(
                        number >= at_least,
                        "{number} after the purge for {at_least}"
                    );
                    reads += 1;
                }
                reads
            })
        })
        .collect();
    for number in 2..=30 {
        // A fetch in progress may store the version that it began to read after a purge, so this waits
        // until there is none.
        until_async("the previous version is cached", || async {
            let response = stage.get(&format!("/{key}")).await;
            cache_of(&response) == "HIT"
        })
        .await;
        stage.put(key, numbered(number, 8000)).await;
        let method = Method::from_bytes(b"PURGE").expect("a method");
        let purge = Request::new(method, format!("/{key}")).header("fastly-key", TOKEN);
        let response = stage.send(purge).await;
        assert_eq!(response.status, 200);
        purged.store(number, Ordering::Release);
        // It may purge a second time after its response, and that must not be what makes the cache miss the next version.
        let id = response.header("x-request-id").expect("an ID").to_owned();
        until("the purge is over", || {
            let lines = stage.edge.stdout_lines();
            lines.iter().rev().any(|line| line.contains(&id))
        })
        .await;
    }
    over.store(true, Ordering::Release);
    let mut reads = 0;
    for reader in readers {
        reads += reader.await.expect("nothing that was purged");
    }
    assert!(reads > 300, "only {reads} reads");
    let requested = stage.requests_for(key);
    assert!(requested < 60, "{requested} fetches of 30 versions");
}

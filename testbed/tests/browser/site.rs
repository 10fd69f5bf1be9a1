//! The sample site of `cargo xtask serve`.

use b2_edge_testbed::Object;
use b2_edge_testbed::demo::{self, EU, US};
use b2_edge_testbed::sample;

use crate::{application, script};

/// `cache.segment_bytes` of [`demo::CONFIG`].
const SEGMENT_BYTES: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_site_works_in_a_browser_without_a_word_in_its_console() {
    if !script::can_run() {
        return;
    }
    let (edge, _origins) = application::start(demo::CONFIG).await;
    let args = [
        edge.url(),
        "--eu-host".to_owned(),
        EU.spec().host(),
        "--eu-city".to_owned(),
        EU.city.to_owned(),
    ];
    script::run("site.mjs", &args.each_ref().map(String::as_str)).await;
    assert_eq!(edge.leaked_secrets(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_seek_in_a_video_asks_for_parts_of_it() {
    if !script::can_run() {
        return;
    }
    let (edge, [us, _eu]) = application::start(demo::CONFIG).await;
    us.clear_seen();
    script::run("site_video.mjs", &[&edge.url()]).await;
    // The player requests everything from some byte on, reads a part and stops. How many segments are fetched
    // until then varies, but there is a gap before the index at the end.
    let requested: Vec<String> = us
        .seen_for(sample::VIDEO)
        .iter()
        .map(|seen| seen.header("range").unwrap_or("no range").to_owned())
        .collect();
    let segments: Vec<Option<usize>> = requested.iter().map(|range| segment_of(range)).collect();
    assert!(
        segments.iter().all(Option::is_some),
        "segments, or the end of one: {requested:?}"
    );
    let last = (sample::VIDEO_LEN - 1) / SEGMENT_BYTES;
    for (segment, is_requested) in [(0, true), (last - 1, false), (last, true)] {
        let found = segments.contains(&Some(segment));
        assert_eq!(found, is_requested, "segment {segment} of {requested:?}");
    }
    assert!(
        requested.contains(&format!("bytes=0-{}", SEGMENT_BYTES - 1)),
        "the first segment is whole: {requested:?}"
    );
}

/// The segment of which a range has all bytes, or those from some byte on.
fn segment_of(range: &str) -> Option<usize> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
    let index = first / SEGMENT_BYTES;
    (last == (index + 1) * SEGMENT_BYTES - 1).then_some(index)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_worker_that_a_bucket_stores_controls_its_page() {
    if !script::can_run() {
        return;
    }
    let (edge, [us, _eu]) = application::start(demo::CONFIG).await;
    let page = "<!doctype html><title>Worker</title><link rel=icon href=data:,>\
                <script src=/worker/page.js></script>";
    let worker = "addEventListener('install', () => skipWaiting());\n\
        addEventListener('activate', (event) => event.waitUntil(clients.claim()));\n\
        addEventListener('fetch', (event) => {\n\
          const { pathname } = new URL(event.request.url);\n\
          if (pathname.endsWith('/made-by-the-worker.txt')) event.respondWith(new Response('from the worker'));\n\
          else event.respondWith(fetch(event.request));\n\
        });\n";
    let generic = |text: &'static str| Object::of_type("application/octet-stream", text);
    for (key, object) in [
        ("worker/index.html", Object::of_type("text/html", page)),
        (
            "worker/page.js",
            generic("navigator.serviceWorker.register('/worker/sw.js');\n"),
        ),
        ("worker/sw.js", generic(worker)),
        ("worker/data.bin", generic("0123456789")),
    ] {
        us.put(key, object).await.expect("stored");
    }
    script::run("site_worker.mjs", &[&edge.url()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_origin_uses_the_font_and_a_file_where_cors_is_configured() {
    if !script::can_run() {
        return;
    }
    for (config, allowed) in [(demo::CONFIG, "yes"), ("{}", "no")] {
        let (edge, _origins) = application::start(config).await;
        let host = US.spec().host();
        let args = [&edge.url(), "--host", &host, "--allowed", allowed];
        script::run("site_elsewhere.mjs", &args).await;
    }
}

//! Objects of up to 2 KiB are served from the metadata of their entry, larger ones from its body: no client can tell.

use b2_edge_testbed::{Object, Request};
use http::StatusCode;

use crate::support::stage::{assert_whole, cache_of, shared};

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_has_the_same_bytes_and_length_on_both_sides_of_the_limit() {
    let stage = shared().await;
    for length in [1, 2047, 2048, 2049, 4096] {
        let key = format!("small/{length}.bin");
        let object = Object::pseudo_random(1, length);
        stage.fill(&key, &object).await;
        let (path, bytes) = (format!("/{key}"), &object.bytes);
        let requests = stage.requests_for(&key);

        let whole = stage.get(&path).await;
        assert_eq!(cache_of(&whole), "HIT", "{key}");
        assert_whole(&whole, bytes, &key);

        let head = stage.head(&path).await;
        assert_eq!(cache_of(&head), "HIT", "{key}");
        let expected = length.to_string();
        let said = head.header("content-length");
        assert_eq!(said, Some(expected.as_str()), "{key}");

        for (first, last) in [(0, 0), (length / 2, length - 1), (length - 1, length - 1)] {
            let range = format!("bytes={first}-{last}");
            let request = Request::get(path.as_str()).header("range", range.as_str());
            let part = stage.send(request).await;
            assert_eq!(part.status, StatusCode::PARTIAL_CONTENT, "{key} {range}");
            assert!(part.complete, "{key} {range}");
            let expected = (last - first + 1).to_string();
            let said = part.header("content-length");
            assert_eq!(said, Some(expected.as_str()), "{key} {range}");
            assert!(part.body == bytes[first..=last], "{key} {range}");
        }
        assert_eq!(stage.requests_for(&key), requests, "{key}: all are hits");
    }
}

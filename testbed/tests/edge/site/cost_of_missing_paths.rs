//! What a path that exists nowhere costs: the requests to the origins, which are counted against the cap of an account.

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Object, Request};
use http::StatusCode;

use crate::support::stage::{Stage, assert_whole, cache_of};

/// A website with a warm error document.
async fn website(config: &str) -> Stage {
    let stage = Stage::configured(config).await;
    let page = Object::of_type("text/html", "nothing here");
    stage.put("404.html", page).await;
    let request = Request::get("/warm-up.png").header("accept", "text/html");
    assert_eq!(stage.send(request).await.text(), "nothing here");
    stage
}

fn requests(stage: &Stage) -> usize {
    stage.us.seen().len() + stage.eu.seen().len()
}

const PLAIN: &str = "{}";
const PRECOMPRESSED: &str = r#"{"site": {"precompressed": true}}"#;

/// Has both origins deny what is missing, as to a key without `listFiles`.
fn deny(stage: &Stage, key: &str) -> Vec<FaultGuard> {
    let suffixes = ["", ".br", ".gz", "/index.html", "index.html"];
    let suffixes = suffixes.iter().chain(&["index.html.br", "index.html.gz"]);
    let keys = suffixes.map(|suffix| format!("{key}{suffix}"));
    let denied = || Fault::Respond(CannedResponse::access_denied());
    keys.flat_map(|key| [&stage.us, &stage.eu].map(|origin| origin.inject(&key, denied())))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_path_costs_one_request_to_each_origin_and_one_more_if_it_may_be_a_folder() {
    for (config, paths, most) in [
        (
            PLAIN,
            &["/index.php", "/a/app.js", "/backup.ZIP", "/docs/"][..],
            2,
        ),
        (PLAIN, &["/wp-login", "/.env", "/docs/v1.2", "/users/17"], 4),
        (
            PRECOMPRESSED,
            &["/app.min.js", "/style.css", "/page", "/blog/"],
            6,
        ),
    ] {
        for is_denied in [false, true] {
            let stage = website(config).await;
            for path in paths {
                let context = format!("{path}, denied: {is_denied}");
                let key = path.trim_start_matches('/');
                let _denied = is_denied.then(|| deny(&stage, key));
                let request = Request::get(*path)
                    .header("accept", "text/html")
                    .header("accept-encoding", "gzip, br");
                let before = requests(&stage);
                let response = stage.send(request.clone()).await;
                assert_eq!(response.status, StatusCode::NOT_FOUND, "{context}");
                assert_eq!(response.text(), "nothing here", "{context}");
                let cost = requests(&stage) - before;
                assert!(cost <= most, "{context}: {cost} requests");
                stage.send(request).await;
                let again = requests(&stage) - before;
                assert_eq!(again, cost, "{context}: it is remembered");
            }
        }
    }
}

/// The client asks for the index document next.
#[tokio::test(flavor = "multi_thread")]
async fn the_index_document_that_a_redirect_found_is_in_the_cache() {
    let stage = website(PLAIN).await;
    for (key, size) in [("docs/index.html", 5_000), ("big/index.html", 700_000)] {
        let page = Object::pseudo_random(1, size).content_type("text/html");
        stage.put(key, page.clone()).await;
        let folder = format!("/{}", key.trim_end_matches("/index.html"));
        let redirect = stage.get(&folder).await;
        assert_eq!(redirect.status, StatusCode::MOVED_PERMANENTLY, "{key}");
        let response = stage.get(&format!("{folder}/")).await;
        assert_whole(&response, &page.bytes, key);
        assert_eq!(cache_of(&response), "HIT", "{key}");
        assert_eq!(stage.requests_for(key), 1, "{key}");
    }
}

//! Configured redirects.

use b2_edge_testbed::{Object, Request};
use http::{Method, StatusCode};

use crate::support::stage::{Stage, TOKEN, log_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_comes_before_the_object_of_its_path() {
    let config = r#"{"redirects": [
        {"from": "/old", "to": "/new"},
        {"from": "/blog/2023/*", "to": "https://archive.example/2023/*", "status": 302},
        {"from": "/blog/*", "to": "/posts/*", "status": 308},
        {"from": "/home*", "to": "/?from=home", "status": 307},
        {"from": "/ü b", "to": "/u", "status": 303},
        {"from": "/r/*", "to": "/*"}
    ]}"#;
    let stage = Stage::with(|setup| setup.config(config).fastly_key(TOKEN)).await;
    stage
        .put("old", Object::text("hidden by the redirect"))
        .await;
    stage.put("older", Object::text("not redirected")).await;
    for (target, status, location) in [
        ("/old", 301, "/new"),
        ("/o%6cd", 301, "/new"),
        ("/old?a=b&pop=AMS", 301, "/new?a=b&pop=AMS"),
        (
            "/blog/2023/a%20b?x",
            302,
            "https://archive.example/2023/a%20b?x",
        ),
        ("/blog/2024/x", 308, "/posts/2024/x"),
        ("/homepage?x", 307, "/?from=home"),
        ("/%C3%BC%20b", 303, "/u"),
        ("/r//evil.example/x", 301, "/evil.example/x"),
        ("/r/%2f%2fevil.example", 301, "/evil.example"),
        ("/r/%5cevil.example", 301, "/%5Cevil.example"),
        ("/r/%0d%0aset-cookie:x", 301, "/%0D%0Aset-cookie%3Ax"),
    ] {
        for request in [Request::get(target), Request::head(target)] {
            let response = stage.send(request).await;
            assert_eq!(response.status.as_u16(), status, "{target}");
            assert_eq!(response.header("location"), Some(location), "{target}");
            assert_eq!(response.header("set-cookie"), None, "{target}");
            // Browsers cache a permanent redirect without a lifetime for ever.
            let seconds = if matches!(status, 301 | 308) { 3600 } else { 0 };
            let lifetime = format!("public, max-age={seconds}");
            assert_eq!(
                response.header("cache-control"),
                Some(lifetime.as_str()),
                "{target}"
            );
            assert_eq!(response.body.len(), 0, "{target}");
        }
    }
    assert!(stage.us.seen().is_empty() && stage.eu.seen().is_empty());
    assert_eq!(log_of(&stage, "/old").await["reason"], "redirect");
    assert_eq!(
        stage.get("/r/../admin").await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(stage.get("/older").await.text(), "not redirected");
    let purge = Request::new(Method::from_bytes(b"PURGE").expect("a method"), "/old");
    let purged = stage.send(purge.header("fastly-key", TOKEN)).await;
    assert_eq!(
        purged.status,
        StatusCode::OK,
        "a purge is not led elsewhere"
    );
}

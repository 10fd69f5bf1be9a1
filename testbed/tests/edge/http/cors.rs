//! Cross-origin reads (CORS), by the Fetch standard.

use b2_edge_testbed::{Object, Request, Response};
use http::{Method, StatusCode};

use crate::support::stage::{Stage, shared};

const PAGE: &str = "https://www.example.com";

fn from(request: Request, origin: &str) -> Request {
    request.header("origin", origin)
}

fn preflight(target: &str, origin: &str) -> Request {
    from(Request::new(Method::OPTIONS, target), origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "range")
}

fn allowed(response: &Response) -> Option<&str> {
    response.header("access-control-allow-origin")
}

fn varies_with_origin(response: &Response) -> bool {
    let vary = response.headers.get_all("vary");
    vary.iter().any(|value| value == "origin")
}

/// One request for each kind of response, with its status.
fn requests(etag: &str) -> [(u16, Request); 10] {
    [
        (200, Request::get("/font.woff2")),
        (200, Request::head("/font.woff2")),
        (
            206,
            Request::get("/font.woff2").header("range", "bytes=0-1"),
        ),
        (
            304,
            Request::get("/font.woff2").header("if-none-match", etag),
        ),
        (
            416,
            Request::get("/font.woff2").header("range", "bytes=99-"),
        ),
        (404, Request::get("/missing")),
        (400, Request::get("/%zz")),
        (405, Request::new(Method::PUT, "/font.woff2")),
        (301, Request::get("/docs")),
        (301, Request::get("/old")),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_origins_are_allowed_and_every_answer_says_that_it_varies() {
    let config = r#"{"cors": {"allow_origins": ["https://www.example.com", "http://localhost:3000"]},
                     "redirects": [{"from": "/old", "to": "/new"}]}"#;
    let stage = Stage::with(|setup| setup.config(config)).await;
    stage
        .put("font.woff2", Object::of_type("font/woff2", "a font"))
        .await;
    stage
        .put("docs/index.html", Object::of_type("text/html", "docs"))
        .await;
    let etag = stage
        .head("/font.woff2")
        .await
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let responses = |origin: &'static str| {
        let (etag, stage) = (&etag, &stage);
        async move {
            let mut responses = Vec::new();
            for (status, request) in requests(etag) {
                let response = stage.send(from(request, origin)).await;
                assert_eq!(response.status.as_u16(), status, "{origin}");
                assert!(varies_with_origin(&response), "{status}");
                responses.push(response);
            }
            responses
        }
    };
    for origin in [PAGE, "http://localhost:3000"] {
        for response in responses(origin).await {
            assert_eq!(allowed(&response), Some(origin), "{}", response.status);
            let exposed = response
                .header("access-control-expose-headers")
                .expect("some");
            assert!(
                exposed.contains("X-B2-Host") && exposed.contains("ETag"),
                "{exposed}"
            );
            assert_eq!(response.header("access-control-allow-credentials"), None);
        }
    }
    for origin in [
        "https://www.example.com.evil.example",
        "http://www.example.com",
        "null",
    ] {
        for response in responses(origin).await {
            assert_eq!(allowed(&response), None, "{origin}, {}", response.status);
        }
    }
    let unasked = stage.get("/font.woff2").await;
    assert_eq!(allowed(&unasked), None);
    assert!(
        varies_with_origin(&unasked),
        "or a cache would give it to a script"
    );

    let response = stage.send(preflight("/font.woff2", PAGE)).await;
    assert_eq!(
        (response.status, allowed(&response)),
        (StatusCode::NO_CONTENT, Some(PAGE))
    );
    assert_eq!(
        response.header("access-control-allow-methods"),
        Some("GET, HEAD")
    );
    let headers = response
        .header("access-control-allow-headers")
        .expect("some");
    assert!(headers.contains("Range"), "{headers}");
    assert!(response.header("access-control-max-age").is_some());
    let refused = stage
        .send(preflight("/font.woff2", "https://evil.example"))
        .await;
    assert_eq!(
        (refused.status, allowed(&refused)),
        (StatusCode::NO_CONTENT, None)
    );
    assert_eq!(refused.header("access-control-allow-methods"), None);
    let requested: Vec<String> = stage
        .us
        .seen()
        .iter()
        .map(|seen| seen.method.to_string())
        .collect();
    assert!(!requested.contains(&"OPTIONS".to_owned()), "{requested:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_star_every_origin_is_allowed_and_nothing_varies() {
    let stage = Stage::configured(r#"{"cors": {"allow_origins": ["*"]}}"#).await;
    stage
        .put("font.woff2", Object::of_type("font/woff2", "a font"))
        .await;
    for request in [
        Request::get("/font.woff2"),
        from(Request::get("/font.woff2"), PAGE),
        from(Request::get("/font.woff2"), "null"),
        from(Request::get("/missing"), PAGE),
        preflight("/font.woff2", PAGE),
    ] {
        let response = stage.send(request).await;
        assert_eq!(allowed(&response), Some("*"), "{}", response.status);
        assert!(!varies_with_origin(&response), "{}", response.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configuration_no_origin_is_allowed() {
    let stage = shared().await;
    stage
        .put("cors/font.woff2", Object::of_type("font/woff2", "a font"))
        .await;
    for request in [
        from(Request::get("/cors/font.woff2"), PAGE),
        preflight("/cors/font.woff2", PAGE),
    ] {
        let response = stage.send(request).await;
        assert_eq!(allowed(&response), None);
        assert!(!varies_with_origin(&response));
    }
}

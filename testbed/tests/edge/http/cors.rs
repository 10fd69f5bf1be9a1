//! Cross-origin reads, by the Fetch standard.

use b2_edge_testbed::{Answer, Call, Object};
use http::{Method, StatusCode};

use crate::support::stage::{Stage, shared};

const PAGE: &str = "https://www.example.com";

fn from(call: Call, origin: &str) -> Call {
    call.header("origin", origin)
}

fn preflight(target: &str, origin: &str) -> Call {
    from(Call::new(Method::OPTIONS, target), origin)
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "range")
}

fn allowed(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

fn varies_with_origin(answer: &Answer) -> bool {
    let vary = answer.headers.get_all("vary");
    vary.iter().any(|value| value == "origin")
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
    let answers = |origin: &'static str| {
        let etag = etag.clone();
        let stage = &stage;
        async move {
            let calls = [
                (200, Call::get("/font.woff2")),
                (200, Call::head("/font.woff2")),
                (206, Call::get("/font.woff2").header("range", "bytes=0-1")),
                (304, Call::get("/font.woff2").header("if-none-match", etag)),
                (416, Call::get("/font.woff2").header("range", "bytes=99-")),
                (404, Call::get("/missing")),
                (400, Call::get("/%zz")),
                (405, Call::new(Method::PUT, "/font.woff2")),
                (301, Call::get("/docs")),
                (301, Call::get("/old")),
            ];
            let mut answers = Vec::new();
            for (status, call) in calls {
                let answer = stage.send(from(call, origin)).await;
                assert_eq!(answer.status.as_u16(), status, "{origin}");
                assert!(varies_with_origin(&answer), "{status}");
                answers.push(answer);
            }
            answers
        }
    };
    for origin in [PAGE, "http://localhost:3000"] {
        for answer in answers(origin).await {
            assert_eq!(allowed(&answer), Some(origin), "{}", answer.status);
            let exposed = answer
                .header("access-control-expose-headers")
                .expect("some");
            assert!(
                exposed.contains("X-B2-Host") && exposed.contains("ETag"),
                "{exposed}"
            );
            assert_eq!(answer.header("access-control-allow-credentials"), None);
        }
    }
    for origin in [
        "https://www.example.com.evil.example",
        "http://www.example.com",
        "null",
    ] {
        for answer in answers(origin).await {
            assert_eq!(allowed(&answer), None, "{origin}, {}", answer.status);
        }
    }
    let unasked = stage.get("/font.woff2").await;
    assert_eq!(allowed(&unasked), None);
    assert!(
        varies_with_origin(&unasked),
        "or a cache would give it to a script"
    );

    let answer = stage.send(preflight("/font.woff2", PAGE)).await;
    assert_eq!(
        (answer.status, allowed(&answer)),
        (StatusCode::NO_CONTENT, Some(PAGE))
    );
    assert_eq!(
        answer.header("access-control-allow-methods"),
        Some("GET, HEAD")
    );
    let headers = answer.header("access-control-allow-headers").expect("some");
    assert!(headers.contains("Range"), "{headers}");
    assert!(answer.header("access-control-max-age").is_some());
    let refused = stage
        .send(preflight("/font.woff2", "https://evil.example"))
        .await;
    assert_eq!(
        (refused.status, allowed(&refused)),
        (StatusCode::NO_CONTENT, None)
    );
    assert_eq!(refused.header("access-control-allow-methods"), None);
    let asked: Vec<String> = stage
        .us
        .seen()
        .iter()
        .map(|seen| seen.method.to_string())
        .collect();
    assert!(!asked.contains(&"OPTIONS".to_owned()), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_star_every_origin_is_allowed_and_nothing_varies() {
    let stage = Stage::configured(r#"{"cors": {"allow_origins": ["*"]}}"#).await;
    stage
        .put("font.woff2", Object::of_type("font/woff2", "a font"))
        .await;
    for call in [
        Call::get("/font.woff2"),
        from(Call::get("/font.woff2"), PAGE),
        from(Call::get("/font.woff2"), "null"),
        from(Call::get("/missing"), PAGE),
        preflight("/font.woff2", PAGE),
    ] {
        let answer = stage.send(call).await;
        assert_eq!(allowed(&answer), Some("*"), "{}", answer.status);
        assert!(!varies_with_origin(&answer), "{}", answer.status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_configuration_no_origin_is_allowed() {
    let stage = shared().await;
    stage
        .put("cors/font.woff2", Object::of_type("font/woff2", "a font"))
        .await;
    for call in [
        from(Call::get("/cors/font.woff2"), PAGE),
        preflight("/cors/font.woff2", PAGE),
    ] {
        let answer = stage.send(call).await;
        assert_eq!(allowed(&answer), None);
        assert!(!varies_with_origin(&answer));
    }
}

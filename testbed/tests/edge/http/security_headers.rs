//! The security headers of responses.

use b2_edge_testbed::{Object, Request};
use http::Method;

use crate::support::stage::{Stage, shared};

const FOR_HTML: [(&str, &str); 4] = [
    ("strict-transport-security", "max-age=31536000"),
    ("referrer-policy", "strict-origin-when-cross-origin"),
    (
        "content-security-policy",
        "base-uri 'self'; frame-ancestors 'self'",
    ),
    ("x-frame-options", "SAMEORIGIN"),
];

#[tokio::test(flavor = "multi_thread")]
async fn html_has_them_all_and_every_answer_is_not_to_be_sniffed() {
    let stage = shared().await;
    let page = Object::of_type("text/html; charset=utf-8", "<p>a page");
    stage.put("security/a.html", page).await;
    stage
        .put("security/a.css", Object::of_type("text/css", "p{}"))
        .await;
    for (request, is_html) in [
        (Request::get("/security/a.html"), true),
        (Request::head("/security/a.html"), true),
        (Request::get("/security/a.css"), false),
        (Request::get("/security/missing.css"), false),
        (Request::get("/%zz"), false),
        (Request::new(Method::PUT, "/x"), false),
        (Request::new(Method::OPTIONS, "/x"), false),
    ] {
        let what = request.name();
        let response = stage.send(request).await;
        assert_eq!(
            response.header("x-content-type-options"),
            Some("nosniff"),
            "{what}"
        );
        for (name, value) in FOR_HTML {
            assert_eq!(
                response.header(name),
                is_html.then_some(value),
                "{what}: {name}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_can_be_set_and_taken_out() {
    let names = [
        "x_content_type_options",
        "strict_transport_security",
        "referrer_policy",
        "content_security_policy",
        "x_frame_options",
    ];
    for value in ["", "something else"] {
        let fields = names
            .map(|name| format!(r#""{name}": "{value}""#))
            .join(", ");
        let stage = Stage::configured(&format!(r#"{{"security": {{{fields}}}}}"#)).await;
        stage
            .put("a.html", Object::of_type("text/html", "<p>a page"))
            .await;
        let response = stage.get("/a.html").await;
        for name in names {
            let name = name.replace('_', "-");
            let expected = Some(value).filter(|value| !value.is_empty());
            assert_eq!(response.header(&name), expected, "{name}");
        }
        let refusal = stage.get("/%zz").await;
        let expected = Some(value).filter(|value| !value.is_empty());
        assert_eq!(refusal.header("x-content-type-options"), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hsts_is_a_name_as_well() {
    let stage = Stage::configured(r#"{"security": {"hsts": "max-age=5"}}"#).await;
    stage
        .put("a.html", Object::of_type("text/html", "<p>a page"))
        .await;
    let response = stage.get("/a.html").await;
    let found = response.header("strict-transport-security");
    assert_eq!(found, Some("max-age=5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_document_is_html_like_any_other() {
    let stage = Stage::configured("{}").await;
    stage
        .put("404.html", Object::of_type("text/html", "<p>nothing here"))
        .await;
    let response = stage.get("/missing").await;
    for (name, value) in FOR_HTML {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
}

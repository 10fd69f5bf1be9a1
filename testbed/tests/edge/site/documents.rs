//! A bucket as a website: index documents, error documents, fallbacks and prefixes.

use b2_edge_testbed::{Object, Request, Response};
use http::StatusCode;

use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_own_text, cache_of, log_of};
use crate::support::stage_pool::{Setup, StagePool};

/// An HTML object.
fn page(text: &str) -> Object {
    Object::of_type("text/html; charset=utf-8", text.to_owned())
}

async fn get(stage: &Stage, target: &str, accept: &str) -> Response {
    stage
        .send(Request::get(target).header("accept", accept))
        .await
}

fn assert_shows(response: &Response, status: StatusCode, text: &str, what: &str) {
    assert_eq!(
        (response.status, response.text().as_str()),
        (status, text),
        "{what}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_shows_its_index_document() {
    let stage = Stage::configured("{}").await;
    stage.put("index.html", page("home")).await;
    stage.put("docs/index.html", page("docs")).await;
    stage.put("a b/index.html", page("spaced")).await;
    for (target, text) in [
        ("/", "home"),
        ("/docs/", "docs"),
        ("/a%20b/?x=1", "spaced"),
        ("/docs%2F", "docs"),
    ] {
        let response = stage.get(target).await;
        assert_shows(&response, StatusCode::OK, text, target);
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{target}");
        let head = stage.head(target).await;
        assert_eq!(
            head.header("content-length"),
            Some(text.len().to_string().as_str())
        );
        assert_eq!(cache_of(&head), "HIT", "{target}");
    }
    let european = stage.get("/?pop=AMS").await;
    assert_eq!(european.header("x-b2-host"), Some(EU_HOST));
    let etag = stage
        .get("/docs/")
        .await
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let unchanged = stage
        .send(Request::get("/docs/").header("if-none-match", etag))
        .await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_its_slash_leads_to_the_one_with_it() {
    let stage = Stage::configured("{}").await;
    stage.put("docs/index.html", page("docs")).await;
    stage.put("a b/ü/index.html", page("deep")).await;
    stage.put("/evil.example/index.html", page("evil")).await;
    stage.put("\\evil.example/index.html", page("evil")).await;
    for (target, location) in [
        ("/docs", "/docs/"),
        ("/docs?pop=AMS&x=%20", "/docs/?pop=AMS&x=%20"),
        ("/a%20b/%C3%BC", "/a%20b/%C3%BC/"),
        ("/\\evil.example", "/%5Cevil.example/"),
    ] {
        for request in [Request::get(target), Request::head(target)] {
            let response = stage.send(request).await;
            assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{target}");
            assert_eq!(response.header("location"), Some(location), "{target}");
            assert_eq!(
                response.header("cache-control"),
                Some("public, max-age=10"),
                "{target}"
            );
            assert_eq!(response.body.len(), 0, "{target}");
        }
    }
    assert_eq!(log_of(&stage, "/docs").await["reason"], "folder_redirect");
    for target in [
        "//evil.example",
        "/%2Fevil.example",
        "/nowhere",
        "/docs/index.html/",
    ] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{target}");
        assert_eq!(response.header("location"), None, "{target}");
    }
    stage.put("both/index.html", page("the folder")).await;
    stage.put("both", Object::text("the object")).await;
    assert_shows(
        &stage.get("/both").await,
        StatusCode::OK,
        "the object",
        "both",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn with_index_documents_off_a_folder_is_a_key() {
    let config = r#"{"site": {"index_document": ""}}"#;
    let stage = Stage::configured(config).await;
    stage.put("index.html", page("home")).await;
    stage.put("docs/index.html", page("docs")).await;
    stage.put("marker/", Object::text("a marker")).await;
    for target in ["/", "/docs/", "/docs", "//"] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{target}");
        assert_own_text(&response, target);
    }
    assert_eq!(log_of(&stage, "/").await["reason"], "key_empty");
    assert_eq!(log_of(&stage, "/docs/").await["reason"], "not_found");
    assert_shows(
        &stage.get("/marker/").await,
        StatusCode::OK,
        "a marker",
        "a marker",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_shows_the_error_document_with_404() {
    let stage = Stage::configured("{}").await;
    let document = page("nothing here").cache_control("public, max-age=31536000, immutable");
    stage.put("404.html", document).await;
    let html = "text/html,application/xhtml+xml,*/*;q=0.8";
    let first = get(&stage, "/gone/a", html).await;
    assert_shows(&first, StatusCode::NOT_FOUND, "nothing here", "the first");
    let second = get(&stage, "/gone/b", html).await;
    assert_shows(
        &second,
        StatusCode::NOT_FOUND,
        "nothing here",
        "another path",
    );
    assert_eq!(cache_of(&second), "HIT", "kept under its own key");
    assert_eq!(stage.requests_for("404.html"), 1);
    assert_eq!(
        second.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(second.header("cache-control"), Some("no-store"));
    assert_eq!(second.header("x-b2-host"), Some(US_HOST));
    for of_the_document in ["etag", "last-modified", "accept-ranges", "x-compress-hint"] {
        assert_eq!(second.header(of_the_document), None, "{of_the_document}");
    }
    assert_eq!(log_of(&stage, "/gone/b").await["reason"], "not_found");
    let conditional = Request::get("/gone/c")
        .header("accept", html)
        .header("if-none-match", "*")
        .header("range", "bytes=0-1");
    let whole = stage.send(conditional).await;
    assert_shows(
        &whole,
        StatusCode::NOT_FOUND,
        "nothing here",
        "conditions are for objects",
    );
    let head = stage
        .send(Request::head("/gone/d").header("accept", html))
        .await;
    assert_eq!(head.status, StatusCode::NOT_FOUND);
    assert_eq!(head.header("content-length"), Some("12"));
    for accept in ["application/json", "image/avif,image/webp", "text/html;q=0"] {
        let response = get(&stage, "/gone/e", accept).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{accept}");
        assert_own_text(&response, accept);
    }
    let itself = stage.get("/404.html").await;
    assert_shows(&itself, StatusCode::OK, "nothing here", "requested by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_error_document_404_is_a_short_text() {
    let off = Stage::configured(r#"{"site": {"error_document": ""}}"#).await;
    off.put("404.html", page("not to be shown")).await;
    let named = r#"{"site": {"error_document": "errors/missing.html"}}"#;
    let missing = Stage::configured(named).await;
    for (stage, what) in [(&off, "switched off"), (&missing, "not there")] {
        let response = get(stage, "/gone", "text/html").await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{what}");
        assert_own_text(&response, what);
        let line = log_of(stage, "/gone").await;
        assert_eq!(line["origin"], "us_origin", "{what}");
    }
    assert_eq!(off.requests_for("404.html"), 0);
    missing.put("errors/missing.html", page("now it is")).await;
    // The 404 is cached for ten seconds, for this preferred origin.
    let european = get(&missing, "/gone?pop=AMS", "text/html").await;
    assert_shows(
        &european,
        StatusCode::NOT_FOUND,
        "now it is",
        "below the bucket",
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_document_stands_in_for_paths_without_an_extension() {
    let stage = Stage::configured(r#"{"site": {"fallback_document": "index.html"}}"#).await;
    stage.put("index.html", page("the application")).await;
    stage.put("404.html", page("nothing here")).await;
    stage.put("about/index.html", page("about")).await;
    for target in ["/users/17", "/users/", "/deep/er/path?x=1"] {
        let response = get(&stage, target, "application/json").await;
        assert_shows(&response, StatusCode::OK, "the application", target);
        assert!(response.header("etag").is_some(), "{target}");
    }
    let etag = stage
        .get("/")
        .await
        .header("etag")
        .expect("an ETag")
        .to_owned();
    let unchanged = stage
        .send(Request::get("/users/17").header("if-none-match", etag))
        .await;
    assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    let folder = stage.get("/about").await;
    assert_eq!(
        folder.header("location"),
        Some("/about/"),
        "a folder comes first"
    );
    let script = get(&stage, "/app.js", "*/*").await;
    assert_shows(
        &script,
        StatusCode::NOT_FOUND,
        "nothing here",
        "an extension",
    );

    let off = Stage::configured("{}").await;
    off.put("index.html", page("home")).await;
    assert_eq!(off.get("/users/17").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_prefix_nothing_outside_it_can_be_reached() {
    let stage = Stage::configured(r#"{"site": {"prefix": "public"}}"#).await;
    for key in [
        "secret.txt",
        "public-secret.txt",
        "index.html",
        "404.html",
        "publicity",
    ] {
        stage.put(key, Object::text("SECRET")).await;
    }
    stage.put("public/a.txt", Object::text("shown")).await;
    stage.put("public/index.html", page("home")).await;
    stage.put("public/404.html", page("nothing here")).await;
    stage.put("public/docs/index.html", page("docs")).await;
    assert_shows(
        &stage.get("/a.txt").await,
        StatusCode::OK,
        "shown",
        "below it",
    );
    assert_shows(&stage.get("/").await, StatusCode::OK, "home", "its index");
    assert_eq!(stage.get("/docs").await.header("location"), Some("/docs/"));
    for target in [
        "/secret.txt",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/%252e%252e/secret.txt",
        "/./../secret.txt",
        "/a/../../secret.txt",
        "//secret.txt",
        "/%2Fsecret.txt",
        "/-secret.txt",
        "/..;/secret.txt",
        "/public-secret.txt",
        "/public/a.txt",
        "/ity",
    ] {
        let response = get(&stage, target, "text/html").await;
        let status = response.status.as_u16();
        assert!(status == 404 || status == 400, "{target}: {status}");
        assert!(!response.text().contains("SECRET"), "{target}");
    }
    for key in [
        "secret.txt",
        "public-secret.txt",
        "publicity",
        "index.html",
        "404.html",
    ] {
        assert_eq!(stage.requests_for(key), 0, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_stored_without_a_useful_type_gets_it_from_its_extension() {
    let stage = StagePool::take(Setup::Defaults).await;
    let untyped = |content_type: Option<&str>| Object {
        content_type: content_type.map(ToOwned::to_owned),
        ..Object::text("x")
    };
    for (key, stored, expected) in [
        (
            "types/a.css",
            Some("binary/octet-stream"),
            Some("text/css; charset=utf-8"),
        ),
        (
            "types/a.mjs",
            Some("application/octet-stream"),
            Some("text/javascript; charset=utf-8"),
        ),
        ("types/a.svg", None, Some("image/svg+xml")),
        ("types/a.html", Some("text/plain"), Some("text/plain")),
        (
            "types/a.bin",
            Some("application/octet-stream"),
            Some("application/octet-stream"),
        ),
    ] {
        stage.put(key, untyped(stored)).await;
        for state in ["MISS", "HIT"] {
            let response = stage.get(&format!("/{key}")).await;
            assert_eq!(cache_of(&response), state, "{key}");
            assert_eq!(response.header("content-type"), expected, "{key} {state}");
            assert_eq!(
                response.header("x-content-type-options"),
                Some("nosniff"),
                "{key}"
            );
        }
    }
    stage
        .put("types/pass.css", untyped(None).cache_control("no-store"))
        .await;
    let passed = stage.get("/types/pass.css").await;
    assert_eq!(
        passed.header("content-type"),
        Some("text/css; charset=utf-8")
    );
    assert_eq!(cache_of(&passed), "PASS");
}

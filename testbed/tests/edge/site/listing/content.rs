//! What a listing contains, and which headers it has.

use b2_edge_testbed::{Object, Request};
use http::StatusCode;

use super::{BOTH, HTML, json, lists, names, put_all, references, stage};
use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_own_text, cache_of, log_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_an_index_document_is_listed() {
    let stage = stage(HTML).await;
    let keys = [
        "a b/ü+?#%.txt",
        "a b/deep/er/x.txt",
        "a b/deep/y.txt",
        "a b/<script>alert(1)</script>&'\".txt",
        "a b/empty/",
        "top.txt",
    ];
    put_all(&stage, &keys).await;
    let response = stage.get("/a%20b/").await;
    assert_eq!(response.status, StatusCode::OK);
    let html = response.text();
    let expected = ["../", "deep/", "empty/", "%C3%BC%2B%3F%23%25.txt"];
    let references = references(&html);
    let (named, odd): (Vec<_>, Vec<_>) = references
        .into_iter()
        .partition(|href| !href.contains("script"));
    assert_eq!(named, expected);
    // The name has a slash in it, so it is a folder.
    assert_eq!(odd, ["%3Cscript%3Ealert%281%29%3C/"]);
    assert!(!html.contains("<script"), "{html}");
    for (name, value) in [
        ("content-type", "text/html; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("x-robots-tag", "noindex"),
        ("x-cache", "MISS"),
        ("x-b2-host", US_HOST),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "SAMEORIGIN"),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
    let policy = response
        .header("content-security-policy")
        .expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for name in response.headers.keys() {
        assert!(!name.as_str().starts_with("x-amz"), "{name}");
    }
    let line = log_of(&stage, "/a%20b/").await;
    assert_eq!(line["reason"], "listing", "{line}");
    assert_eq!(line["attempts"].as_array().map(Vec::len), Some(3), "{line}");
    assert_eq!(line["attempts"][2]["key"], "a b/", "{line}");
    // Every link leads somewhere, and to the root and back.
    for (target, text) in [
        ("/a%20b/%C3%BC%2B%3F%23%25.txt", "a b/ü+?#%.txt"),
        ("/a%20b/deep/er/x.txt", "a b/deep/er/x.txt"),
    ] {
        assert_eq!(stage.get(target).await.text(), text, "{target}");
    }
    let european = stage.get("/?pop=AMS").await;
    assert_eq!(european.header("x-b2-host"), Some(EU_HOST));
    let html = european.text();
    assert_eq!(
        super::references(&html),
        ["a%20b/", "top.txt"],
        "no link above the root"
    );
    let empty = stage.get("/a%20b/empty/").await;
    assert_eq!(
        empty.status,
        StatusCode::OK,
        "a folder with only its marker"
    );
    assert_eq!(super::references(&empty.text()), ["../"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_the_format_that_it_accepts() {
    let stage = stage(BOTH).await;
    put_all(&stage, &["public/a.txt", "public/b/c.txt", "secret.txt"]).await;
    for (accept, content_type) in [
        ("application/json", "application/json"),
        ("text/html, */*;q=0.1", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
    ] {
        let response = stage
            .send(Request::get("/files/").header("accept", accept))
            .await;
        assert_eq!(
            response.header("content-type"),
            Some(content_type),
            "{accept}"
        );
        let vary: Vec<_> = response.headers.get_all("vary").iter().collect();
        assert!(
            vary.iter().any(|value| *value == "accept"),
            "{accept}: {vary:?}"
        );
        assert_eq!(response.header("x-robots-tag"), Some("noindex"), "{accept}");
    }
    let listing = json(&stage, "/files/").await;
    assert_eq!(names(&listing), ["b/", "a.txt"]);
    assert_eq!(listing["path"], "/files/");
    assert_eq!(listing["files"][0]["bytes"], "public/a.txt".len());
    let modified = listing["files"][0]["modified"].as_str().expect("a date");
    assert!(
        modified.len() == 20 && modified.ends_with('Z'),
        "{modified}"
    );
    // Both are made from one entry of the cache.
    assert_eq!(lists(&stage.us).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_above_prefix_and_base_path_is_listed() {
    let stage = stage(BOTH).await;
    put_all(&stage, &["public/a/b.txt", "publicity/c.txt", "secret.txt"]).await;
    for target in [
        "/",
        "/files/..%2F",
        "/files/../",
        "/files/%2e%2e/",
        "/files//",
        "/filesX/",
        "/secret/",
        "/files/secret/",
        "/files/a/b.txt/",
        "/files/?page=",
        "/files/?page=public",
        "/files/?page=..%2F",
    ] {
        let response = stage.get(target).await;
        assert!(response.status.is_client_error(), "{target}: {response:?}");
        assert_own_text(&response, target);
        assert!(!response.text().contains("secret"), "{target}");
    }
    let listing = json(&stage, "/files/").await;
    assert_eq!(names(&listing), ["a/"]);
    let root = stage.get("/files/").await.text();
    assert_eq!(references(&root), ["a/"], "no parent");
    let inner = stage.get("/files/a/").await.text();
    assert_eq!(references(&inner), ["../", "b.txt"]);
    for seen in lists(&stage.us) {
        let query = seen.query.expect("a query");
        assert!(
            query.ends_with("prefix=public%2F") || query.contains("prefix=public%2F"),
            "{query}"
        );
        assert!(
            query.contains("&delimiter=%2F&") || query.starts_with("delimiter=%2F&"),
            "{query}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_come_before_a_listing_and_a_listing_before_the_fallback_document() {
    let config = r#"{"site": {"listing": "html", "fallback_document": "app.html"}}"#;
    let stage = stage(config).await;
    put_all(&stage, &["docs/index.html", "docs/a.txt", "plain/a.txt"]).await;
    assert_eq!(stage.get("/docs/").await.text(), "docs/index.html");
    assert!(lists(&stage.us).is_empty());
    stage
        .put("app.html", Object::of_type("text/html", "the application"))
        .await;
    let listed = stage.get("/plain/").await;
    assert_eq!(
        references(&listed.text()),
        ["../", "a.txt"],
        "before the fallback document"
    );
    let missing = stage.get("/elsewhere/").await;
    assert_eq!(missing.text(), "the application");
    for (target, location) in [("/plain", "/plain/"), ("/plain?x=1", "/plain/?x=1")] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{target}");
        assert_eq!(response.header("location"), Some(location), "{target}");
    }
    // The 404 of the index document is cached; the listing is looked for again.
    stage.put("plain/index.html", Object::text("new")).await;
    assert_eq!(
        stage.send(super::purge("/plain/")).await.status,
        StatusCode::OK
    );
    assert_eq!(stage.get("/plain/").await.text(), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_index_documents_a_folder_is_listed_and_redirected_to_all_the_same() {
    let config = r#"{"site": {"listing": "html", "index_document": "", "base_path": "/i/"}}"#;
    let stage = stage(config).await;
    put_all(&stage, &["a/b.txt", "a/c/d.txt", "marker/"]).await;
    for (target, location) in [("/i", "/i/"), ("/i/a", "/i/a/"), ("/i/a/c?x", "/i/a/c/?x")] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{target}");
        assert_eq!(response.header("location"), Some(location), "{target}");
    }
    assert_eq!(
        references(&stage.get("/i/").await.text()),
        ["a/", "marker/"]
    );
    assert_eq!(
        references(&stage.get("/i/a/").await.text()),
        ["../", "c/", "b.txt"]
    );
    // An object with the folder's key is an object.
    assert_eq!(stage.get("/i/marker/").await.text(), "marker/");
    for target in ["/i/b", "/i/b/", "/", "/iX"] {
        assert_eq!(
            stage.get(target).await.status,
            StatusCode::NOT_FOUND,
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_no_folder_is_listed() {
    let stage = Stage::configured("{}").await;
    put_all(&stage, &["a/b.txt", "c.txt"]).await;
    for target in ["/", "/a/", "/a", "/?list-type=2&prefix=a"] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{target}");
        assert_own_text(&response, target);
    }
    assert!(lists(&stage.us).is_empty() && lists(&stage.eu).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn head_and_conditions_are_answered_like_get() {
    let stage = stage(HTML).await;
    put_all(&stage, &["a/b.txt"]).await;
    let get = stage.get("/a/").await;
    let etag = get.header("etag").expect("an ETag").to_owned();
    assert!(etag.starts_with("W/"), "{etag}");
    let head = stage.head("/a/").await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));
    let length = get.body.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    for name in [
        "content-type",
        "etag",
        "x-robots-tag",
        "cache-control",
        "content-security-policy",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    assert_eq!(cache_of(&head), "HIT");
    let unchanged = Request::get("/a/").header("if-none-match", etag.as_str());
    let unchanged = stage.send(unchanged).await;
    assert_eq!(
        (unchanged.status, unchanged.body.len()),
        (StatusCode::NOT_MODIFIED, 0)
    );
    assert_eq!(unchanged.header("etag"), Some(etag.as_str()));
    put_all(&stage, &["a/c.txt"]).await;
    assert_eq!(
        stage.send(super::purge("/a/c.txt")).await.status,
        StatusCode::OK
    );
    let changed = Request::get("/a/").header("if-none-match", etag);
    let changed = stage.send(changed).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(references(&changed.text()), ["../", "b.txt", "c.txt"]);
    // Compressed by the platform, for clients that accept it.
    let compressed = Request::get("/a/").header("accept-encoding", "gzip");
    let compressed = stage.send(compressed).await;
    assert_eq!(compressed.header("x-compress-hint"), Some("on"));
}

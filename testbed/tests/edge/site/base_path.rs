//! `site.base_path`: what follows the base path is the key.

use b2_edge_testbed::{Object, Request, S3Client};
use http::{Method, StatusCode};

use crate::support::stage::{Stage, TOKEN, assert_own_text, cache_of, log_of};

/// The base paths of B2's friendly URLs, and another folder of the bucket at `/`.
const CONFIG: &str = r#"{
    "site": {
        "prefix": "public/",
        "base_path": ["/file/photos", {"path": "/", "prefix": "www/"}, {"path": "/file/photos/raw/", "prefix": "camera/"}],
        "fallback_document": "",
        "precompressed": true
    },
    "redirects": [{"from": "/file/photos/old/*", "to": "/file/photos/new/*"}],
    "cache": {"rules": [{"path": "/file/photos/*.css", "browser": "no-cache"}, {"path": "/*.css", "browser": "private"}]}
}"#;

async fn stage() -> Stage {
    Stage::with(|setup| setup.config(CONFIG).fastly_key(TOKEN)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_names_the_object_that_follows_its_longest_base_path() {
    let stage = stage().await;
    let keys = [
        "public/cat.jpg",
        "public/a b/ü.jpg",
        "public/index.html",
        "public/trip/index.html",
        "public/www/index.html",
        "public/www/file/photosX/cat.jpg",
        "public/camera/cat.jpg",
        "cat.jpg",
    ];
    for key in keys {
        stage.put(key, Object::text(key)).await;
    }
    for (target, key) in [
        ("/file/photos/cat.jpg", "public/cat.jpg"),
        ("/file%2Fphotos/cat.jpg", "public/cat.jpg"),
        ("/file/photos/a%20b/%C3%BC.jpg", "public/a b/ü.jpg"),
        ("/file/photos/", "public/index.html"),
        ("/file/photos/trip/", "public/trip/index.html"),
        ("/file/photos/raw/cat.jpg", "public/camera/cat.jpg"),
        ("/file/photosX/cat.jpg", "public/www/file/photosX/cat.jpg"),
        ("/", "public/www/index.html"),
    ] {
        let response = stage.get(target).await;
        assert_eq!(
            (response.status, response.text().as_str()),
            (StatusCode::OK, key),
            "{target}"
        );
    }
    for target in [
        "/cat.jpg",
        "/file/cat.jpg",
        "/file/photos/raw/public/cat.jpg",
        "/file/photos/../cat.jpg",
        "/file/photos/%2e%2e/cat.jpg",
    ] {
        let response = stage.get(target).await;
        assert!(response.status.is_client_error(), "{target}: {response:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_outside_every_base_path_is_404_and_asks_no_origin() {
    let config = r#"{"site": {"base_path": "/file/photos/"}}"#;
    let stage = Stage::with(|setup| setup.config(config).fastly_key(TOKEN)).await;
    for key in ["cat.jpg", "index.html", "file/photos", "X/cat.jpg"] {
        stage.put(key, Object::text(key)).await;
    }
    for target in [
        "/",
        "/cat.jpg",
        "/file/photosX/cat.jpg",
        "/file/",
        "/FILE/photos/cat.jpg",
        "//file/photos/cat.jpg",
    ] {
        let methods = [
            Method::GET,
            Method::HEAD,
            Method::from_bytes(b"PURGE").expect("a method"),
        ];
        for method in methods {
            let request = Request::new(method.clone(), target).header("fastly-key", TOKEN);
            let response = stage.send(request).await;
            assert_eq!(response.status, StatusCode::NOT_FOUND, "{method} {target}");
            assert_own_text(&response, target);
        }
    }
    assert_eq!(
        log_of(&stage, "/cat.jpg").await["reason"],
        "outside_base_path"
    );
    assert!(stage.us.seen().is_empty() && stage.eu.seen().is_empty());
    assert_eq!(stage.get("/file/photos/cat.jpg").await.text(), "cat.jpg");
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_and_rules_have_the_base_path_in_their_paths() {
    let stage = stage().await;
    for key in [
        "public/trip/index.html",
        "public/index.html",
        "public/a.css",
        "public/www/a.css",
    ] {
        let content_type = if key.ends_with("css") {
            "text/css"
        } else {
            "text/html"
        };
        stage
            .put(key, Object::of_type(content_type, key.to_owned()))
            .await;
    }
    for (target, location) in [
        ("/file/photos", "/file/photos/"),
        ("/file/photos/trip?x=1", "/file/photos/trip/?x=1"),
        ("/file/photos/old/a%20b", "/file/photos/new/a%20b"),
    ] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{target}");
        assert_eq!(response.header("location"), Some(location), "{target}");
    }
    for (target, cache_control) in [("/file/photos/a.css", "no-cache"), ("/a.css", "private")] {
        let response = stage.get(target).await;
        assert_eq!(
            response.header("cache-control"),
            Some(cache_control),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_and_copies_are_found_below_a_base_path() {
    let config = r#"{"site": {"prefix": "p", "base_path": "/app/", "fallback_document": "index.html", "precompressed": true}}"#;
    let stage = Stage::configured(config).await;
    let page = |text: &str| Object::of_type("text/html", text.to_owned());
    stage.put("p/index.html", page("the application")).await;
    stage.put("p/404.html", page("nothing here")).await;
    stage
        .put("p/a.js", Object::of_type("text/javascript", "plain"))
        .await;
    stage
        .put("p/a.js.br", Object::of_type("text/javascript", "brotli"))
        .await;
    for (target, status, text) in [
        ("/app/users/7", 200, "the application"),
        ("/app/missing.js", 404, "nothing here"),
        ("/app/a.js", 200, "brotli"),
    ] {
        let request = Request::get(target)
            .header("accept", "text/html, */*")
            .header("accept-encoding", "br");
        let response = stage.send(request).await;
        assert_eq!(
            (response.status.as_u16(), response.text().as_str()),
            (status, text),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purge_of_the_visitors_url_purges_the_object() {
    let stage = stage().await;
    stage.put("public/cat.jpg", Object::text("old")).await;
    for target in ["/file/photos/cat.jpg", "/file/photos/cat.jpg?pop=AMS"] {
        assert_eq!(stage.get(target).await.text(), "old");
    }
    stage.put("public/cat.jpg", Object::text("new")).await;
    let purge = |target| {
        let method = Method::from_bytes(b"PURGE").expect("a method");
        stage.send(Request::new(method, target).header("fastly-key", TOKEN))
    };
    assert_eq!(
        purge("/cat.jpg").await.status,
        StatusCode::OK,
        "another object"
    );
    assert_eq!(cache_of(&stage.get("/file/photos/cat.jpg").await), "HIT");
    assert_eq!(purge("/file/photos/cat.jpg").await.status, StatusCode::OK);
    for target in ["/file/photos/cat.jpg", "/file/photos/cat.jpg?pop=AMS"] {
        assert_eq!(stage.get(target).await.text(), "new", "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_through_the_s3_endpoint_shows_at_every_url_of_the_object_and_in_listings() {
    let config = r#"{
        "s3": {"host": "s3.test"},
        "site": {
            "prefix": "in",
            "base_path": ["/i/", "/file/stage-us/in/", {"path": "/cats/", "prefix": "cats/"}],
            "listing": "json"
        }
    }"#;
    let stage = Stage::configured(config).await;
    let spec = stage.us.spec();
    let client = S3Client::new("s3.test", &spec.region, &spec.key_id, &spec.application_key);
    let target = |path: &str| format!("/stage-us/in/cats/{path}");
    stage
        .us
        .put("in/cats/tom.jpg", Object::text("old"))
        .await
        .expect("stored");
    let urls = [
        "/i/cats/tom.jpg",
        "/file/stage-us/in/cats/tom.jpg",
        "/cats/tom.jpg",
    ];
    for url in urls {
        assert_eq!(stage.get(url).await.text(), "old", "{url}");
    }
    assert!(!stage.get("/i/cats/").await.text().contains("new.jpg"));
    for (name, text) in [("tom.jpg", "new"), ("new.jpg", "also new")] {
        let written = client
            .put(&target(name), text)
            .send(stage.edge.port())
            .await;
        assert_eq!(
            written.expect("a response").status,
            StatusCode::OK,
            "{name}"
        );
    }
    for url in urls {
        assert_eq!(stage.get(url).await.text(), "new", "{url}");
    }
    for folder in ["/i/cats/", "/file/stage-us/in/cats/", "/cats/"] {
        assert!(
            stage.get(folder).await.text().contains("new.jpg"),
            "{folder}"
        );
    }
    let deleted = client
        .delete(&target("tom.jpg"))
        .send(stage.edge.port())
        .await;
    assert_eq!(deleted.expect("a response").status, StatusCode::NO_CONTENT);
    assert_eq!(
        stage.get("/cats/tom.jpg").await.status,
        StatusCode::NOT_FOUND
    );
    assert!(!stage.get("/cats/").await.text().contains("tom.jpg"));
}

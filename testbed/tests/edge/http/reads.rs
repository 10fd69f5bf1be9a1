//! Reading objects: bytes, headers, ranges, conditions, methods.

use b2_edge_testbed::{Object, Request, Response};
use http::{Method, StatusCode};

use crate::support::stage::{EU_HOST, Stage, US_HOST, assert_own_text, shared};

const DIGITS: &str = "0123456789";

async fn with_digits(key: &str) -> &'static Stage {
    let stage = shared().await;
    stage.put(key, Object::text(DIGITS)).await;
    stage
}

fn etag(response: &Response) -> String {
    response.header("etag").expect("an ETag").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pop_in_europe_reads_the_eu_bucket_and_no_pop_reads_the_first() {
    let stage = shared().await;
    stage
        .us
        .put("reads/where.txt", Object::text("us bytes"))
        .await
        .expect("stored");
    stage
        .eu
        .put("reads/where.txt", Object::text("eu bytes"))
        .await
        .expect("stored");
    for (target, body, host) in [
        ("/reads/where.txt?pop=AMS", "eu bytes", EU_HOST),
        ("/reads/where.txt?pop=ams", "eu bytes", EU_HOST),
        ("/reads/where.txt?x=1&pop=JNB&y", "eu bytes", EU_HOST),
        ("/reads/where.txt", "us bytes", US_HOST),
        ("/reads/where.txt?pop=SJC", "us bytes", US_HOST),
        ("/reads/where.txt?pop=QRO", "us bytes", US_HOST),
        ("/reads/where.txt?pop=nonsense", "us bytes", US_HOST),
        ("/reads/where.txt?pop=%00", "us bytes", US_HOST),
        ("/reads/where.txt?pop", "us bytes", US_HOST),
    ] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::OK, "{target}");
        assert_eq!(response.text(), body, "{target}");
        assert_eq!(response.header("x-b2-host"), Some(host), "{target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_request_to_the_bucket_is_signed_and_carries_nothing_it_does_not_need() {
    let stage = with_digits("reads/signed.txt").await;
    stage
        .get("/reads/signed.txt?pop=AMS&response-content-type=text/html")
        .await;
    let seen = stage.eu.seen_for("reads/signed.txt");
    let [seen] = &seen[..] else {
        panic!("one request, not {}", seen.len());
    };
    assert_eq!((seen.status, &seen.query), (Some(206), &None));
    assert_eq!(seen.header("host"), Some(EU_HOST));
    let authorization = seen.header("authorization").expect("signed");
    assert!(
        authorization.contains("/eu-central-003/s3/aws4_request"),
        "{authorization}"
    );
    assert!(
        authorization.contains("SignedHeaders=host;x-amz-content-sha256;x-amz-date,"),
        "{authorization}"
    );
    let mut names: Vec<&str> = seen.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    // The platform adds the Content-Length of the empty body.
    names.retain(|name| *name != "content-length");
    assert_eq!(
        names,
        [
            "authorization",
            "host",
            // The first segment, because the size of the object is not known yet.
            "range",
            "x-amz-content-sha256",
            "x-amz-date"
        ]
    );
    assert!(
        stage.us.seen_for("reads/signed.txt").is_empty(),
        "the US origin was not requested"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_keeps_its_headers_and_loses_those_of_the_storage() {
    let stage = shared().await;
    let object = Object::of_type("image/svg+xml", "<svg/>")
        .cache_control("public, max-age=60")
        .content_encoding("gzip")
        .content_disposition("inline")
        .content_language("de")
        .metadata("colour", "red");
    stage.put("reads/headers.svg", object).await;
    let response = stage.get("/reads/headers.svg").await;
    for (name, value) in [
        ("content-type", "image/svg+xml"),
        ("content-length", "6"),
        ("cache-control", "public, max-age=60"),
        ("content-encoding", "gzip"),
        ("content-disposition", "inline"),
        ("content-language", "de"),
        ("accept-ranges", "bytes"),
        ("x-amz-meta-colour", "red"),
        ("x-b2-host", US_HOST),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
    assert!(response.header("etag").is_some() && response.header("last-modified").is_some());
    for name in [
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-version-id",
        "server",
    ] {
        assert_eq!(response.header(name), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn head_describes_the_object_without_its_content() {
    let stage = with_digits("reads/head.txt").await;
    let response = stage.head("/reads/head.txt").await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("content-length"), Some("10"));
    assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    assert!(response.body.is_empty() && response.complete);
    let seen = stage.us.seen_for("reads/head.txt");
    assert_eq!(seen[0].method, Method::HEAD);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_has_no_ranges() {
    let stage = with_digits("reads/head-range.txt").await;
    let response = stage
        .send(Request::head("/reads/head-range.txt").header("range", "bytes=0-3"))
        .await;
    assert_eq!(
        (response.status, response.header("content-length")),
        (StatusCode::OK, Some("10"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_gets_exactly_its_bytes() {
    let stage = with_digits("reads/range.txt").await;
    for (range, content_range, body) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=0-3", "bytes 0-3/10", "0123"),
        ("bytes=4-5", "bytes 4-5/10", "45"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-3", "bytes 7-9/10", "789"),
        ("bytes=8-99", "bytes 8-9/10", "89"),
    ] {
        let response = stage
            .send(Request::get("/reads/range.txt").header("range", range))
            .await;
        assert_eq!(response.status, StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(
            response.header("content-range"),
            Some(content_range),
            "{range}"
        );
        assert_eq!(
            response.header("content-length"),
            Some(body.len().to_string().as_str()),
            "{range}"
        );
        assert_eq!(response.text(), body, "{range}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_beyond_the_end_is_416_with_the_length() {
    let stage = with_digits("reads/beyond.txt").await;
    let response = stage
        .send(Request::get("/reads/beyond.txt").header("range", "bytes=10-"))
        .await;
    assert_eq!(response.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(response.header("content-range"), Some("bytes */10"));
    assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    assert_own_text(&response, "416");
    assert!(
        stage.eu.seen_for("reads/beyond.txt").is_empty(),
        "416 is a response"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_of_an_object_that_is_not_kept_are_the_buckets_to_decide() {
    let stage = shared().await;
    let object = Object::text(DIGITS).cache_control("no-store");
    stage.put("reads/conditions.txt", object).await;
    let target = "/reads/conditions.txt";
    let current = etag(&stage.get(target).await);
    let (past, future) = (
        "Sat, 01 Jan 2000 00:00:00 GMT",
        "Fri, 01 Jan 2100 00:00:00 GMT",
    );
    for (name, value, status) in [
        ("if-none-match", current.as_str(), StatusCode::NOT_MODIFIED),
        ("if-none-match", "\"other\"", StatusCode::OK),
        ("if-match", current.as_str(), StatusCode::OK),
        ("if-match", "\"other\"", StatusCode::PRECONDITION_FAILED),
        ("if-modified-since", future, StatusCode::NOT_MODIFIED),
        ("if-modified-since", past, StatusCode::OK),
        ("if-unmodified-since", future, StatusCode::OK),
        ("if-unmodified-since", past, StatusCode::PRECONDITION_FAILED),
    ] {
        let response = stage.send(Request::get(target).header(name, value)).await;
        let context = format!("{name}: {value}");
        assert_eq!(response.status, status, "{context}");
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{context}");
        match status {
            StatusCode::OK => assert_eq!(response.text(), DIGITS, "{context}"),
            StatusCode::NOT_MODIFIED => {
                assert!(response.body.is_empty(), "{context}");
                assert_eq!(response.header("etag"), Some(current.as_str()), "{context}");
            }
            _ => assert_own_text(&response, &context),
        }
    }
    assert!(
        stage.eu.seen_for("reads/conditions.txt").is_empty(),
        "each was a response"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_of_the_current_version_is_a_part_and_of_another_the_whole() {
    let stage = with_digits("reads/if-range.txt").await;
    let current = etag(&stage.get("/reads/if-range.txt").await);
    for (validator, status, body) in [
        (current.as_str(), StatusCode::PARTIAL_CONTENT, "234"),
        ("\"other\"", StatusCode::OK, DIGITS),
    ] {
        let request = Request::get("/reads/if-range.txt")
            .header("range", "bytes=2-4")
            .header("if-range", validator);
        let response = stage.send(request).await;
        assert_eq!(
            (response.status, response.text().as_str()),
            (status, body),
            "{validator}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_object_is_404_with_a_text_of_our_own() {
    let stage = shared().await;
    for target in [
        "/reads/missing.txt",
        "/reads/missing/",
        "/reads/missing.txt?pop=AMS",
    ] {
        let response = stage.get(target).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND, "{target}");
        let host = if target.ends_with("AMS") {
            EU_HOST
        } else {
            US_HOST
        };
        assert_eq!(response.header("x-b2-host"), Some(host), "{target}");
        assert_own_text(&response, target);
        let head = stage.head(target).await;
        assert_eq!(head.status, StatusCode::NOT_FOUND, "{target}");
        assert_eq!(
            head.header("content-length"),
            response.header("content-length"),
            "{target}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_names_the_methods_and_contacts_nobody() {
    let stage = shared().await;
    let response = stage
        .send(Request::new(Method::OPTIONS, "/reads/options.txt"))
        .await;
    assert_eq!(response.status, StatusCode::NO_CONTENT);
    assert_eq!(response.header("allow"), Some("GET, HEAD, OPTIONS, PURGE"));
    assert!(stage.us.seen_for("reads/options.txt").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_method_is_405_and_contacts_nobody() {
    let stage = with_digits("reads/methods.txt").await;
    for method in ["POST", "PUT", "DELETE", "PATCH", "PROPFIND"] {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let response = stage
            .send(Request::new(method.clone(), "/reads/methods.txt").body("x"))
            .await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{method}");
        assert_eq!(
            response.header("allow"),
            Some("GET, HEAD, OPTIONS, PURGE"),
            "{method}"
        );
        assert_own_text(&response, method.as_str());
    }
    assert!(stage.us.seen_for("reads/methods.txt").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_object_arrives_whole() {
    let stage = shared().await;
    let object = Object::pseudo_random(7, 20 * 1024 * 1024);
    let expected = object.bytes.clone();
    stage.put("reads/large.bin", object).await;
    let response = stage.get("/reads/large.bin").await;
    assert!(response.complete);
    assert_eq!(response.header("content-length"), Some("20971520"));
    assert!(response.body == expected, "the bytes differ");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_object_is_an_object() {
    let stage = shared().await;
    stage.put("reads/empty.txt", Object::text("")).await;
    let response = stage.get("/reads/empty.txt").await;
    assert_eq!(
        (response.status, response.header("content-length")),
        (StatusCode::OK, Some("0"))
    );
    assert!(response.body.is_empty() && response.complete);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_clients_at_once_each_get_their_own_object() {
    let stage = shared().await;
    for index in 0..32 {
        stage
            .put(
                &format!("reads/many/{index}.txt"),
                Object::text(format!("object {index}")),
            )
            .await;
    }
    let requests = (0..512_usize).map(|request| {
        tokio::spawn(async move {
            let index = request % 32;
            let response = shared()
                .await
                .get(&format!("/reads/many/{index}.txt"))
                .await;
            assert_eq!(
                (response.status, response.text()),
                (StatusCode::OK, format!("object {index}"))
            );
        })
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.expect("the right object");
    }
}

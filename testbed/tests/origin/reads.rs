//! Reads of a private origin: keys, HEAD, ranges, conditions.

use b2_edge_testbed::{Object, encode_key};

use crate::signer::{Signed, origin};

#[tokio::test]
async fn awkward_keys_are_stored_read_and_deleted() {
    let origin = origin().await;
    let long = "ä".repeat(512);
    let keys = [
        "a//b",
        "a b",
        "a+b",
        "ä",
        "a/",
        "a",
        "..",
        "../x",
        "a/./b",
        "100%",
        "%41",
        "a%2Fb",
        "'()*!~",
        "[]{}|^\"\\",
        "/",
        "/x",
        "日本語/こんにちは.txt",
        "a?b#c&d=e",
        &long,
    ];
    assert_eq!(long.len(), 1024);
    for key in keys {
        origin.put(key, Object::text(key)).await.unwrap();
    }
    for key in keys {
        let response = Signed::get(origin.spec(), key).send(&origin).await;
        assert_eq!(
            (response.status.as_u16(), response.text().as_str()),
            (200, key),
            "{key}"
        );
        let seen = origin.seen_for(key);
        assert_eq!(seen.len(), 1, "{key}");
        assert_eq!(
            seen.first()
                .map(|seen| (seen.raw_path.clone(), seen.status)),
            Some((encode_key(key), Some(200)))
        );
    }
    for key in keys {
        origin.delete(key).await.unwrap();
        assert_eq!(
            Signed::get(origin.spec(), key).send(&origin).await.status,
            404,
            "{key}"
        );
    }
}

#[tokio::test]
async fn an_answer_has_the_headers_that_b2_sends() {
    let origin = origin().await;
    let response = Signed::get(origin.spec(), "hello.txt").send(&origin).await;
    for (name, value) in [
        ("content-length", "10"),
        ("content-type", "text/plain; charset=utf-8"),
        ("cache-control", "max-age=60"),
        ("content-encoding", "identity"),
        ("content-language", "en"),
        ("content-disposition", "inline"),
        ("x-amz-meta-colour", "red"),
        ("accept-ranges", "bytes"),
        ("etag", "\"781e5e245d69b566979b86e28d23f2c7\""),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
    for name in [
        "last-modified",
        "date",
        "x-amz-request-id",
        "x-amz-id-2",
        "x-amz-version-id",
    ] {
        assert!(response.header(name).is_some(), "{name}");
    }
}

#[tokio::test]
async fn head_tells_the_length_and_sends_no_content() {
    let origin = origin().await;
    let (get, head) = (
        Signed::get(origin.spec(), "hello.txt"),
        Signed::head(origin.spec(), "hello.txt"),
    );
    let (get, head) = (get.send(&origin).await, head.send(&origin).await);
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    for name in [
        "content-length",
        "content-type",
        "etag",
        "last-modified",
        "accept-ranges",
        "x-amz-version-id",
    ] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
    let missing = Signed::head(origin.spec(), "nothing").send(&origin).await;
    assert_eq!((missing.status.as_u16(), missing.body.len()), (404, 0));
}

#[tokio::test]
async fn ranges_are_served_as_far_as_there_are_bytes() {
    let origin = origin().await;
    for (range, status, body, content_range) in [
        ("bytes=0-0", 206, "0", Some("bytes 0-0/10")),
        ("bytes=3-5", 206, "345", Some("bytes 3-5/10")),
        ("bytes=8-99", 206, "89", Some("bytes 8-9/10")),
        ("bytes=5-", 206, "56789", Some("bytes 5-9/10")),
        ("bytes=-3", 206, "789", Some("bytes 7-9/10")),
        ("bytes=-99", 206, "0123456789", Some("bytes 0-9/10")),
        ("bytes=0-1,3-4", 200, "0123456789", None),
        ("bytes=5-3", 200, "0123456789", None),
        ("bananas=0-1", 200, "0123456789", None),
    ] {
        let response = Signed::get(origin.spec(), "hello.txt")
            .header("Range", range)
            .send(&origin)
            .await;
        let got = (
            response.status.as_u16(),
            response.text(),
            response.header("content-range"),
            response.complete,
        );
        assert_eq!(
            got,
            (status, body.to_owned(), content_range, true),
            "{range}"
        );
    }
}

#[tokio::test]
async fn a_range_beyond_the_end_is_a_416_that_tells_the_length() {
    let origin = origin().await;
    origin.put("empty", Object::text("")).await.unwrap();
    for (key, range, length) in [
        ("hello.txt", "bytes=10-", 10),
        ("hello.txt", "bytes=-0", 10),
        ("empty", "bytes=0-", 0),
        ("empty", "bytes=-1", 0),
    ] {
        let response = Signed::get(origin.spec(), key)
            .header("Range", range)
            .send(&origin)
            .await;
        assert_eq!(response.status, 416, "{key} {range}");
        assert_eq!(
            response.header("content-range"),
            Some(format!("bytes */{length}").as_str())
        );
        assert_eq!(response.header("content-type"), Some("application/xml"));
        assert!(response.text().contains("<Code>InvalidRange</Code>"));
    }
}

#[tokio::test]
async fn conditions_are_honoured_by_get_and_head() {
    let origin = origin().await;
    let whole = Signed::get(origin.spec(), "hello.txt").send(&origin).await;
    let etag = whole.header("etag").unwrap().to_owned();
    let date = whole.header("last-modified").unwrap().to_owned();
    for (name, value, status) in [
        ("If-None-Match", etag.clone(), 304),
        ("If-None-Match", format!("\"x\", {etag}"), 304),
        ("If-None-Match", "\"x\"".to_owned(), 200),
        ("If-Modified-Since", date.clone(), 304),
        ("If-Match", "\"x\"".to_owned(), 412),
        ("If-Match", etag.clone(), 200),
        ("If-Unmodified-Since", date.clone(), 200),
        (
            "If-Unmodified-Since",
            "Thu, 01 Jan 2015 00:00:00 GMT".to_owned(),
            412,
        ),
    ] {
        for signed in [
            Signed::get(origin.spec(), "hello.txt"),
            Signed::head(origin.spec(), "hello.txt"),
        ] {
            let response = signed.header(name, value.as_str()).send(&origin).await;
            assert_eq!(response.status.as_u16(), status, "{name}: {value}");
            if status == 304 {
                assert_eq!(
                    (response.header("etag"), response.body.len()),
                    (Some(etag.as_str()), 0)
                );
                assert_eq!(response.header("last-modified"), Some(date.as_str()));
                assert_eq!(
                    (
                        response.header("cache-control"),
                        response.header("content-type")
                    ),
                    (Some("max-age=60"), None)
                );
            }
        }
    }
}

#[tokio::test]
async fn a_large_object_comes_whole() {
    let origin = origin().await;
    let object = Object::pseudo_random(7, 5_000_000);
    origin.put("large", object.clone()).await.unwrap();
    let response = Signed::get(origin.spec(), "large").send(&origin).await;
    assert!(response.complete && response.body == object.bytes);
    assert_eq!(
        response.header("content-type"),
        Some("application/octet-stream")
    );
}

//! Headers of the client do not reach a bucket.

use b2_edge_testbed::{Object, Request};
use http::StatusCode;

use crate::support::stage::{US_HOST, shared};

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_the_client_do_not_reach_the_bucket() {
    let stage = shared().await;
    stage
        .put("client-headers.txt", Object::text("content"))
        .await;
    let request = Request::get("/client-headers.txt")
        .header("host", "another-bucket.s3.us-west-004.backblazeb2.com")
        .header("authorization", "AWS4-HMAC-SHA256 Credential=mine")
        .header("x-amz-date", "20000101T000000Z")
        .header("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        .header("x-amz-security-token", "token")
        .header("x-amz-server-side-encryption-customer-algorithm", "AES256")
        .header("x-amz-meta-mine", "mine")
        .header("cookie", "session=mine")
        .header(
            "x-forwarded-host",
            "another-bucket.s3.us-west-004.backblazeb2.com",
        )
        .header("x-forwarded-for", "192.0.2.1")
        .header("x-http-method-override", "DELETE")
        .header("accept-encoding", "gzip")
        .header("user-agent", "mine")
        .header("fastly-debug", "1")
        .header("connection", "x-amz-date, authorization");
    let response = stage.send(request).await;
    assert_eq!(
        (response.status, response.text().as_str()),
        (StatusCode::OK, "content")
    );
    assert_eq!(response.header("x-b2-host"), Some(US_HOST));
    let seen = stage
        .us
        .seen_for("client-headers.txt")
        .pop()
        .expect("requested");
    assert_eq!(seen.header("host"), Some(US_HOST));
    let shown = format!("{:?}", seen.headers);
    for text in [
        "mine",
        "token",
        "20000101",
        "UNSIGNED",
        "another-bucket",
        "AES256",
        "192.0.2.1",
        "DELETE",
        "gzip",
    ] {
        assert!(!shown.contains(text), "{text} in {shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_values_of_allowed_headers_are_harmless() {
    let stage = shared().await;
    stage
        .put("odd-headers.txt", Object::text("0123456789"))
        .await;
    let (whole, beyond) = (StatusCode::OK, StatusCode::RANGE_NOT_SATISFIABLE);
    for (name, value, status) in [
        ("range", &b"bytes=5-2"[..], whole),
        ("range", b"bytes=a-b", whole),
        ("range", b"lines=1-2", whole),
        ("range", b"bytes=0-1,4-5", whole),
        ("range", b"bytes=10-", beyond),
        ("range", b"\xff\xfe", whole),
        ("if-none-match", b"no quotes", whole),
        ("if-none-match", b"\xff", whole),
        ("if-modified-since", b"yesterday", whole),
        ("if-unmodified-since", b"never", whole),
        ("if-range", b"\"x\"", whole),
    ] {
        let request = Request::get("/odd-headers.txt").header(name, value);
        let response = stage.send(request).await;
        let context = format!("{name}: {}", value.escape_ascii());
        assert_eq!(response.status, status, "{context}");
        assert!(response.complete, "{context}");
        if status == whole {
            assert_eq!(response.text(), "0123456789", "{context}");
        }
    }
}

//! What a client sends beside the path does not reach a bucket.

use b2_edge_testbed::{Call, Object};
use http::StatusCode;

use crate::stage::{US_HOST, shared};

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_the_client_do_not_reach_the_bucket() {
    let stage = shared().await;
    stage
        .put("client-headers.txt", Object::text("content"))
        .await;
    let call = Call::get("/client-headers.txt")
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
    let answer = stage.send(call).await;
    assert_eq!(
        (answer.status, answer.text().as_str()),
        (StatusCode::OK, "content")
    );
    assert_eq!(answer.header("x-b2-host"), Some(US_HOST));
    let seen = stage
        .us
        .seen_for("client-headers.txt")
        .pop()
        .expect("asked");
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
    for (name, value) in [
        ("range", &b"bytes=5-2"[..]),
        ("range", b"bytes=a-b"),
        ("range", b"lines=1-2"),
        ("range", b"bytes=0-1,4-5"),
        ("range", b"bytes=99999999999999999999-"),
        ("range", b"\xff\xfe"),
        ("if-none-match", b"no quotes"),
        ("if-none-match", b"\xff"),
        ("if-modified-since", b"yesterday"),
        ("if-unmodified-since", b"never"),
        ("if-range", b"\"x\""),
    ] {
        let answer = stage
            .send(Call::get("/odd-headers.txt").header(name, value))
            .await;
        let context = format!("{name}: {}", value.escape_ascii());
        assert!(answer.complete, "{context}");
        assert!(
            matches!(answer.status.as_u16(), 200 | 206 | 400 | 416 | 502),
            "{context}: {}",
            answer.status
        );
        assert!(!answer.text().contains('<'), "{context}: {}", answer.text());
    }
}

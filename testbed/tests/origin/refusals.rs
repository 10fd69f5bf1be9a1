//! The requests that a private origin refuses, and the error codes.

use std::time::Duration;

use b2_edge_testbed::{OriginSpec, Request, Response};

use crate::signer::{Signed, origin, origin_of, spec};

/// Asserts that a response is an uncacheable S3 error document of this status and code, without content of the object.
fn assert_refused(response: &Response, status: u16, code: &str) {
    assert_eq!(
        (response.status.as_u16(), response.complete),
        (status, true),
        "{}",
        response.text()
    );
    assert!(
        response
            .text()
            .contains(&format!("<Error><Code>{code}</Code>")),
        "{}",
        response.text()
    );
    assert_eq!(response.header("content-type"), Some("application/xml"));
    assert_eq!(
        response.header("cache-control"),
        Some("max-age=0, no-cache, no-store")
    );
    assert!(response.header("x-amz-request-id").is_some());
    assert!(!response.text().contains("0123456789") && !response.text().contains("hello.txt"));
}

#[tokio::test]
async fn a_request_signed_by_another_implementation_is_served() {
    let origin = origin().await;
    let response = Signed::get(origin.spec(), "hello.txt").send(&origin).await;
    assert_eq!(
        (response.status.as_u16(), response.text()),
        (200, "0123456789".to_owned())
    );
}

#[tokio::test]
async fn an_unsigned_request_is_denied() {
    let origin = origin().await;
    let request = Request::get("/hello.txt").header("Host", origin.spec().host());
    assert_refused(
        &request.send(origin.port()).await.unwrap(),
        403,
        "AccessDenied",
    );
}

#[tokio::test]
async fn a_signature_with_a_wrong_key_does_not_match() {
    let origin = origin().await;
    let mut signed = Signed::get(origin.spec(), "hello.txt");
    signed.application_key.push('x');
    assert_refused(&signed.send(&origin).await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn an_unknown_key_id_is_named_as_such() {
    let origin = origin().await;
    let mut signed = Signed::get(origin.spec(), "hello.txt");
    signed.key_id.push('x');
    assert_refused(&signed.send(&origin).await, 403, "InvalidAccessKeyId");
}

#[tokio::test]
async fn a_signature_for_another_region_does_not_match() {
    let origin = origin().await;
    let mut signed = Signed::get(origin.spec(), "hello.txt");
    signed.region = "eu-central-003".to_owned();
    assert_refused(&signed.send(&origin).await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_clock_may_be_ten_minutes_off_but_not_twenty() {
    let origin = origin().await;
    let signed = |minutes: u64| {
        Signed::get(origin.spec(), "hello.txt").skewed_by(Duration::from_secs(minutes * 60))
    };
    assert_eq!(signed(10).send(&origin).await.status, 200);
    assert_refused(&signed(20).send(&origin).await, 403, "RequestTimeTooSkewed");
}

#[tokio::test]
async fn a_path_that_is_not_the_encoding_of_its_key_does_not_match() {
    let origin = origin().await;
    // The object exists, and the signature is valid by s3s's own, more lenient rule.
    for (key, path) in [
        ("a+b", "/a+b"),
        ("a", "/%61"),
        ("ä", "/%c3%a4"),
        ("a/b", "/a%2Fb"),
        ("a!b", "/a!b"),
    ] {
        origin
            .put(key, b2_edge_testbed::Object::text("secret"))
            .await
            .unwrap();
        assert_eq!(
            Signed::get(origin.spec(), key).send(&origin).await.status,
            200,
            "{key}"
        );
        for path_in_signature in [None, Some(b2_edge_testbed::encode_key(key))] {
            let signed = Signed {
                path: path.to_owned(),
                path_in_signature,
                ..Signed::get(origin.spec(), key)
            };
            assert_refused(&signed.send(&origin).await, 403, "SignatureDoesNotMatch");
        }
    }
}

#[tokio::test]
async fn hosts_of_others_are_refused() {
    let origin = origin().await;
    let at = |host: &str| Signed {
        host: host.to_owned(),
        ..Signed::get(origin.spec(), "hello.txt")
    };
    let other_bucket = at("other-bucket.s3.us-west-004.backblazeb2.com");
    assert_refused(&other_bucket.send(&origin).await, 403, "AccessDenied");
    for host in [
        "a-bucket.s3.eu-central-003.backblazeb2.com",
        "a-bucket.s3.us-west-004.backblazeb2.com.example.com",
        "example.com",
        "127.0.0.1",
    ] {
        let response = at(host).send(&origin).await;
        assert!(
            response.status.is_client_error(),
            "{host}: {}",
            response.status
        );
    }
}

#[tokio::test]
async fn the_path_style_is_served_at_the_endpoint_and_nowhere_else() {
    let origin = origin().await;
    let at = |host: &str| Signed {
        host: host.to_owned(),
        ..Signed::get(origin.spec(), "a-bucket/hello.txt")
    };
    assert_eq!(
        at(&origin.spec().endpoint()).send(&origin).await.text(),
        "0123456789"
    );
    assert_refused(&at("127.0.0.1").send(&origin).await, 400, "InvalidRequest");
}

#[tokio::test]
async fn an_amazon_header_outside_the_signature_is_refused() {
    let origin = origin().await;
    let signed = Signed::get(origin.spec(), "hello.txt").header("x-amz-acl", "public-read");
    assert_refused(&signed.send(&origin).await, 403, "AccessDenied");
}

#[tokio::test]
async fn a_read_that_declares_another_content_than_none_is_refused() {
    let origin = origin().await;
    let mut signed = Signed::get(origin.spec(), "hello.txt");
    signed.declared_body = b"x";
    assert_refused(
        &signed.send(&origin).await,
        400,
        "XAmzContentSHA256Mismatch",
    );
}

#[tokio::test]
async fn nothing_but_a_signed_request_lists_a_bucket() {
    for public in [false, true] {
        let origin = origin_of(OriginSpec { public, ..spec() }).await;
        let host = origin.spec().host();
        for target in [
            "/",
            "/?list-type=2",
            "/?acl",
            "/?versions",
            "/?prefix=h",
            "/?location",
            "//",
        ] {
            let response = Request::get(target)
                .header("Host", host.as_str())
                .send(origin.port())
                .await
                .unwrap();
            assert!(
                !response.status.is_success(),
                "{target} (public: {public}): {}",
                response.status
            );
            assert!(!response.text().contains("hello.txt"), "{target}");
        }
        let listing = Signed::get(origin.spec(), "").send(&origin).await;
        assert_eq!(listing.status, 200);
        assert!(
            listing.text().contains("<Key>hello.txt</Key>"),
            "{}",
            listing.text()
        );
    }
}

#[tokio::test]
async fn a_public_bucket_serves_objects_to_anybody() {
    let origin = origin_of(OriginSpec {
        public: true,
        ..spec()
    })
    .await;
    let request = Request::get("/hello.txt").header("Host", origin.spec().host());
    assert_eq!(
        request.send(origin.port()).await.unwrap().text(),
        "0123456789"
    );
}

#[tokio::test]
async fn a_missing_key_is_a_404_with_a_document() {
    let origin = origin().await;
    let response = Signed::get(origin.spec(), "nothing").send(&origin).await;
    assert_refused(&response, 404, "NoSuchKey");
}

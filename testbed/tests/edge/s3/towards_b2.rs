//! What an origin receives of a write.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Checksum, Fault, Response, S3Request, SeenRequest};
use http::Method;

use serde_json::json;

use super::stage::{Form, S3Stage, assert_done, client, element, owner, shared};

/// The only request that the US origin received for a key.
fn only(s3: &S3Stage, key: &str) -> SeenRequest {
    let mut seen = s3.stage.us.seen_for(key);
    assert_eq!(seen.len(), 1, "{key}: {seen:?}");
    assert!(s3.stage.eu.seen_for(key).is_empty(), "{key}");
    seen.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_signed_anew_without_what_b2_refuses() {
    let s3 = shared().await;
    let forms: [Form; 6] = [
        ("digest", |put| {
            let value = Checksum::Crc32.of(&put.content);
            put.header("x-amz-checksum-crc32", &value)
        }),
        ("unsigned", |put| {
            let value = Checksum::Crc64Nvme.of(&put.content);
            put.unsigned_payload()
                .header("x-amz-checksum-crc64nvme", &value)
        }),
        ("crc32", |put| put.unsigned_chunks(Checksum::Crc32)),
        ("signed", S3Request::signed_chunks),
        ("both", |put| {
            put.signed_chunks_and_trailer(Checksum::Sha256)
        }),
        ("presigned", |put| put.presigned(Duration::from_mins(1))),
    ];
    for (form, make) in forms {
        let key = format!("towards/{form}");
        let put = owner().put(&format!("/stage-us/{key}"), "some text");
        let put = put.query("x-id=PutObject");
        let mut put = make(put);
        if form != "presigned" {
            put = put
                .header("x-amz-sdk-checksum-algorithm", "CRC32")
                .header("x-amz-meta-a", "b  c")
                .header("content-type", "text/x-form")
                .header("cache-control", "max-age=7")
                .header("amz-sdk-request", "attempt=1");
        }
        assert_done(&s3.send(&put.sign()).await, form);
        let seen = only(s3, &key);
        assert_eq!(seen.method, Method::PUT);
        assert_eq!(
            seen.header("host"),
            Some(s3.stage.us.spec().host().as_str())
        );
        assert_eq!(seen.header("content-length"), Some("9"), "{form}");
        assert_eq!(seen.header("content-encoding"), None, "{form}");
        for name in [
            "transfer-encoding",
            "x-amz-trailer",
            "x-amz-decoded-content-length",
            "x-amz-sdk-checksum-algorithm",
            "fastly-ff",
            "x-forwarded-for",
        ] {
            assert_eq!(seen.header(name), None, "{form}: {name}");
        }
        let names = seen.headers.keys().map(http::HeaderName::as_str);
        for name in names {
            assert!(!name.starts_with("x-amz-checksum"), "{form}: {name}");
        }
        assert_eq!(seen.query.as_deref().unwrap_or_default(), "", "{form}");
        let authorization = seen.header("authorization").expect("signed in a header");
        assert!(
            authorization.contains("/us-west-004/s3/aws4_request"),
            "{form}: {authorization}"
        );
        assert_eq!(
            seen.key_id().as_deref(),
            Some("us_origin-write-key-id"),
            "{form}"
        );
        if form != "presigned" {
            let object = s3.stage.us.object(&key).await.expect("readable");
            let object = object.expect("stored");
            assert_eq!(object.content_type.as_deref(), Some("text/x-form"));
            assert_eq!(object.cache_control.as_deref(), Some("max-age=7"));
            let [(name, value)] = &object.metadata[..] else {
                panic!("{:?}", object.metadata)
            };
            assert_eq!(
                (name.as_str(), value.replace("  ", " ")),
                ("a", "b c".to_owned())
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_client_compressed_stays_compressed() {
    let s3 = shared().await;
    for (encoding, expected) in [
        ("gzip", Some("gzip")),
        ("aws-chunked,gzip", Some("gzip")),
        ("gzip, aws-chunked", Some("gzip")),
    ] {
        let key = format!("encoded/{}", encoding.replace([',', ' '], "-"));
        let put = owner().put(&format!("/stage-us/{key}"), "not really gzip");
        let put = put.header("content-encoding", encoding);
        // The header is replaced before it is signed, because the client of the tests writes one of its own.
        let put = if encoding == "gzip" {
            put
        } else {
            let mut put = put
                .header("x-amz-decoded-content-length", "15")
                .header("x-amz-trailer", "x-amz-checksum-crc32")
                .declared("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
            let crc = Checksum::Crc32.of(&put.content);
            put.content =
                format!("f\r\nnot really gzip\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n")
                    .into_bytes();
            put
        };
        assert_done(&s3.send(&put.sign()).await, encoding);
        let object = s3.stage.us.object(&key).await.expect("readable");
        let object = object.expect("stored");
        assert_eq!(object.content_encoding.as_deref(), expected, "{encoding}");
        assert_eq!(object.bytes, "not really gzip", "{encoding}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conditions_of_a_write_reach_b2_which_refuses_them() {
    let s3 = shared().await;
    for (name, value) in [("if-none-match", "*"), ("if-match", "\"x\"")] {
        let key = format!("conditional/{name}");
        let put = owner().put(&format!("/stage-us/{key}"), "text");
        let response = s3.send(&put.header(name, value).sign()).await;
        assert_eq!(response.status, 501, "{name}: {}", response.text());
        assert_eq!(s3.stored(&key).await, None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_b2_is_passed_on() {
    let s3 = shared().await;
    let part = owner().put("/stage-us/passed-on", "text");
    let part = part.query("partNumber=1&uploadId=unknown").sign();
    let response = s3.send(&part).await;
    assert_eq!(response.status, 404, "{}", response.text());
    assert!(response.text().contains("NoSuchUpload"));
    let get = owner().get("/stage-us/passed-on").sign();
    let response = s3.send(&get).await;
    assert_eq!(response.status, 404);
    assert!(response.text().contains("NoSuchKey"), "{}", response.text());
    let fault = Fault::Respond(CannedResponse::slow_down());
    let _busy = s3.stage.us.inject("busy", fault);
    let put = owner().put("/stage-us/busy", "text").sign();
    let response = s3.send(&put).await;
    assert_eq!(response.status, 503, "a write does not fail over");
    assert!(response.text().contains("SlowDown"), "{}", response.text());
    assert!(s3.stage.eu.seen_for("busy").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_before_the_end_of_an_upload_is_the_answer() {
    let s3 = shared().await;
    let fault = Fault::Respond(CannedResponse::slow_down());
    let _busy = s3.stage.us.inject("early", fault);
    for size in [100_000, 900_000] {
        let put = owner().put("/stage-us/early", vec![b'x'; size]);
        for put in [
            put.clone().unsigned_payload(),
            put.clone().unsigned_chunks(Checksum::Crc32),
        ] {
            let response = s3.send(&put.sign()).await;
            // The connection may be reset before the response is read, because the origin has not read the rest.
            let answers = [(503, "SlowDown"), (503, "ServiceUnavailable")];
            let code = element(&response, "Code");
            let answer = (response.status.as_u16(), code.as_str());
            assert!(answers.contains(&answer), "{size}: {}", response.text());
        }
    }
    assert_eq!(s3.stored("early").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_needs_its_right_and_gets_the_digest_that_b2_requires() {
    let s3 = shared().await;
    for (name, value) in [
        ("x-amz-object-lock-legal-hold", "ON"),
        ("x-amz-object-lock-mode", "GOVERNANCE"),
    ] {
        let key = format!("locked/{name}");
        let put = |name_of_client: &str| {
            let put = client(name_of_client).put(&format!("/stage-us/{key}"), "text");
            let put = put.header(name, value);
            put.header(
                "x-amz-object-lock-retain-until-date",
                "2027-01-31T00:00:00Z",
            )
        };
        let denied = put("writer").sign();
        s3.assert_refused(name, &denied, &key, &[(403, "AccessDenied")])
            .await;
        for put in [put("owner"), put("owner").unsigned_chunks(Checksum::Crc32)] {
            s3.stage.us.clear_seen_for(&key);
            assert_done(&s3.send(&put.sign()).await, name);
            let seen = only(s3, &key);
            // MD5 of `text`.
            let digest = Some("HLJR7A1WjeapKbUgxK7Y0Q==");
            assert_eq!(seen.header("content-md5"), digest, "{name}");
            assert_eq!(seen.header(name), Some(value));
        }
    }
    let delete = client("deleter").delete("/stage-us/locked/bypass");
    let delete = delete.header("x-amz-bypass-governance-retention", "true");
    let denied = &[(403, "AccessDenied")];
    s3.assert_refused("bypass", &delete.sign(), "locked/bypass", denied)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_decodes_gets_the_chunks_as_they_are() {
    let s3 = S3Stage::with(json!({"aws_chunked": "pass"}), json!({})).await;
    let put = owner().put("/stage-us/passed", vec![b'x'; 300_000]);
    let put = put.unsigned_chunks(Checksum::Crc64Nvme).sign();
    // These origins do not decode, as B2 does not.
    assert_error_of_origin(&s3.send(&put).await);
    let seen = only(&s3, "passed");
    assert_eq!(
        seen.header("x-amz-content-sha256"),
        Some("STREAMING-UNSIGNED-PAYLOAD-TRAILER")
    );
    assert_eq!(
        seen.header("x-amz-trailer"),
        Some("x-amz-checksum-crc64nvme")
    );
    assert_eq!(seen.header("x-amz-decoded-content-length"), Some("300000"));
    let length = put.body.len().to_string();
    assert_eq!(seen.header("content-length"), Some(length.as_str()));
    // Chunks that are signed with the client's key are decoded here in any case.
    let put = owner().put("/stage-us/decoded", "text").signed_chunks();
    assert_done(&s3.send(&put.sign()).await, "signed chunks");
    assert_eq!(s3.stored("decoded").await.as_deref(), Some(&b"text"[..]));
}

fn assert_error_of_origin(response: &Response) {
    let code = element(response, "Code");
    assert_eq!(
        (response.status.as_u16(), code.as_str()),
        (400, "InvalidRequest")
    );
}

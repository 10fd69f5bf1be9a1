//! Which signatures are right.

use std::time::{Duration, SystemTime};

use b2_edge_testbed::{Object, S3Client, SignedRequest};

use super::stage::{Answer, assert_done, assert_error, client, element, owner, shared};

const DENIED: Answer = (403, "AccessDenied");
const NO_MATCH: Answer = (403, "SignatureDoesNotMatch");
const MALFORMED: Answer = (400, "AuthorizationHeaderMalformed");
const INVALID: Answer = (400, "InvalidRequest");
const ARGUMENT: Answer = (400, "InvalidArgument");
const QUERY: Answer = (400, "AuthorizationQueryParametersError");

const MINUTE: Duration = Duration::from_mins(1);

fn put(client: &S3Client, key: &str) -> SignedRequest {
    client.put(&format!("/stage-us/{key}"), "text").sign()
}

#[tokio::test(flavor = "multi_thread")]
async fn three_regions_and_every_way_to_name_the_bucket_are_right() {
    let s3 = shared().await;
    for (host, path, region) in [
        ("s3.test", "/stage-us/ways/a", "us-west-004"),
        ("s3.test", "/stage-us/ways/b", "auto"),
        ("s3.test", "/stage-us/ways/c", "us-east-1"),
        ("S3.Test", "/stage-us/ways/d", "us-west-004"),
        ("s3.test:8080", "/stage-us/ways/e", "us-west-004"),
        ("stage-us.s3.test", "/ways/f", "us-west-004"),
        ("stage-us.S3.TEST:8080", "/ways/g", "us-west-004"),
    ] {
        let mut client = owner();
        (client.host, client.region) = (host.to_owned(), region.to_owned());
        let context = format!("{host}{path} {region}");
        let response = s3.send(&client.put(path, context.as_str()).sign()).await;
        assert_done(&response, &context);
        let key = format!("ways/{}", path.rsplit('/').next().expect("a letter"));
        let stored = s3.stored(&key).await;
        assert_eq!(stored.as_deref(), Some(context.as_bytes()), "{context}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_claim_is_refused_with_its_code() {
    let s3 = shared().await;
    let with = |change: fn(&mut S3Client)| {
        let mut client = owner();
        change(&mut client);
        put(&client, "claim")
    };
    let right = || put(&owner(), "claim");
    let at = |time| owner().put("/stage-us/claim", "text").at(time).sign();
    let now = SystemTime::now();
    let cases: [(&str, SignedRequest, &[Answer]); 15] = [
        (
            "wrong secret",
            with(|c| c.secret_key.push('x')),
            &[NO_MATCH],
        ),
        (
            "unknown key",
            with(|c| c.key_id.push('x')),
            &[(403, "InvalidAccessKeyId")],
        ),
        (
            "an origin's own key",
            with(|c| {
                c.key_id = "us_origin-key-id".to_owned();
                c.secret_key = "us_origin-application-key".to_owned();
            }),
            &[(403, "InvalidAccessKeyId")],
        ),
        (
            "a client without secrets",
            put(&client("keyless"), "claim"),
            &[(403, "InvalidAccessKeyId")],
        ),
        (
            "wrong region",
            with(|c| c.region = "eu-west-1".to_owned()),
            &[MALFORMED],
        ),
        (
            "another bucket's region",
            with(|c| c.region = "eu-central-003".to_owned()),
            &[MALFORMED],
        ),
        (
            "wrong service",
            with(|c| c.service = "sts".to_owned()),
            &[MALFORMED],
        ),
        (
            "20 minutes late",
            at(now - 20 * MINUTE),
            &[(403, "RequestTimeTooSkewed")],
        ),
        (
            "20 minutes early",
            at(now + 20 * MINUTE),
            &[(403, "RequestTimeTooSkewed")],
        ),
        (
            "a client of the past",
            put(&client("past"), "claim"),
            &[DENIED],
        ),
        (
            "unsigned",
            right().without_header("authorization"),
            &[DENIED],
        ),
        (
            "signature version 2",
            right().change_header("authorization", |_| "AWS owner-key-id:AAAA".to_owned()),
            &[INVALID],
        ),
        (
            "half an Authorization",
            right().change_header("authorization", |value| {
                value.split(',').next().expect("a part").to_owned()
            }),
            &[MALFORMED],
        ),
        (
            "another date than the scope's",
            right().change_header("authorization", |value| {
                value.replacen("key-id/20", "key-id/19", 1)
            }),
            &[DENIED, NO_MATCH, MALFORMED],
        ),
        (
            "no date",
            right().without_header("x-amz-date"),
            &[DENIED, NO_MATCH, MALFORMED],
        ),
    ];
    for (context, request, answers) in cases {
        s3.assert_refused(context, &request, "claim", answers).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_region_names_the_right_one() {
    let s3 = shared().await;
    let mut client = owner();
    client.region = "eu-west-1".to_owned();
    let response = s3.send(&put(&client, "region")).await;
    assert_error(&response, &[MALFORMED], "region");
    assert!(
        element(&response, "Message").contains("us-west-004"),
        "{}",
        response.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_after_signing_is_refused() {
    let s3 = shared().await;
    let right = || {
        let put = owner().put("/stage-us/changed", "text");
        put.header("x-amz-meta-a", "one")
            .header("content-type", "text/plain")
            .sign()
    };
    let twice = |name: &str| {
        let request = right();
        let value = request.header(name).expect("it is there").to_owned();
        request.unsigned_header(name, &value)
    };
    let cases: [(&str, SignedRequest, &[Answer]); 10] = [
        (
            "another value of a signed header",
            right().change_header("x-amz-meta-a", |_| "two".to_owned()),
            &[NO_MATCH],
        ),
        (
            "a signed header is missing",
            right().without_header("x-amz-meta-a"),
            &[NO_MATCH, INVALID, DENIED],
        ),
        (
            "an x-amz header that is not signed",
            right().unsigned_header("x-amz-meta-b", "three"),
            &[DENIED, INVALID],
        ),
        (
            "an ACL that is not signed",
            right().unsigned_header("x-amz-acl", "public-read"),
            &[DENIED, INVALID],
        ),
        (
            "a copy source that is not signed",
            right().unsigned_header("x-amz-copy-source", "/stage-us/other"),
            &[DENIED, INVALID],
        ),
        (
            "a signed header twice",
            twice("x-amz-meta-a"),
            &[NO_MATCH, INVALID],
        ),
        (
            "a date twice",
            twice("x-amz-date"),
            &[NO_MATCH, INVALID, DENIED],
        ),
        (
            "a content type twice",
            twice("content-type"),
            &[NO_MATCH, INVALID],
        ),
        (
            "two Authorization headers",
            twice("authorization"),
            &[INVALID, MALFORMED, ARGUMENT, DENIED],
        ),
        (
            "another parameter",
            right().with_target("/stage-us/changed?partNumber=1&uploadId=x"),
            &[NO_MATCH],
        ),
    ];
    for (context, request, answers) in cases {
        s3.assert_refused(context, &request, "changed", answers)
            .await;
    }
    let moved = right().with_target("/stage-us/changed%20");
    s3.assert_refused("another path", &moved, "changed ", &[NO_MATCH])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn presigned_urls_are_valid_for_their_time_and_their_request_only() {
    let s3 = shared().await;
    let url = |expires: Duration, at: SystemTime| {
        let put = owner().put("/stage-us/presigned", "text").at(at);
        put.presigned(expires).sign()
    };
    let now = SystemTime::now();
    let right = || url(MINUTE, now);
    let change = |from: &str, to: &str| {
        let request = right();
        let target = request.target.replacen(from, to, 1);
        assert_ne!(target, request.target, "{from}");
        request.with_target(&target)
    };
    let twice = format!("{}&X-Amz-Expires=60", right().target);
    let mut both = right();
    let signed = put(&owner(), "presigned");
    both.headers = signed.headers;
    let mut other_method = right();
    other_method.method = http::Method::DELETE;
    let cases: [(&str, SignedRequest, &[Answer]); 11] = [
        ("expired", url(MINUTE, now - 2 * MINUTE), &[DENIED]),
        ("not valid yet", url(MINUTE, now + 20 * MINUTE), &[DENIED]),
        (
            "valid for eight days",
            url(Duration::from_hours(24 * 8), now),
            &[QUERY, DENIED],
        ),
        (
            "longer than signed",
            change("X-Amz-Expires=60", "X-Amz-Expires=61"),
            &[NO_MATCH],
        ),
        (
            "no time at all",
            change("X-Amz-Expires=60", "X-Amz-Expires=0"),
            &[QUERY, DENIED, NO_MATCH],
        ),
        (
            "a time with a sign",
            change("X-Amz-Expires=60", "X-Amz-Expires=%2B60"),
            &[QUERY, DENIED, NO_MATCH],
        ),
        (
            "another bucket",
            change("/stage-us/", "/stage-eu/"),
            &[NO_MATCH, MALFORMED, QUERY],
        ),
        ("another method", other_method, &[NO_MATCH]),
        (
            "a parameter twice",
            right().with_target(&twice),
            &[INVALID, ARGUMENT, QUERY, NO_MATCH, DENIED],
        ),
        (
            "two signatures",
            both,
            &[INVALID, ARGUMENT, QUERY, MALFORMED, DENIED],
        ),
        (
            "a header of S3 besides",
            right().unsigned_header("x-amz-acl", "public-read"),
            &[DENIED, INVALID],
        ),
    ];
    for (context, request, answers) in cases {
        s3.assert_refused(context, &request, "presigned", answers)
            .await;
    }
    assert_done(&s3.send(&right()).await, "a right URL");
    let stored = s3.stored("presigned").await;
    assert_eq!(stored.as_deref(), Some(&b"text"[..]));
    let get = owner().get("/stage-us/presigned");
    let read = s3.send(&get.presigned(7 * 24 * 60 * MINUTE).sign()).await;
    assert_eq!(
        (read.status.as_u16(), read.text()),
        (200, "text".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_minutes_are_no_skew() {
    let s3 = shared().await;
    let now = SystemTime::now();
    for at in [now - 10 * MINUTE, now + 10 * MINUTE] {
        let put = owner().put("/stage-us/skew", "text").at(at);
        assert_done(&s3.send(&put.sign()).await, "ten minutes");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plus_in_the_query_is_what_the_client_signed() {
    let s3 = shared().await;
    for key in ["plus/a b", "plus/a+b"] {
        s3.stage.put(key, Object::text(key)).await;
    }
    let list = |signed: &str, sent: &str| {
        let list = owner().get("/stage-us");
        let list = list.query(&format!("list-type=2&prefix={signed}")).sign();
        let target = format!("/stage-us?list-type=2&prefix={sent}");
        list.with_target(&target)
    };
    for (signed, sent, key) in [
        ("plus%2Fa%20b", "plus/a%20b", "plus/a b"),
        ("plus%2Fa%20b", "plus%2Fa+b", "plus/a b"),
        ("plus%2Fa%2Bb", "plus%2Fa+b", "plus/a+b"),
        ("plus%2Fa%2Bb", "plus%2Fa%2Bb", "plus/a+b"),
    ] {
        let response = s3.send(&list(signed, sent)).await;
        let context = format!("{signed} as {sent}");
        assert_done(&response, &context);
        assert_eq!(element(&response, "Key"), key, "{context}");
        let text = response.text();
        assert_eq!(text.matches("<Key>").count(), 1, "{context}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_accept_encoding_may_be_rewritten_on_the_way() {
    let s3 = shared().await;
    s3.stage.put("encoding", Object::text("text")).await;
    for (signed, sent, original) in [
        ("identity", "gzip", None),
        ("gzip", "", None),
        ("gzip, br;q=0.1", "gzip", Some("gzip, br;q=0.1")),
    ] {
        let get = owner().get("/stage-us/encoding");
        let mut get = get.header("accept-encoding", signed).sign();
        get = get.change_header("accept-encoding", |_| sent.to_owned());
        if let Some(original) = original {
            get = get.unsigned_header("Fastly-Orig-Accept-Encoding", original);
        }
        let context = format!("{signed} as {sent}");
        assert_done(&s3.send(&get).await, &context);
    }
    let get = owner().get("/stage-us/encoding");
    let get = get.header("accept-encoding", "zstd").sign();
    let get = get.change_header("accept-encoding", |_| "br".to_owned());
    assert_error(&s3.send(&get).await, &[NO_MATCH], "not what was signed");
}

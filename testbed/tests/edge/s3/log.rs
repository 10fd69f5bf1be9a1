//! What the log says of a request to the endpoint.

use std::time::{Duration, SystemTime};

use b2_edge_testbed::{Checksum, Object, Reception, S3Client, S3Request, SignedRequest};
use serde_json::{Value, json};

use super::stage::{S3Stage, client, owner, shared};
use crate::support::stage::log_of;

const MINUTE: Duration = Duration::from_mins(1);

fn put(client: &S3Client, key: &str) -> S3Request {
    client.put(&format!("/stage-us/log/{key}"), "text")
}

/// Requests, their reasons, their clients and their operations. The key of each is its reason and a number.
fn cases() -> Vec<(
    &'static str,
    SignedRequest,
    Option<&'static str>,
    Option<&'static str>,
)> {
    let owner = owner();
    let with = |change: fn(&mut S3Client)| {
        let mut client = owner.clone();
        change(&mut client);
        client
    };
    let now = SystemTime::now();
    let (me, put_object) = (Some("owner"), Some("PutObject"));
    vec![
        ("s3_served", put(&owner, "s3_served").sign(), me, put_object),
        (
            "s3_refused_by_origin",
            put(&owner, "s3_refused_by_origin")
                .header("if-match", "\"x\"")
                .sign(),
            me,
            put_object,
        ),
        (
            "not_signed",
            put(&owner, "not_signed")
                .sign()
                .without_header("authorization"),
            None,
            None,
        ),
        (
            "unknown_key",
            put(&with(|c| c.key_id.push('x')), "unknown_key").sign(),
            None,
            None,
        ),
        (
            "signature_wrong",
            put(&with(|c| c.secret_key.push('x')), "signature_wrong").sign(),
            None,
            None,
        ),
        (
            "clock_skewed",
            put(&owner, "clock_skewed").at(now - 20 * MINUTE).sign(),
            None,
            None,
        ),
        (
            "url_expired",
            put(&owner, "url_expired")
                .at(now - 5 * MINUTE)
                .presigned(MINUTE)
                .sign(),
            None,
            None,
        ),
        (
            "header_not_signed",
            put(&owner, "header_not_signed")
                .sign()
                .unsigned_header("x-amz-acl", "private"),
            None,
            None,
        ),
        (
            "region_wrong",
            put(
                &with(|c| "eu-west-1".clone_into(&mut c.region)),
                "region_wrong",
            )
            .sign(),
            me,
            None,
        ),
        (
            "client_expired",
            put(&client("past"), "client_expired").sign(),
            Some("past"),
            None,
        ),
        (
            "right_missing",
            put(&client("reader"), "right_missing").sign(),
            Some("reader"),
            None,
        ),
        (
            "key_outside_prefix",
            put(&client("folder"), "key_outside_prefix").sign(),
            Some("folder"),
            None,
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_a_reason_and_what_is_known_of_it() {
    let s3 = shared().await;
    for (reason, request, client, operation) in cases() {
        s3.send(&request).await;
        let log = log_of(&s3.stage, &format!("/stage-us/log/{reason}")).await;
        assert_eq!(log["reason"], reason, "{log}");
        let text = |value: Option<&str>| value.map_or(Value::Null, Value::from);
        assert_eq!(log["s3"]["client"], text(client), "{log}");
        assert_eq!(log["s3"]["operation"], text(operation), "{log}");
        let line = log.to_string();
        for secret in ["X-Amz-Signature", "Signature=", "secret-key"] {
            assert!(!line.contains(secret), "{secret} in {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_refused_has_its_reason() {
    let s3 = shared().await;
    let owner = owner();
    let crc = |key: &str| put(&owner, key).unsigned_chunks(Checksum::Crc32);
    let broken = |key: &str| {
        let signed = crc(key).sign();
        let body = signed.body.clone();
        signed.with_body(body[..body.len() - 3].to_vec())
    };
    for (key, request) in [
        ("checksum", crc("checksum").trailer_value("AAAAAA==").sign()),
        ("framing", broken("framing")),
        ("no-length", crc("no-length").decoded_length("").sign()),
        ("too-long", crc("too-long").decoded_length("3").sign()),
    ] {
        let response = s3.send(&request).await;
        let log = log_of(&s3.stage, &format!("/stage-us/log/{key}")).await;
        assert_eq!(log["status"], response.status.as_u16(), "{log}");
        assert_eq!(log["s3"]["client"], "owner", "{log}");
        let reason = log["reason"].as_str().expect("a reason");
        assert!(!reason.starts_with("s3_"), "{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_its_secrets_is_named_and_the_others_work_on() {
    let s3 = shared().await;
    let request = put(&client("keyless"), "keyless").sign();
    assert_eq!(s3.send(&request).await.status, 403);
    let log = log_of(&s3.stage, "/stage-us/log/keyless").await;
    let problems = log["problems"].to_string();
    assert!(problems.contains("client_keyless_key_id"), "{log}");
    let request = put(&owner(), "not-keyless").sign();
    assert_eq!(s3.send(&request).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_notification_is_in_the_log_line() {
    let webhook = json!({"url": "https://hooks.test/b2", "attempts": 2, "timeout_ms": 500});
    let s3 = S3Stage::with(json!({ "webhook": webhook }), json!({})).await;
    s3.stage.put("log/read", Object::text("text")).await;
    let slow = Reception::After(Duration::from_secs(2));
    for (key, plan, outcome, attempts, status) in [
        ("first", vec![], "delivered", 1, json!(204)),
        ("second", vec![Reception::Close], "delivered", 2, json!(204)),
        (
            "refused",
            vec![Reception::Status(500); 2],
            "refused",
            2,
            json!(500),
        ),
        ("slow", vec![slow; 2], "no_response", 2, Value::Null),
    ] {
        s3.hooks.clear();
        s3.hooks.plan(plan);
        assert_eq!(s3.send(&put(&owner(), key).sign()).await.status, 200);
        let log = log_of(&s3.stage, &format!("/stage-us/log/{key}")).await;
        let webhook = &log["webhook"];
        assert_eq!(webhook["outcome"], outcome, "{log}");
        assert_eq!(webhook["attempts"], attempts, "{log}");
        assert_eq!(webhook["status"], status, "{log}");
        let received = s3.hooks.received();
        let id = received
            .first()
            .and_then(|told| told.header("x-b2-edge-event-id"));
        assert_eq!(webhook["event_id"].as_str(), id, "{log}");
    }
    s3.send(&owner().get("/stage-us/log/read").sign()).await;
    let log = log_of(&s3.stage, "/stage-us/log/read").await;
    assert_eq!(log["webhook"], Value::Null, "{log}");
}

//! Who hears of a write, and of what.

use std::time::Duration;

use b2_edge_testbed::{Notification, Object, Reception, S3Request, ViceroyConfig};
use serde_json::{Value, json};

use super::stage::{S3Stage, assert_done, client, element, owner};
use crate::support::stage::{until, until_async};

const SOON: Duration = Duration::from_secs(10);

/// Longer than a notification takes that should not come.
const A_WHILE: Duration = Duration::from_millis(500);

async fn stage(webhook: Value) -> S3Stage {
    let mut settings = json!({
        "backend": "webhook",
        "url": "https://hooks.test/b2?x=y",
        "header": "X-Webhook-Auth",
        "timeout_ms": 1000,
    });
    if let (Some(settings), Value::Object(more)) = (settings.as_object_mut(), webhook) {
        settings.extend(more);
    }
    S3Stage::with(json!({ "webhook": settings }), json!({})).await
}

/// Sends a request, and returns the only notification that follows.
async fn told(s3: &S3Stage, request: S3Request) -> Notification {
    s3.hooks.clear();
    let context = format!("{} {}", request.method, request.path);
    let response = s3.send(&request.sign()).await;
    assert_done(&response, &context);
    let mut received = s3.hooks.wait_for(1, SOON).await;
    assert_eq!(received.len(), 1, "{context}");
    received.remove(0)
}

fn fields(notification: &Notification) -> Vec<String> {
    let json = notification.json();
    let fields = json.as_object().expect("an object").keys();
    fields.cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_told_with_its_fields_signed() {
    let s3 = stage(json!({})).await;
    let put = owner().put("/stage-us/told/a%20b%2Bc", "some text");
    let put = put.header("content-type", "text/x-told");
    let signed = put
        .clone()
        .unsigned_chunks(b2_edge_testbed::Checksum::Crc32);
    let date = signed.sign().header("x-amz-date").map(str::to_owned);
    let told = told(&s3, signed).await;
    assert_eq!(
        fields(&told),
        [
            "contentLength",
            "contentType",
            "method",
            "signatureTimestamp",
            "status",
            "url"
        ]
    );
    assert_eq!(
        told.json(),
        json!({
            "contentLength": 9,
            "contentType": "text/x-told",
            "method": "PUT",
            "signatureTimestamp": date,
            "status": 200,
            "url": "https://s3.us-west-004.backblazeb2.com/stage-us/told/a%20b%2Bc",
        })
    );
    assert_eq!(told.method, "POST");
    assert_eq!(told.target, "/b2?x=y");
    assert_eq!(told.header("host"), Some("hooks.test"));
    assert_eq!(told.header("content-type"), Some("application/json"));
    assert_eq!(
        told.header("x-webhook-auth"),
        Some("the value of the header")
    );
    let signature = told.expected_signature("the secret of the webhook");
    assert_eq!(
        told.header("x-bz-event-notification-signature"),
        Some(signature.as_str())
    );
    let id = told.header("x-b2-edge-event-id").expect("an id");
    assert!(id.len() >= 8, "{id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_deletions_are_told_and_reads_are_not() {
    let s3 = stage(json!({})).await;
    s3.stage.put("told/source", Object::text("text")).await;
    let url = |path: &str| format!("https://s3.us-west-004.backblazeb2.com{path}");
    let copy = owner().put("/stage-us/told/copy", "");
    let copy = told(
        &s3,
        copy.header("x-amz-copy-source", "/stage-us/told/source"),
    )
    .await;
    assert_eq!(copy.json()["url"], url("/stage-us/told/copy"));
    let delete = told(&s3, owner().delete("/stage-us/told/copy")).await;
    assert_eq!(delete.json()["method"], "DELETE");
    assert_eq!(delete.json()["status"], 204);
    // Neither the request nor the response has content.
    assert_eq!(delete.json()["contentType"], Value::Null);
    let xml = "<Delete><Object><Key>told/x</Key></Object></Delete>";
    let delete = owner().post("/stage-us", xml).query("delete=");
    let delete = told(&s3, delete).await;
    assert_eq!(delete.json()["method"], "POST");
    assert_eq!(delete.json()["contentLength"], xml.len());
    let presigned = owner().put("/stage-us/told/presigned", "text");
    let presigned = presigned.presigned(Duration::from_mins(1));
    let date = presigned.sign().target;
    let date = date.split("X-Amz-Date=").nth(1).expect("a date");
    let date = date.split('&').next().expect("a date").to_owned();
    let presigned = told(&s3, presigned).await;
    assert_eq!(presigned.json()["signatureTimestamp"], date);
    assert_eq!(presigned.json()["url"], url("/stage-us/told/presigned"));
    let create = owner().post("/stage-us/told/multi", "").query("uploads=");
    let create = told(&s3, create).await;
    assert_eq!(create.json()["method"], "POST");

    s3.hooks.clear();
    for request in [
        owner().get("/stage-us/told/source"),
        owner().get("/stage-us/told/none"),
        owner().get("/stage-us").query("list-type=2"),
        client("reader").put("/stage-us/told/refused", "text"),
        client("past").put("/stage-us/told/refused", "text"),
    ] {
        s3.send(&request.sign()).await;
    }
    assert_eq!(s3.hooks.wait_for(1, A_WHILE).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tells_of_reads_and_refusals_too() {
    let s3 = stage(json!({"for": ["all"]})).await;
    s3.stage.put("told/read", Object::text("some text")).await;
    let get = told(&s3, owner().get("/stage-us/told/read")).await;
    assert_eq!(
        (&get.json()["method"], &get.json()["contentLength"]),
        (&json!("GET"), &json!(9))
    );
    assert_eq!(get.json()["contentType"], "text/plain; charset=utf-8");
    s3.hooks.clear();
    let refused = client("reader").put("/stage-us/told/refused", "text");
    assert_eq!(s3.send(&refused.sign()).await.status, 403);
    let received = s3.hooks.wait_for(1, SOON).await;
    assert_eq!(received.first().expect("told").json()["status"], 403);
    // Whoever cannot sign is told of to nobody.
    s3.hooks.clear();
    let mut wrong = owner();
    wrong.secret_key.push('x');
    let wrong = wrong.put("/stage-us/told/refused", "text").sign();
    assert_eq!(s3.send(&wrong).await.status, 403);
    assert_eq!(s3.hooks.wait_for(1, A_WHILE).await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_notification_is_sent_again_with_the_same_id() {
    let s3 = stage(json!({"attempts": 3})).await;
    for (plan, expected) in [
        (vec![Reception::Status(503)], 2),
        (vec![Reception::Close], 2),
        (vec![Reception::After(Duration::from_secs(20))], 2),
        (vec![Reception::Status(500), Reception::Close], 3),
        (vec![Reception::Status(500); 3], 3),
    ] {
        s3.hooks.clear();
        s3.hooks.plan(plan.clone());
        let put = owner().put("/stage-us/told/again", "text").sign();
        assert_done(&s3.send(&put).await, "a write");
        let received = s3.hooks.wait_for(expected, SOON).await;
        assert_eq!(received.len(), expected, "{plan:?}");
        let ids: Vec<_> = received
            .iter()
            .map(|told| told.header("x-b2-edge-event-id").map(str::to_owned))
            .collect();
        assert!(
            ids[0].is_some() && ids.iter().all(|id| *id == ids[0]),
            "{ids:?}"
        );
        let bodies: Vec<_> = received.iter().map(|told| &told.body).collect();
        assert!(bodies.iter().all(|body| *body == bodies[0]), "{plan:?}");
    }
    assert_eq!(s3.hooks.wait_for(4, A_WHILE).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_does_not_wait_for_the_receiver() {
    let s3 = stage(json!({"timeout_ms": 5000})).await;
    s3.hooks.plan([Reception::After(Duration::from_secs(4))]);
    let put = owner().put("/stage-us/told/first", "text").sign();
    let answered = s3
        .stage
        .try_send(put.request().timeout(Duration::from_secs(3)));
    assert_eq!(answered.await.expect("an answer in time").status, 200);
    assert_eq!(s3.hooks.wait_for(1, SOON).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_written_to_its_log_endpoint_also_without_a_receiver() {
    let s3 = stage(json!({"attempts": 1})).await;
    s3.hooks.plan([Reception::Close]);
    let put = owner().put("/stage-us/told/logged", "text").sign();
    let response = s3.send(&put).await;
    assert_done(&response, "a write");
    let of_it = |line: &&Value| line["url"].to_string().contains("told/logged");
    until("the event is logged", || {
        s3.stage.edge.event_lines().iter().any(|line| of_it(&line))
    })
    .await;
    let lines = s3.stage.edge.event_lines();
    let line = lines.iter().find(of_it).expect("a line");
    let received = s3.hooks.wait_for(1, SOON).await;
    let body = received.first().expect("one attempt").json();
    assert_eq!(line, &body, "the same JSON");
    assert_eq!(element(&response, "Code"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_requests_that_need_a_chosen_right_are_told() {
    for (chosen, expected) in [
        (&["read"][..], &["GET /stage-us/chosen"][..]),
        (&["list"], &["GET /stage-us"]),
        (&["write"], &["PUT /stage-us/chosen"]),
        (&["delete"], &["DELETE /stage-us/chosen"]),
        (
            &["read", "delete"],
            &["GET /stage-us/chosen", "DELETE /stage-us/chosen"],
        ),
    ] {
        let s3 = stage(json!({ "for": chosen })).await;
        for request in [
            owner().put("/stage-us/chosen", "text"),
            owner().get("/stage-us/chosen"),
            owner().get("/stage-us").query("list-type=2"),
            owner().delete("/stage-us/chosen"),
        ] {
            assert_done(&s3.send(&request.sign()).await, "a request");
        }
        s3.hooks.wait_for(expected.len(), SOON).await;
        // No other one follows.
        let received = s3.hooks.wait_for(expected.len() + 1, A_WHILE).await;
        let told: Vec<_> = received
            .iter()
            .map(|told| {
                let (json, url) = (told.json(), told.json()["url"].to_string());
                let url = url.replace("https://s3.us-west-004.backblazeb2.com", "");
                let path = url.split('?').next().unwrap_or_default();
                format!("{} {path}", json["method"]).replace('"', "")
            })
            .collect();
        assert_eq!(told, expected, "{chosen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_secrets_an_event_is_not_signed() {
    let webhook = json!({"url": "https://hooks.test/b2", "header": "X-Webhook-Auth"});
    let without = |config: ViceroyConfig| {
        let config = config.without_secret("webhook_secret");
        config.without_secret("webhook_header_value")
    };
    let s3 = S3Stage::start(json!({ "webhook": webhook }), json!({}), without).await;
    let told = told(&s3, owner().put("/stage-us/unsigned", "text")).await;
    assert_eq!(told.header("x-bz-event-notification-signature"), None);
    assert_eq!(told.header("x-webhook-auth").unwrap_or_default(), "");
    assert!(told.header("x-b2-edge-event-id").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_page_shows_clients_the_last_write_and_the_last_failed_notification() {
    let s3 = stage(json!({"attempts": 1})).await;
    let endpoint = async || {
        let report = s3.stage.get("/_b2-edge/status.json").await.text();
        assert!(!report.contains("owner-secret-key"), "a secret in {report}");
        serde_json::from_str::<Value>(&report).expect("JSON")["s3"].clone()
    };
    let before = endpoint().await;
    assert_eq!(before["last_write"], json!(null));
    assert_eq!(before["write_backends"], json!(["us_origin_write"]));
    assert_eq!(before["webhook"]["host"], "hooks.test");
    let of = |name: &str| {
        let clients = before["clients"].as_array().expect("clients");
        clients
            .iter()
            .find(|client| client["name"] == name)
            .expect(name)
            .clone()
    };
    assert_eq!(of("folder")["prefix"], "in/");
    assert_eq!(of("reader")["allow"], json!(["read"]));
    assert_eq!(of("owner")["problems"], json!([]));
    assert_eq!(of("keyless")["problems"].as_array().map(Vec::len), Some(2));

    s3.hooks.plan([Reception::Status(500)]);
    let put = owner().put("/stage-us/told/shown", "text").sign();
    assert_done(&s3.send(&put).await, "a write");
    until_async("the record of the notification", async || {
        endpoint().await["last_failed_notification"]["status"] == 500
    })
    .await;
    let write = &endpoint().await["last_write"];
    assert_eq!(
        (
            &write["client"],
            &write["operation"],
            &write["key"],
            &write["status"]
        ),
        (
            &json!("owner"),
            &json!("PutObject"),
            &json!("told/shown"),
            &json!(200)
        )
    );
}

//! What each client may do.

use b2_edge_testbed::{Object, S3Client, S3Request, ViceroyConfig};
use http::Method;
use serde_json::json;

use super::stage::{Answer, HOST, S3Stage, assert_done, assert_error, client, element, shared};
use crate::support::stage::Stage;

const DENIED: &[Answer] = &[(403, "AccessDenied")];

type Make = fn(&S3Client) -> S3Request;

/// Requests, and all the rights that each needs.
const OPERATIONS: &[(&str, &[&str], Make)] = &[
    ("GetObject", &["read"], |c| c.get("/stage-us/rights/a")),
    ("HeadObject", &["read"], |c| {
        c.request(Method::HEAD, "/stage-us/rights/a")
    }),
    ("GetObject of a version", &["read", "versions"], |c| {
        c.get("/stage-us/rights/a").query("versionId=x")
    }),
    ("ListObjects", &["list"], |c| c.get("/stage-us")),
    ("ListObjectsV2", &["list"], |c| {
        c.get("/stage-us").query("list-type=2")
    }),
    ("ListObjectVersions", &["list"], |c| {
        c.get("/stage-us").query("versions=")
    }),
    ("ListMultipartUploads", &["list"], |c| {
        c.get("/stage-us").query("uploads=")
    }),
    ("HeadBucket", &["list"], |c| {
        c.request(Method::HEAD, "/stage-us")
    }),
    ("GetBucketLocation", &["list"], |c| {
        c.get("/stage-us").query("location=")
    }),
    ("GetBucketVersioning", &["list"], |c| {
        c.get("/stage-us").query("versioning=")
    }),
    ("PutObject", &["write"], |c| {
        c.put("/stage-us/rights/new", "text")
    }),
    ("CreateMultipartUpload", &["write"], |c| {
        c.post("/stage-us/rights/new", "").query("uploads=")
    }),
    ("UploadPart", &["write"], |c| {
        let put = c.put("/stage-us/rights/new", "text");
        put.query("partNumber=1&uploadId=none")
    }),
    ("ListParts", &["write"], |c| {
        c.get("/stage-us/rights/new").query("uploadId=none")
    }),
    ("AbortMultipartUpload", &["write"], |c| {
        c.delete("/stage-us/rights/new").query("uploadId=none")
    }),
    ("CopyObject", &["read", "write"], |c| {
        let put = c.put("/stage-us/rights/copy", "");
        put.header("x-amz-copy-source", "/stage-us/rights/a")
    }),
    ("UploadPartCopy", &["read", "write"], |c| {
        let put = c.put("/stage-us/rights/copy", "");
        put.query("partNumber=1&uploadId=none")
            .header("x-amz-copy-source", "/stage-us/rights/a")
    }),
    ("DeleteObject", &["delete"], |c| {
        c.delete("/stage-us/rights/gone")
    }),
    ("DeleteObjects", &["delete"], |c| {
        let xml = "<Delete><Object><Key>rights/gone</Key></Object></Delete>";
        c.post("/stage-us", xml).query("delete=")
    }),
    ("PutObjectRetention", &["lock"], |c| {
        c.put("/stage-us/rights/a", "<Retention/>")
            .query("retention=")
    }),
    ("PutObjectLegalHold", &["lock"], |c| {
        c.put("/stage-us/rights/a", "<LegalHold/>")
            .query("legal-hold=")
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn each_operation_needs_its_rights_and_names_the_missing_one() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    s3.stage.put("rights/a", Object::text("text")).await;
    for (operation, needed, make) in OPERATIONS {
        for (name, has) in [
            ("reader", &["read"][..]),
            ("lister", &["list"]),
            ("writer", &["write"]),
            ("deleter", &["delete"]),
            ("copier", &["read", "write"]),
            (
                "owner",
                &["read", "list", "write", "delete", "versions", "lock"],
            ),
        ] {
            let missing: Vec<_> = needed.iter().filter(|right| !has.contains(right)).collect();
            s3.stage.us.clear_seen();
            let request = make(&client(name)).sign();
            let response = s3.send(&request).await;
            let context = format!("{operation} by {name}");
            if missing.is_empty() {
                // The origin may refuse it, for an upload that does not exist.
                assert_ne!(s3.contacts(), 0, "{context}: {}", response.text());
                continue;
            }
            assert_eq!(s3.contacts(), 0, "{context}: asked an origin");
            if request.method == Method::HEAD {
                assert_eq!(response.status, 403, "{context}");
                assert!(response.header("x-amz-request-id").is_some(), "{context}");
                continue;
            }
            let text = response.text();
            let code = element(&response, "Code");
            assert_eq!(
                (response.status.as_u16(), code.as_str()),
                (403, "AccessDenied"),
                "{context}: {text}"
            );
            let message = element(&response, "Message");
            assert!(
                missing.iter().any(|right| message.contains(**right)),
                "{context}: {message}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_operations_on_buckets_are_denied_to_everyone() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    let owner = client("owner");
    for (method, query) in [
        (Method::PUT, ""),
        (Method::DELETE, ""),
        (Method::GET, "policy="),
        (Method::GET, "cors="),
        (Method::PUT, "cors="),
        (Method::PUT, "lifecycle="),
        (Method::DELETE, "lifecycle="),
        (Method::PUT, "acl="),
        (Method::PUT, "versioning="),
        (Method::PUT, "encryption="),
        (Method::PUT, "object-lock="),
        (Method::PUT, "replication="),
    ] {
        let request = owner.request(method.clone(), "/stage-us").query(query);
        let response = s3.send(&request.sign()).await;
        assert_error(&response, DENIED, &format!("{method} ?{query}"));
    }
    assert_eq!(s3.contacts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_closed_to_others_and_unknown_if_no_origin_has_it() {
    let s3 = shared().await;
    let folder = client("folder");
    for (path, answers) in [
        ("/stage-eu/in/x", DENIED),
        ("/unknown/in/x", &[(404, "NoSuchBucket")][..]),
        (
            "/us_origin/in/x",
            &[(404, "NoSuchBucket"), (400, "InvalidBucketName")],
        ),
        (
            "/STAGE-US/in/x",
            &[(404, "NoSuchBucket"), (400, "InvalidBucketName")],
        ),
    ] {
        let put = folder.put(path, "text").sign();
        s3.assert_refused(path, &put, "in/x", answers).await;
    }
    let mut folder = client("folder");
    folder.host = "unknown.s3.test".to_owned();
    let put = folder.put("/in/x", "text").sign();
    s3.assert_refused("host", &put, "in/x", &[(404, "NoSuchBucket")])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_its_own_buckets_only() {
    let s3 = shared().await;
    for (name, buckets) in [
        ("folder", &["stage-us"][..]),
        ("owner", &["stage-eu", "stage-us"]),
    ] {
        let response = s3.send(&client(name).get("/").sign()).await;
        assert_done(&response, name);
        let text = response.text();
        let mut found: Vec<_> = text
            .split("<Name>")
            .skip(1)
            .filter_map(|rest| rest.split('<').next())
            .collect();
        found.sort_unstable();
        assert_eq!(found, buckets, "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_in_the_future_ends_nothing_yet() {
    let s3 = shared().await;
    let put = client("future").put("/stage-us/until", "text").sign();
    assert_done(&s3.send(&put).await, "until 2199");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_clients_the_key_of_an_origin_opens_its_own_bucket_only() {
    let config = json!({"s3": {"host": HOST}}).to_string();
    let stage = Stage::with(|viceroy: ViceroyConfig| viceroy.config(&config)).await;
    let spec = stage.us.spec();
    let own = S3Client::new(HOST, &spec.region, &spec.key_id, &spec.application_key);
    let put = own.put("/stage-us/own", "text").sign();
    assert_done(&stage.send(put.request()).await, "its own bucket");
    assert!(stage.us.etag_of("own").is_some());
    let put = own.put("/stage-eu/own", "text").sign();
    let response = stage.send(put.request()).await;
    // The region is that of another bucket, and so is the right.
    let answers = [(403, "AccessDenied"), (400, "AuthorizationHeaderMalformed")];
    assert_error(&response, &answers, "another bucket");
    assert!(stage.eu.seen().is_empty());
    let mut wrong = own.clone();
    wrong.secret_key.push('x');
    let response = stage
        .send(wrong.put("/stage-us/own", "other").sign().request())
        .await;
    assert_error(&response, &[(403, "SignatureDoesNotMatch")], "wrong secret");
}

//! No client reaches beyond its prefix.

use b2_edge_testbed::{Object, S3Client, SignedRequest};
use serde_json::json;

use super::stage::{Answer, S3Stage, assert_done, assert_error, client, element};

const DENIED: &[Answer] = &[(403, "AccessDenied")];

/// What a dot segment, in any encoding, is refused with.
const DOTS: &[Answer] = &[
    (400, "InvalidURI"),
    (400, "InvalidRequest"),
    (400, "InvalidArgument"),
    (403, "AccessDenied"),
    (403, "SignatureDoesNotMatch"),
];

async fn stage() -> S3Stage {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    for key in [
        "secret",
        "in/x",
        "inner",
        "data",
        "data/x",
        "data-private",
        "in",
    ] {
        s3.stage.put(key, Object::text(format!("of {key}"))).await;
    }
    s3
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prefix_ends_at_its_slash() {
    let s3 = stage().await;
    for (name, key, is_open) in [
        ("folder", "in/x", true),
        ("folder", "in/", true),
        ("folder", "in/a/b", true),
        ("folder", "in", false),
        ("folder", "inner", false),
        ("folder", "In/x", false),
        ("folder", "secret", false),
        ("folder", "/in/x", false),
        ("data", "data", true),
        ("data", "data/x", true),
        ("data", "data-private", false),
        ("data", "dat", false),
    ] {
        let path = format!("/stage-us/{key}");
        let client = client(name);
        for request in [
            client.get(&path),
            client.put(&path, "new"),
            client.delete(&path),
            client.post(&path, "").query("uploads="),
        ] {
            s3.stage.us.clear_seen();
            let context = format!("{name}: {} {path}", request.method);
            let response = s3.send(&request.sign()).await;
            if is_open {
                assert_ne!(s3.contacts(), 0, "{context}: {}", response.text());
                assert_ne!(response.status, 403, "{context}");
            } else {
                let answers = [DENIED, DOTS].concat();
                assert_error(&response, &answers, &context);
                assert_eq!(s3.contacts(), 0, "{context}");
            }
        }
    }
    for key in ["secret", "inner", "data-private", "in"] {
        let stored = s3.stored(key).await;
        assert_eq!(stored.as_deref(), Some(format!("of {key}").as_bytes()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_encoding_of_a_path_escapes_the_prefix() {
    let s3 = stage().await;
    let client = client("folder");
    for path in [
        "/stage-us/in/../secret",
        "/stage-us/in/%2e%2e/secret",
        "/stage-us/in/.%2E/secret",
        "/stage-us/in/..%2Fsecret",
        "/stage-us/in%2F..%2Fsecret",
        "/stage-us/in/./x",
        "/stage-us/in/%2e/x",
        "/stage-us/in/..",
        "/stage-us/../stage-eu/in/x",
        "/stage-us/%2e%2e/stage-eu/in/x",
        "/stage-us/in/x%00/../../secret",
    ] {
        for request in [
            client.get(path),
            client.put(path, "new"),
            client.delete(path),
        ] {
            let context = format!("{} {path}", request.method);
            let response = s3.send(&request.sign()).await;
            assert_error(&response, DOTS, &context);
        }
    }
    // Decoded twice, or on another system, it would be another key. Here it is one in the folder, or it is refused.
    for path in [
        "/stage-us/in/..%5Csecret",
        "/stage-us/in/%252e%252e/secret",
        "/stage-us/in/..%252Fsecret",
    ] {
        let response = s3.send(&client.put(path, "new").sign()).await;
        assert!(
            response.status == 200 || response.status.is_client_error(),
            "{path}: {}",
            response.text()
        );
    }
    let stored = s3.stored("secret").await;
    assert_eq!(stored.as_deref(), Some(&b"of secret"[..]));
    for seen in [s3.stage.us.seen(), s3.stage.eu.seen()].concat() {
        let key = seen.key().unwrap_or_default();
        assert!(key.starts_with("in/"), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_stays_below_the_prefix() {
    let s3 = stage().await;
    for (name, query, is_open) in [
        ("folder", "list-type=2&prefix=in%2F", true),
        ("folder", "list-type=2&prefix=in%2Fsub", true),
        ("folder", "prefix=in%2F", true),
        ("folder", "prefix=in%2F&versions=", true),
        ("folder", "prefix=in%2F&uploads=", true),
        ("folder", "list-type=2", false),
        ("folder", "", false),
        ("folder", "list-type=2&prefix=", false),
        ("folder", "list-type=2&prefix=in", false),
        ("folder", "list-type=2&prefix=i", false),
        ("folder", "list-type=2&prefix=secret", false),
        ("folder", "versions=", false),
        ("folder", "uploads=", false),
        ("folder", "list-type=2&prefix=in%2F&prefix=", false),
        ("data", "list-type=2&prefix=data%2F", true),
        ("data", "list-type=2&prefix=dat", false),
    ] {
        s3.stage.us.clear_seen();
        let response = s3
            .send(&client(name).get("/stage-us").query(query).sign())
            .await;
        let context = format!("{name}: {query}");
        if is_open {
            assert_done(&response, &context);
            let text = response.text();
            for key in ["secret", "inner", "data-private"] {
                assert!(!text.contains(key), "{context}: {text}");
            }
        } else {
            let answers = [DENIED, DOTS].concat();
            assert_error(&response, &answers, &context);
            assert_eq!(s3.contacts(), 0, "{context}");
        }
    }
    // A listing of `data` itself would have `data-private` too.
    let list = client("data").get("/stage-us").query("prefix=data");
    let response = s3.send(&list.sign()).await;
    assert!(
        !response.text().contains("data-private"),
        "{}",
        response.text()
    );
}

fn copy(client: &S3Client, to: &str, from: &str) -> SignedRequest {
    client
        .put(&format!("/stage-us/{to}"), "")
        .header("x-amz-copy-source", from)
        .sign()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_reads_below_the_prefix_and_in_the_same_origin() {
    let s3 = stage().await;
    let folder = client("folder");
    for source in [
        "/stage-us/in/x",
        "stage-us/in/x",
        "/stage-us/in%2Fx",
        "stage-us%2Fin%2Fx",
    ] {
        let response = s3.send(&copy(&folder, "in/copy", source)).await;
        assert_done(&response, source);
        assert_eq!(s3.stored("in/copy").await.as_deref(), Some(&b"of in/x"[..]));
    }
    s3.stage.us.clear_seen();
    for source in [
        "/stage-us/secret",
        "/stage-us/inner",
        "/stage-us/in/../secret",
        "/stage-us/in%2F..%2Fsecret",
        "/stage-us/in/%2e%2e/secret",
        "/stage-eu/in/x",
        "/unknown/in/x",
        "/stage-us",
        "stage-us/",
        "",
        "arn:aws:s3:us-west-004:1:accesspoint/a/object/in/x",
    ] {
        let response = s3.send(&copy(&folder, "in/copy2", source)).await;
        let (status, code) = (response.status.as_u16(), element(&response, "Code"));
        assert!(
            (400..500).contains(&status) && !code.is_empty(),
            "{source}: {status} {}",
            response.text()
        );
        assert_eq!(s3.contacts(), 0, "{source}");
    }
    // Both buckets are the owner's, but a copy stays within one origin.
    let response = s3
        .send(&copy(&client("owner"), "copy3", "/stage-eu/in/x"))
        .await;
    assert!(
        response.status.is_client_error() || response.status == 501,
        "{}",
        response.text()
    );
    let version = copy(&client("copier"), "copy3", "/stage-us/in/x?versionId=v");
    assert_error(&s3.send(&version).await, DENIED, "versions");
    assert_eq!(s3.contacts(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_foreign_key_refuses_all_deletions() {
    let s3 = stage().await;
    s3.stage.put("in/y", Object::text("of in/y")).await;
    let delete = |keys: &[&str]| {
        let objects = keys
            .iter()
            .map(|key| format!("<Object><Key>{key}</Key></Object>"));
        let xml = format!("<Delete>{}</Delete>", objects.collect::<String>());
        let client = client("folder");
        client.post("/stage-us", xml).query("delete=").sign()
    };
    for keys in [
        &["in/x", "secret"][..],
        &["secret", "in/x"],
        &["in/x", "in"],
        &["in/x", "in/../secret"],
        &["in/x", "&#115;ecret"],
    ] {
        let response = s3.send(&delete(keys)).await;
        let answers = [DENIED, DOTS].concat();
        assert_error(&response, &answers, &format!("{keys:?}"));
        assert_eq!(s3.contacts(), 0, "{keys:?}");
    }
    let response = s3.send(&delete(&["in/x", "in/y"])).await;
    assert_done(&response, "its own keys");
    assert_eq!(s3.stored("in/x").await, None);
    assert_eq!(s3.stored("in/y").await, None);
    assert!(s3.stored("secret").await.is_some());
}

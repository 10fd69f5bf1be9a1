//! Hostile requests, and those that are for the other face of the service.

use b2_edge_testbed::{Checksum, Object, Request, S3Client, S3Request};
use http::Method;
use serde_json::json;

use super::stage::{Answer, HOST, S3Stage, assert_done, assert_error, client, owner, shared};

const XML: &[Answer] = &[
    (400, "MalformedXML"),
    (400, "InvalidRequest"),
    (400, "EntityTooLarge"),
    (400, "MaxMessageLengthExceeded"),
];

const PATH: &[Answer] = &[
    (400, "InvalidURI"),
    (400, "InvalidRequest"),
    (400, "InvalidArgument"),
    (400, "KeyTooLongError"),
];

fn delete_objects(client: &S3Client, xml: impl Into<Vec<u8>>) -> S3Request {
    client.post("/stage-us", xml).query("delete=")
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_that_is_not_a_list_of_keys_is_refused() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    s3.stage.put("kept", Object::text("text")).await;
    let object = "<Object><Key>kept</Key></Object>";
    let bomb = "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
                <!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><Delete><Object><Key>&c;</Key></Object></Delete>";
    let long_key = format!(
        "<Delete><Object><Key>{}</Key></Object></Delete>",
        "k".repeat(1025)
    );
    let mut latin =
        b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Delete><Object><Key>k".to_vec();
    latin.extend(b"\xe4</Key></Object></Delete>");
    let utf_16: Vec<u8> = format!("\u{feff}<Delete>{object}</Delete>")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", Vec::new()),
        ("no XML", b"kept".to_vec()),
        ("an empty list", b"<Delete></Delete>".to_vec()),
        ("an empty element", b"<Delete/>".to_vec()),
        ("another root", format!("<Remove>{object}</Remove>").into()),
        ("not closed", format!("<Delete>{object}").into()),
        ("wrongly closed", format!("<Delete>{object}</Remove>").into()),
        ("two roots", format!("<Delete>{object}</Delete><Delete>{object}</Delete>").into()),
        ("text after it", format!("<Delete>{object}</Delete>kept").into()),
        ("an empty key", b"<Delete><Object><Key></Key></Object></Delete>".to_vec()),
        ("no key", b"<Delete><Object></Object></Delete>".to_vec()),
        ("two keys", b"<Delete><Object><Key>a</Key><Key>b</Key></Object></Delete>".to_vec()),
        ("a bomb", bomb.into()),
        (
            "an external entity",
            b"<!DOCTYPE d [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><Delete><Object><Key>&e;</Key></Object></Delete>"
                .to_vec(),
        ),
        ("a DOCTYPE", format!("<!DOCTYPE Delete><Delete>{object}</Delete>").into()),
        ("an unknown entity", b"<Delete><Object><Key>&nbsp;</Key></Object></Delete>".to_vec()),
        ("another encoding", latin),
        ("UTF-16", utf_16),
        ("no UTF-8", b"<Delete><Object><Key>\xff</Key></Object></Delete>".to_vec()),
        ("a key too long", long_key.into()),
        ("1,001 keys", format!("<Delete>{}</Delete>", object.repeat(1001)).into()),
        (
            "more than 2 MiB",
            format!("<Delete>{object}<!--{}--></Delete>", " ".repeat(2 * 1024 * 1024)).into(),
        ),
        ("very deep", format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000)).into()),
    ];
    for (context, xml) in cases {
        let response = s3.send(&delete_objects(&owner(), xml).sign()).await;
        let answers = [XML, PATH].concat();
        assert_error(&response, &answers, context);
        assert_eq!(s3.contacts(), 0, "{context}");
    }
    assert!(s3.stored("kept").await.is_some());
    let many = format!("<Delete>{}</Delete>", object.repeat(1000));
    assert_done(
        &s3.send(&delete_objects(&owner(), many).sign()).await,
        "1,000 keys",
    );
    assert_eq!(s3.stored("kept").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_that_name_no_key_are_refused() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    let long = format!("/stage-us/{}", "k".repeat(1025));
    for path in [
        "/stage-us/.",
        "/stage-us/..",
        "/stage-us/a/..",
        "/stage-us/a/./b",
        "/stage-us/a/../b",
        "/stage-us/%2e",
        "/stage-us/a/%2E%2e/b",
        "/stage-us/a%2F..%2Fb",
        "/stage-us/%ff",
        "/stage-us/%C3",
        "/stage-us/a%00b",
        "/../stage-us/a",
        "/./stage-us/a",
        "/%2e%2e/a",
        long.as_str(),
    ] {
        let response = s3.send(&owner().put(path, "text").sign()).await;
        let others = [
            (403, "AccessDenied"),
            (403, "SignatureDoesNotMatch"),
            (404, "NoSuchBucket"),
            (400, "InvalidBucketName"),
        ];
        assert_error(&response, &[PATH, &others].concat(), path);
        assert_eq!(s3.contacts(), 0, "{path}");
    }
    // These cannot be signed, because they are not URIs.
    for target in ["/stage-us/%zz", "/stage-us/100%", "/stage-us/a%2"] {
        let put = owner()
            .put("/stage-us/a", "text")
            .sign()
            .with_target(target);
        let response = s3.send(&put).await;
        assert!(response.status.is_client_error(), "{target}");
        assert_eq!(s3.contacts(), 0, "{target}");
    }
    assert_eq!(s3.stage.us.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_upload_is_not_implemented() {
    let s3 = shared().await;
    let form = owner()
        .post("/stage-us", "--x--")
        .sign()
        .without_header("authorization")
        .unsigned_header("Content-Type", "multipart/form-data; boundary=x");
    let response = s3.send(&form).await;
    assert_error(&response, &[(501, "NotImplemented")], "a POST policy");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_website_is_not_on_the_host_of_the_endpoint() {
    let s3 = shared().await;
    s3.stage.put("page.html", Object::text("a page")).await;
    for (method, target) in [
        ("GET", "/page.html"),
        ("GET", "/stage-us/page.html"),
        ("GET", "/"),
        ("GET", "/_b2-edge/"),
        ("GET", "/_b2-edge/health"),
        ("PURGE", "/page.html"),
        ("PURGE", "/stage-us/page.html"),
        ("POST", "/_b2-edge/purge"),
        ("PATCH", "/stage-us/page.html"),
        ("TRACE", "/stage-us/page.html"),
        ("PROPFIND", "/stage-us/"),
    ] {
        for host in [HOST, "S3.TEST:443", "stage-us.s3.test"] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            let request = Request::new(method.clone(), target).header("Host", host);
            let request = request.header("Fastly-Key", "a-token");
            let response = s3.stage.send(request).await;
            let context = format!("{method} {target} on {host}");
            let answers = [
                (403, "AccessDenied"),
                (405, "MethodNotAllowed"),
                (400, "InvalidRequest"),
                (501, "NotImplemented"),
            ];
            assert_error(&response, &answers, &context);
            assert!(!response.text().contains("a page"), "{context}");
        }
    }
    assert_eq!(s3.stage.requests_for("page.html"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_write_on_another_host_is_the_websites_405() {
    let s3 = shared().await;
    for host in ["www.test", "s3.test.example", "xs3.test", "test"] {
        let mut client = owner();
        host.clone_into(&mut client.host);
        for request in [
            client.put("/stage-us/other-host", "text"),
            client.delete("/stage-us/other-host"),
            client.post("/stage-us", "<Delete/>").query("delete="),
        ] {
            let response = s3.send(&request.sign()).await;
            let context = format!("{} on {host}", request.method);
            assert_eq!(response.status, 405, "{context}: {}", response.text());
            assert!(!response.text().contains("<Error>"), "{context}");
        }
    }
    assert_eq!(s3.stage.requests_for("other-host"), 0);
    assert_eq!(s3.stored("other-host").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_a_head_has_an_id_and_no_body() {
    let s3 = shared().await;
    for (path, status) in [
        ("/stage-us/missing", 404),
        ("/unknown/missing", 404),
        ("/stage-us/%ff", 400),
    ] {
        let head = owner().request(Method::HEAD, path).sign();
        let response = s3.send(&head).await;
        assert_eq!(response.status, status, "{path}");
        assert!(response.body.is_empty(), "{path}");
        assert!(response.header("x-amz-request-id").is_some(), "{path}");
    }
    let denied = client("deleter").request(Method::HEAD, "/stage-us/missing");
    let response = s3.send(&denied.sign()).await;
    assert_eq!((response.status.as_u16(), response.body.len()), (403, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_keys_unlike_its_digest_or_checksum_is_refused() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    s3.stage.put("kept", Object::text("text")).await;
    let xml = "<Delete><Object><Key>kept</Key></Object></Delete>";
    let crc = Checksum::Crc32.of(b"something else");
    for (name, value) in [
        ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
        ("x-amz-checksum-crc32", crc.as_str()),
    ] {
        let delete = delete_objects(&owner(), xml).header(name, value);
        let response = s3.send(&delete.unsigned_payload().sign()).await;
        let answers = [
            (400, "BadDigest"),
            (400, "InvalidDigest"),
            (400, "XAmzContentChecksumMismatch"),
        ];
        assert_error(&response, &answers, name);
        assert_eq!(s3.contacts(), 0, "{name}");
        assert!(s3.stored("kept").await.is_some(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn oversized_requests_are_refused() {
    let s3 = shared().await;
    let long = "a".repeat(20_000);
    let query = format!("prefix={long}");
    let response = s3
        .send(&owner().get("/stage-us").query(&query).sign())
        .await;
    assert!(response.status.is_client_error(), "{}", response.status);
    let put = owner().put("/stage-us/oversized", "text");
    let put = put.header("x-amz-meta-a", &long).sign();
    let response = s3.send(&put).await;
    assert!(response.status.is_client_error(), "{}", response.status);
    assert_eq!(s3.stored("oversized").await, None);
}

//! Writes: what a private origin stores, and what it refuses as B2 does.

use std::time::Duration;

use b2_edge_testbed::{Checksum, Object, Origin, Response, S3Client, SignedRequest};
use http::Method;

use crate::signer::{origin, origin_of, spec};

fn client(origin: &Origin) -> S3Client {
    let spec = origin.spec();
    let (host, key) = (spec.host(), &spec.application_key);
    S3Client::new(&host, &spec.region, &spec.key_id, key)
}

async fn send(origin: &Origin, request: SignedRequest) -> Response {
    request.send(origin.port()).await.expect("a response")
}

/// The text of the first element of this name.
fn element(response: &Response, name: &str) -> String {
    let text = response.text();
    let parts = text.split_once(&format!("<{name}>"));
    let (_, rest) = parts.expect("the element");
    rest.split('<').next().expect("a text").to_owned()
}

async fn stored(origin: &Origin, key: &str) -> Option<Object> {
    origin.object(key).await.expect("it is readable")
}

#[tokio::test]
async fn a_put_stores_bytes_and_attributes_under_exactly_its_key() {
    let origin = origin().await;
    for (path, key) in [
        ("/a%20b", "a b"),
        ("/a%2Bb", "a+b"),
        ("/a//b", "a//b"),
        ("/%C3%A4/", "ä/"),
    ] {
        let put = client(&origin)
            .put(path, key)
            .header("content-type", "text/x-key")
            .header("cache-control", "max-age=5")
            .header("x-amz-meta-colour", "red");
        let response = send(&origin, put.sign()).await;
        assert_eq!(response.status, 200, "{key}: {}", response.text());
        assert_eq!(response.header("etag"), origin.etag_of(key).as_deref());
        assert!(response.header("x-amz-version-id").is_some());
        let expected = Object::of_type("text/x-key", key.to_owned())
            .cache_control("max-age=5")
            .metadata("colour", "red");
        assert_eq!(stored(&origin, key).await, Some(expected), "{key}");
        let seen = origin.seen_for(key).pop().expect("a request");
        assert_eq!(seen.received, key.len() as u64);
        assert_eq!(seen.key_id().as_deref(), Some("us_origin-key-id"));
    }
    assert_eq!(origin.keys(), ["a b", "a+b", "a//b", "hello.txt", "ä/"]);
}

#[tokio::test]
async fn a_presigned_put_stores_and_names_its_key() {
    let origin = origin().await;
    let put = client(&origin).put("/new", "text");
    let put = put.presigned(Duration::from_mins(1)).sign();
    assert_eq!(send(&origin, put).await.status, 200);
    let object = stored(&origin, "new").await.expect("stored");
    assert_eq!(object.bytes, "text");
    let seen = origin.seen_for("new").pop().expect("a request");
    assert_eq!(seen.key_id().as_deref(), Some("us_origin-key-id"));
}

#[tokio::test]
async fn content_unlike_its_digest_is_not_stored() {
    let origin = origin().await;
    let put = client(&origin).put("/new", "text").sign().with_body("tex!");
    let response = send(&origin, put).await;
    assert_eq!(
        (
            response.status.as_u16(),
            element(&response, "Code").as_str()
        ),
        (400, "XAmzContentSHA256Mismatch")
    );
    let put = client(&origin)
        .put("/new", "text")
        .header("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==");
    let response = send(&origin, put.sign()).await;
    assert_eq!(
        (
            response.status.as_u16(),
            element(&response, "Code").as_str()
        ),
        (400, "BadDigest")
    );
    assert_eq!(stored(&origin, "new").await, None);
}

#[tokio::test]
async fn a_body_that_ends_early_replaces_nothing() {
    let origin = origin().await;
    let put = client(&origin)
        .put("/hello.txt", "other text")
        .unsigned_payload()
        .sign();
    // The client disconnects while the origin waits for the rest.
    let put = put
        .without_length()
        .unsigned_header("Content-Length", "1000")
        .request()
        .timeout(Duration::from_millis(300));
    put.send(origin.port()).await.expect_err("no response");
    let seen = origin.seen_for("hello.txt").pop().expect("a request");
    assert_eq!(seen.received, 10);
    // The origin notices the end of the connection in this time.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let object = stored(&origin, "hello.txt").await.expect("stored");
    assert_eq!(object.bytes, "0123456789");
}

#[tokio::test]
async fn copies_and_deletions_happen() {
    let origin = origin().await;
    let client = client(&origin);
    let copy = client
        .put("/copy.txt", "")
        .header("x-amz-copy-source", "/a-bucket/hello.txt");
    let response = send(&origin, copy.sign()).await;
    assert_eq!(response.status, 200, "{}", response.text());
    let (copy, source) = (
        stored(&origin, "copy.txt").await,
        stored(&origin, "hello.txt").await,
    );
    assert_eq!(copy, source);

    let missing = client
        .put("/x", "")
        .header("x-amz-copy-source", "/a-bucket/missing");
    assert_eq!(send(&origin, missing.sign()).await.status, 404);
    let foreign = client
        .put("/x", "")
        .header("x-amz-copy-source", "/b-bucket/hello.txt");
    assert_eq!(send(&origin, foreign.sign()).await.status, 403);

    let delete = client.delete("/copy.txt").sign();
    assert_eq!(send(&origin, delete).await.status, 204);
    let xml =
        "<Delete><Object><Key>hello.txt</Key></Object><Object><Key>none</Key></Object></Delete>";
    let delete = client.post("/", xml).query("delete=");
    let response = send(&origin, delete.sign()).await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert_eq!(element(&response, "Key"), "hello.txt");
    assert_eq!(origin.keys(), Vec::<String>::new());
}

#[tokio::test]
async fn parts_are_joined_in_the_order_of_their_numbers() {
    let origin = origin().await;
    let client = client(&origin);
    let create = client
        .post("/big", "")
        .query("uploads=")
        .header("content-type", "text/x-big");
    let begun = send(&origin, create.sign()).await;
    let id = element(&begun, "UploadId");
    assert_eq!(origin.unfinished_uploads(), ["big"]);
    let (first, end) = (vec![b'a'; 5_000_000], b"the end".to_vec());
    // The last part first, and with a gap between the numbers.
    let mut etags = Vec::new();
    for (number, content) in [(7, &end), (2, &first)] {
        let part = client.put("/big", content.clone());
        let part = part.query(&format!("partNumber={number}&uploadId={id}"));
        let response = send(&origin, part.sign()).await;
        assert_eq!(response.status, 200, "{}", response.text());
        etags.insert(0, (number, response.header("etag").unwrap().to_owned()));
    }
    let parts = etags.iter().map(|(number, etag)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    });
    let xml = parts.collect::<Vec<_>>().concat();
    let list = client.get("/big").query(&format!("uploadId={id}"));
    let listed = send(&origin, list.sign()).await.text();
    assert_eq!(listed.matches("<Part>").count(), 2, "{listed}");
    assert_eq!(stored(&origin, "big").await, None);

    let complete = |parts: &str| {
        let xml = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let complete = client.post("/big", xml);
        complete.query(&format!("uploadId={id}")).sign()
    };
    let wrong = xml.replace(etags[0].1.trim_matches('"'), "0123");
    let refused = send(&origin, complete(&wrong)).await;
    assert_eq!(element(&refused, "Code"), "InvalidPart");
    let done = send(&origin, complete(&xml)).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let object = stored(&origin, "big").await.expect("stored");
    assert!(object.bytes == [first, end].concat());
    assert_eq!(object.content_type.as_deref(), Some("text/x-big"));
    // As computed with md5sum over the digests of both parts.
    assert_eq!(
        origin.etag_of("big").as_deref(),
        Some("\"993453d71c2ed989386d5f9221d4ecdc-2\"")
    );
    assert_eq!(origin.unfinished_uploads(), Vec::<String>::new());
}

#[tokio::test]
async fn a_listing_has_folders_pages_and_encoded_keys() {
    let origin = origin().await;
    for key in ["a/1", "a/2", "b c", "d/1", "e"] {
        origin.put(key, Object::text(key)).await.unwrap();
    }
    let client = client(&origin);
    let list = |query: &str| client.get("/").query(query).sign();
    let page = send(
        &origin,
        list("delimiter=%2F&encoding-type=url&list-type=2&max-keys=2"),
    )
    .await;
    let text = page.text();
    assert!(
        text.contains("<Key>b%20c</Key>") && text.contains("<Prefix>a/</Prefix>"),
        "{text}"
    );
    let token = element(&page, "NextContinuationToken").replace(' ', "%20");
    let query = format!("continuation-token={token}&delimiter=%2F&list-type=2");
    let text = send(&origin, list(&query)).await.text();
    for (part, has) in [
        ("<Prefix>d/</Prefix>", true),
        ("<Key>e</Key>", true),
        ("<Key>hello.txt</Key>", true),
        ("<Key>b c</Key>", false),
        ("a/", false),
    ] {
        assert_eq!(text.contains(part), has, "{part} in {text}");
    }
    let text = send(&origin, list("list-type=2&prefix=a%2F")).await.text();
    assert_eq!(text.matches("<Key>").count(), 2, "{text}");
    for query in ["location=", "versioning=", "versions="] {
        let response = send(&origin, list(query)).await;
        assert_eq!(response.status, 200, "{query}: {}", response.text());
    }
}

#[tokio::test]
async fn with_a_key_for_writes_the_other_one_only_reads() {
    let origin = origin_of(spec().with_write_key()).await;
    let reader = client(&origin);
    let mut writer = reader.clone();
    let pair = origin.spec().write_key.clone().expect("a write key");
    (writer.key_id, writer.secret_key) = (pair.key_id, pair.application_key);
    let refused = send(&origin, reader.put("/new", "text").sign()).await;
    assert_eq!(
        (refused.status.as_u16(), element(&refused, "Code").as_str()),
        (403, "AccessDenied")
    );
    assert_eq!(
        send(&origin, reader.get("/hello.txt").sign()).await.status,
        200
    );
    assert_eq!(
        send(&origin, writer.put("/new", "text").sign())
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_b2_does_not_support_is_refused_and_stores_nothing() {
    let origin = origin().await;
    let put = || client(&origin).put("/new", "text");
    let (bad, not_implemented) = ((400, "InvalidRequest"), (501, "NotImplemented"));
    let length_required = (411, "MissingContentLength");
    let mut cases = vec![
        (
            put().header("x-amz-sdk-checksum-algorithm", "CRC32").sign(),
            bad,
        ),
        (
            put().header("x-amz-trailer", "x-amz-checksum-crc32").sign(),
            bad,
        ),
        (put().signed_chunks().sign(), bad),
        (put().unsigned_chunks(Checksum::Crc32).sign(), bad),
        (put().header("if-none-match", "*").sign(), not_implemented),
        (put().header("if-match", "\"x\"").sign(), not_implemented),
        (
            client(&origin)
                .request(Method::POST, "/")
                .content("--x")
                .header("content-type", "multipart/form-data; boundary=x")
                .sign(),
            not_implemented,
        ),
        (
            put()
                .unsigned_payload()
                .sign()
                .without_length()
                .unsigned_header("Transfer-Encoding", "chunked")
                .with_body("4\r\ntext\r\n0\r\n\r\n"),
            length_required,
        ),
    ];
    for checksum in Checksum::ALL {
        let value = checksum.of(b"text");
        cases.push((put().header(checksum.field(), &value).sign(), bad));
    }
    for (request, (status, code)) in cases {
        let named = format!("{request:?}");
        let response = send(&origin, request).await;
        assert_eq!(
            (
                response.status.as_u16(),
                element(&response, "Code").as_str()
            ),
            (status, code),
            "{named}"
        );
        assert_eq!(origin.keys(), ["hello.txt"], "{named}");
    }
}

//! The operations of S3, through the application.

use b2_edge_testbed::{Object, Response, S3Request, encode_key};
use http::Method;
use serde_json::json;

use super::stage::{S3Stage, assert_done, client, element, owner, shared};

async fn done(s3: &S3Stage, request: S3Request) -> Response {
    let context = format!("{} {}?{}", request.method, request.path, request.query);
    let response = s3.send(&request.sign()).await;
    assert_done(&response, &context);
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_keys_reach_exactly_their_object() {
    let s3 = shared().await;
    for (path, key) in [
        ("a%20b", "a b"),
        ("a%2Bb", "a+b"),
        ("a+b", "a+b"),
        ("a//b", "a//b"),
        ("/a", "/a"),
        ("a/", "a/"),
        ("%C3%A4%E2%82%AC", "ä€"),
        ("%F0%9F%93%B7.jpg", "📷.jpg"),
        ("a%25b", "a%b"),
        ("a%2525", "a%25"),
        ("a%3Fb%23c", "a?b#c"),
        ("a%26b%3Dc%3B", "a&b=c;"),
        ("a!b'(c)*", "a!b'(c)*"),
        ("a%21b%27%28c%29%2A", "a!b'(c)*"),
        ("a%5Cb", "a\\b"),
        ("%7e~", "~~"),
        ("%2Fa", "/a"),
        ("a%2Fb", "a/b"),
        ("_b2-edge/", "_b2-edge/"),
    ] {
        let (key, path) = (format!("odd/{key}"), format!("/stage-us/odd/{path}"));
        // The path as it is sent, with the signature of its canonical encoding.
        let sent = async |request: S3Request| {
            let mut request = request;
            request.path = encode_key(&format!("stage-us/{key}"));
            let response = s3.send(&request.sign().with_target(&path)).await;
            assert_done(&response, &path);
            response
        };
        let put = sent(owner().put("", path.as_str())).await;
        let stored = s3.stored(&key).await;
        assert_eq!(stored.as_deref(), Some(path.as_bytes()), "{key}");
        let get = sent(owner().get("")).await;
        assert_eq!(get.text(), path);
        assert_eq!(get.header("etag"), put.header("etag"), "{key}");
        sent(owner().delete("")).await;
        assert_eq!(s3.stored(&key).await, None, "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_go_to_the_named_bucket_and_are_never_cached() {
    let s3 = shared().await;
    s3.stage
        .us
        .put("reads", Object::text("of the US"))
        .await
        .expect("stored");
    s3.stage
        .eu
        .put("reads", Object::text("of the EU"))
        .await
        .expect("stored");
    let mut eu = owner();
    eu.region = "eu-central-003".to_owned();
    let us = done(s3, owner().get("/stage-us/reads")).await;
    assert_eq!(us.text(), "of the US");
    assert_eq!(
        done(s3, eu.get("/stage-eu/reads")).await.text(),
        "of the EU"
    );
    s3.stage
        .us
        .put("reads", Object::text("changed"))
        .await
        .expect("stored");
    let again = done(s3, owner().get("/stage-us/reads")).await;
    assert_eq!(again.text(), "changed");
    assert!(again.header("x-amz-request-id").is_some());

    let range = owner().get("/stage-us/reads").header("range", "bytes=1-3");
    let range = done(s3, range).await;
    assert_eq!(
        (range.status.as_u16(), range.text()),
        (206, "han".to_owned())
    );
    assert_eq!(range.header("content-range"), Some("bytes 1-3/7"));
    let etag = again.header("etag").expect("an ETag").to_owned();
    let same = owner().get("/stage-us/reads");
    let same = same.header("if-none-match", &etag).sign();
    assert_eq!(s3.send(&same).await.status, 304);
    let other = owner().get("/stage-us/reads");
    let other = other.header("if-match", "\"other\"").sign();
    assert_eq!(s3.send(&other).await.status, 412);
    let head = owner().request(Method::HEAD, "/stage-us/reads");
    let head = done(s3, head).await;
    assert_eq!(head.header("content-length"), Some("7"));
    assert_eq!(head.header("etag"), Some(etag.as_str()));
    assert!(head.body.is_empty());
    let version = again.header("x-amz-version-id").expect("a version");
    let query = format!("versionId={version}");
    let get = owner().get("/stage-us/reads").query(&query);
    assert_eq!(done(s3, get).await.text(), "changed");
    let get = owner().get("/stage-us/reads");
    let get = get.query("response-content-type=text%2Fx-other");
    let get = done(s3, get).await;
    assert_eq!(get.header("content-type"), Some("text/x-other"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_multipart_upload_is_completed_or_aborted() {
    let s3 = shared().await;
    let path = "/stage-us/multi/part";
    let create = owner().post(path, "").query("uploads=");
    let create = done(s3, create.header("content-type", "text/x-parts")).await;
    let id = element(&create, "UploadId");
    let first = Object::pseudo_random(3, 5 * 1024 * 1024).bytes.to_vec();
    let mut parts = Vec::new();
    for (number, content) in [(1, first.clone()), (2, b"the end".to_vec())] {
        let query = format!("partNumber={number}&uploadId={id}");
        let part = owner().put(path, content).query(&query);
        let part = done(s3, part.unsigned_payload()).await;
        let etag = part.header("etag").expect("an ETag");
        parts.push(format!(
            "<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        ));
    }
    let list = owner().get(path).query(&format!("uploadId={id}"));
    let list = done(s3, list).await.text();
    assert_eq!(list.matches("<Part>").count(), 2, "{list}");
    let uploads = owner().get("/stage-us").query("prefix=multi%2F&uploads=");
    let uploads = done(s3, uploads).await.text();
    assert!(uploads.contains(&id), "{uploads}");
    let xml = format!(
        "<CompleteMultipartUpload>{}</CompleteMultipartUpload>",
        parts.concat()
    );
    let complete = owner().post(path, xml).query(&format!("uploadId={id}"));
    let complete = done(s3, complete).await;
    assert!(
        !element(&complete, "ETag").is_empty(),
        "{}",
        complete.text()
    );
    let stored = s3.stored("multi/part").await.expect("stored");
    assert!(stored == [first, b"the end".to_vec()].concat());

    let create = owner().post(path, "").query("uploads=");
    let id = element(&done(s3, create).await, "UploadId");
    let copy = owner()
        .put(path, "")
        .query(&format!("partNumber=1&uploadId={id}"))
        .header("x-amz-copy-source", "/stage-us/multi/part")
        .header("x-amz-copy-source-range", "bytes=0-9");
    let copy = done(s3, copy).await;
    assert!(copy.text().contains("CopyPartResult"), "{}", copy.text());
    let abort = owner().delete(path).query(&format!("uploadId={id}"));
    assert_eq!(done(s3, abort).await.status, 204);
    assert!(
        !s3.stage
            .us
            .unfinished_uploads()
            .contains(&"multi/part".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_take_their_source_as_it_is_written() {
    let s3 = shared().await;
    for key in ["copies/a b+c", "copies/ä"] {
        let object = Object::text(key).metadata("colour", "red");
        s3.stage.put(key, object).await;
    }
    for (source, key) in [
        ("/stage-us/copies/a%20b%2Bc", "copies/a b+c"),
        ("stage-us/copies/a%20b+c", "copies/a b+c"),
        ("/stage-us/copies/%C3%A4", "copies/ä"),
    ] {
        let copy = owner().put("/stage-us/copies/copy", "");
        let copy = copy.header("x-amz-copy-source", source);
        let copy = done(s3, copy).await;
        assert!(copy.text().contains("CopyObjectResult"), "{}", copy.text());
        let copied = s3.stage.us.object("copies/copy").await.expect("readable");
        let original = s3.stage.us.object(key).await.expect("readable");
        assert_eq!(copied, original, "{source}");
        s3.stage.us.delete("copies/copy").await.expect("deleted");
    }
    // As SDKs send it: without a length.
    let copy = owner()
        .put("/stage-us/copies/copy", "")
        .header("x-amz-copy-source", "/stage-us/copies/%C3%A4")
        .header("x-amz-metadata-directive", "REPLACE")
        .header("x-amz-meta-colour", "blue");
    let response = s3.send(&copy.sign().without_length()).await;
    assert_done(&response, "replace");
    let copied = s3.stage.us.object("copies/copy").await.expect("readable");
    let metadata = copied.expect("stored").metadata;
    assert_eq!(metadata, [("colour".to_owned(), "blue".to_owned())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn deletions_delete() {
    let s3 = shared().await;
    for key in ["deletions/a", "deletions/b & c", "deletions/ä"] {
        s3.stage.put(key, Object::text("text")).await;
    }
    let delete = done(s3, owner().delete("/stage-us/deletions/a")).await;
    assert_eq!(delete.status, 204);
    assert_eq!(s3.stored("deletions/a").await, None);
    let xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
               <Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>false</Quiet>\
               <Object><Key>deletions/b &amp; c</Key></Object><Object><Key>deletions/&#xe4;</Key></Object></Delete>";
    let delete = owner().post("/stage-us", xml).query("delete=");
    let delete = done(s3, delete).await.text();
    assert_eq!(delete.matches("<Deleted>").count(), 2, "{delete}");
    assert_eq!(s3.stored("deletions/b & c").await, None);
    assert_eq!(s3.stored("deletions/ä").await, None);
    let seen = s3.stage.us.seen();
    let seen = seen
        .iter()
        .find(|seen| seen.query.as_deref() == Some("delete="));
    let seen = seen.expect("a request");
    assert!(seen.header("content-md5").is_some(), "{:?}", seen.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_are_those_of_the_bucket() {
    let s3 = S3Stage::with(json!({}), json!({})).await;
    for key in ["a/1", "a/2", "b c", "d+e"] {
        s3.stage
            .us
            .put(key, Object::text(key))
            .await
            .expect("stored");
    }
    for query in [
        "list-type=2",
        "list-type=2&max-keys=10",
        "",
        "versions=",
        "encoding-type=url",
    ] {
        let list = done(&s3, owner().get("/stage-us").query(query)).await;
        let text = list.text();
        assert_eq!(text.matches("<Key>").count(), 4, "{query}: {text}");
    }
    let list = owner().get("/stage-us");
    let list = list.query("delimiter=%2F&list-type=2&max-keys=2");
    let page = done(&s3, list).await;
    let token = element(&page, "NextContinuationToken").replace(' ', "%20");
    let next = owner().get("/stage-us");
    let query = format!("continuation-token={token}&delimiter=%2F&list-type=2");
    let next = done(&s3, next.query(&query)).await.text();
    assert!(
        next.contains("<Key>d+e</Key>") && !next.contains("b c"),
        "{next}"
    );
    let location = owner().get("/stage-us").query("location=");
    let location = done(&s3, location).await.text();
    assert!(location.contains("us-west-004"), "{location}");
    done(&s3, owner().request(Method::HEAD, "/stage-us")).await;
    // The bucket's own host, with a slash or with nothing after it.
    let mut on_host = owner();
    on_host.host = "stage-us.s3.test".to_owned();
    let list = on_host.get("/").query("list-type=2");
    assert_eq!(done(&s3, list).await.text().matches("<Key>").count(), 4);
    let with_slash = owner().get("/stage-us/").query("list-type=2");
    assert_eq!(
        done(&s3, with_slash).await.text().matches("<Key>").count(),
        4
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_passes_unsigned() {
    let s3 = shared().await;
    let preflight = owner()
        .request(Method::OPTIONS, "/stage-us/preflight")
        .sign()
        .without_header("authorization")
        .without_header("x-amz-date")
        .without_header("x-amz-content-sha256")
        .unsigned_header("Origin", "https://example.com")
        .unsigned_header("Access-Control-Request-Method", "PUT");
    s3.send(&preflight).await;
    let seen = s3.stage.us.seen_for("preflight");
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert_eq!(seen[0].method, Method::OPTIONS);
    assert_eq!(seen[0].header("origin"), Some("https://example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_works_without_a_backend_for_writes() {
    let s3 = shared().await;
    let mut eu = client("owner");
    eu.region = "eu-central-003".to_owned();
    done(s3, eu.put("/stage-eu/other", "text")).await;
    let seen = s3.stage.eu.seen_for("other");
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].key_id().as_deref(), Some("eu_origin-write-key-id"));
    assert!(s3.stage.us.seen_for("other").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_for_writes_waits_longer_than_that_for_reads() {
    let start = |config: b2_edge_testbed::ViceroyConfig| config;
    let s3 = S3Stage::start(json!({}), json!({}), start).await;
    // The first byte of an answer comes after four seconds; a backend for reads waits for two.
    let pause = std::time::Duration::from_secs(4);
    let fault = b2_edge_testbed::Fault::StallBeforeHeaders(pause);
    let _slow = s3.stage.us.inject("slow", fault);
    done(&s3, owner().put("/stage-us/slow", "text")).await;
    assert_eq!(s3.stored("slow").await.as_deref(), Some(&b"text"[..]));
}

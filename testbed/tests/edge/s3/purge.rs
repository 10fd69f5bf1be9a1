//! A write is seen by the readers of the website at once.

use std::time::Duration;

use b2_edge_testbed::{Fault, Object, Response, S3Request};
use serde_json::json;

use super::stage::{S3Stage, assert_done, element, owner, shared};
use crate::support::stage::{cache_of, until, until_async};

const LASTING: &str = "max-age=600";

async fn done(s3: &S3Stage, request: S3Request) -> Response {
    let context = format!("{} {}", request.method, request.path);
    let response = s3.send(&request.sign()).await;
    assert_done(&response, &context);
    response
}

/// Stores an object in both regions, and asserts that the website has it in the cache.
async fn cached(s3: &S3Stage, key: &str, path: &str) {
    let object = Object::text("old").cache_control(LASTING);
    s3.stage.put(key, object).await;
    s3.stage.get(path).await;
    let response = s3.stage.get(path).await;
    assert_eq!(
        (response.text().as_str(), cache_of(&response)),
        ("old", "HIT")
    );
}

fn put(key: &str) -> S3Request {
    let put = owner().put(&format!("/stage-us/{key}"), "new");
    put.header("cache-control", LASTING)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_is_on_the_website_at_once() {
    let s3 = shared().await;
    for (name, make) in [
        ("plain", (|put| put) as fn(S3Request) -> S3Request),
        ("chunked", S3Request::signed_chunks),
        ("presigned", |mut put: S3Request| {
            put.headers.clear();
            put.presigned(Duration::from_mins(1))
        }),
    ] {
        let key = format!("purge/{name}");
        cached(s3, &key, &format!("/{key}")).await;
        done(s3, make(put(&key))).await;
        assert_eq!(
            s3.stage.get(&format!("/{key}")).await.text(),
            "new",
            "{name}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_without_a_response_is_purged_because_the_bucket_may_have_it() {
    let s3 = shared().await;
    let key = "purge/unknown";
    cached(s3, key, "/purge/unknown").await;
    let fault = s3.stage.us.inject(key, Fault::CloseConnection);
    let response = s3.send(&put(key).sign()).await;
    assert_eq!(response.status, 503);
    drop(fault);
    let response = s3.stage.get("/purge/unknown").await;
    assert_eq!(cache_of(&response), "MISS", "it is fetched again");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_was_missing_is_found_at_once() {
    let s3 = shared().await;
    assert_eq!(s3.stage.get("/purge/missing").await.status, 404);
    done(s3, put("purge/missing")).await;
    assert_eq!(s3.stage.get("/purge/missing").await.text(), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_and_a_deletion_are_seen_at_once() {
    let s3 = shared().await;
    cached(s3, "purge/copy", "/purge/copy").await;
    s3.stage.put("purge/source", Object::text("new")).await;
    let copy = owner().put("/stage-us/purge/copy", "");
    let copy = copy.header("x-amz-copy-source", "/stage-us/purge/source");
    done(s3, copy).await;
    assert_eq!(s3.stage.get("/purge/copy").await.text(), "new");

    for key in ["purge/deleted", "purge/list-1", "purge/list 2"] {
        let path = format!("/{}", key.replace(' ', "%20"));
        cached(s3, key, &path).await;
        // The other region is a replica, from which the deletion is replicated.
        s3.stage.eu.delete(key).await.expect("deleted");
    }
    done(s3, owner().delete("/stage-us/purge/deleted")).await;
    assert_eq!(s3.stage.get("/purge/deleted").await.status, 404);
    let xml = "<Delete><Object><Key>purge/list-1</Key></Object><Object><Key>purge/list 2</Key></Object></Delete>";
    done(s3, owner().post("/stage-us", xml).query("delete=")).await;
    assert_eq!(s3.stage.get("/purge/list-1").await.status, 404);
    assert_eq!(s3.stage.get("/purge/list%202").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_completes_an_object_purges_it() {
    let s3 = shared().await;
    let (key, path) = ("purge/parts", "/stage-us/purge/parts");
    cached(s3, key, "/purge/parts").await;
    let is_cached = async |context: &str| {
        let response = s3.stage.get("/purge/parts").await;
        assert_eq!(
            (response.text().as_str(), cache_of(&response)),
            ("old", "HIT"),
            "{context}"
        );
    };
    let create = owner().post(path, "").query("uploads=");
    let create = create.header("cache-control", LASTING);
    let id = element(&done(s3, create).await, "UploadId");
    is_cached("CreateMultipartUpload").await;
    let part = owner().put(path, "new");
    let part = part.query(&format!("partNumber=1&uploadId={id}"));
    let part = done(s3, part).await;
    is_cached("UploadPart").await;
    let etag = part.header("etag").expect("an ETag");
    let complete = |etag: &str| {
        let xml = format!(
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
        );
        let post = owner().post(path, xml);
        post.query(&format!("uploadId={id}"))
    };
    let refused = s3.send(&complete("\"wrong\"").sign()).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    is_cached("a refused CompleteMultipartUpload").await;
    done(s3, owner().get(path)).await;
    is_cached("GetObject").await;
    let wrong = put(key).header("if-match", "\"other\"");
    assert_eq!(s3.send(&wrong.sign()).await.status, 501);
    is_cached("a refused PutObject").await;
    done(s3, complete(etag)).await;
    assert_eq!(s3.stage.get("/purge/parts").await.text(), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_below_the_prefix_of_the_website_purges_the_shorter_url() {
    let s3 = S3Stage::with(json!({}), json!({"site": {"prefix": "www/"}})).await;
    cached(&s3, "www/page.txt", "/page.txt").await;
    done(&s3, put("www/page.txt")).await;
    assert_eq!(s3.stage.get("/page.txt").await.text(), "new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_of_the_website_costs_no_request() {
    let s3 = shared().await;
    cached(s3, "purge/hit", "/purge/hit").await;
    let before = s3.stage.requests_for("purge/hit");
    for _ in 0..3 {
        assert_eq!(cache_of(&s3.stage.get("/purge/hit").await), "HIT");
    }
    assert_eq!(s3.stage.requests_for("purge/hit"), before);
}

/// The fill has read the old object before the write, and inserts it after.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_being_read_during_a_write_does_not_hide_it() {
    let s3 = shared().await;
    // Of these, the second is streamed into the cache.
    for (key, size) in [("purge/small", 10_000), ("purge/streamed", 900_000)] {
        let path = format!("/{key}");
        let old = Object::new(vec![b'o'; size]).cache_control(LASTING);
        s3.stage.put(key, old.clone()).await;
        let pause = Duration::from_millis(900);
        let after = 1000;
        let slow = s3.stage.us.inject(key, Fault::StallInBody { after, pause });
        let (read, write) = tokio::join!(s3.stage.get(&path), async {
            until("it is being read", || slow.times_applied() > 0).await;
            s3.send(&put(key).sign()).await
        });
        assert_done(&write, key);
        assert!(read.body == old.bytes, "{key}: the old object was read");
        drop(slow);
        // Its replica has the new version too, by then.
        let new = Object::text("new").cache_control(LASTING);
        s3.stage.eu.put(key, new).await.expect("stored");
        until_async("the new version is served", || async {
            s3.stage.get(&path).await.text() == "new"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_never_see_a_version_before_the_last_write() {
    let s3 = shared().await;
    let key = "purge/versions";
    let path = format!("/{key}");
    let mut seen = Vec::new();
    for version in 0..60 {
        let text = format!("version {version}");
        let put = owner().put(&format!("/stage-us/{key}"), text.as_str());
        let put = put.header("cache-control", LASTING);
        done(s3, put).await;
        // A crowd, of which the first fills the cache.
        let read = || s3.stage.get(&path);
        let reads = tokio::join!(read(), read(), read(), read());
        for read in [reads.0, reads.1, reads.2, reads.3] {
            seen.push((text.clone(), read.text()));
        }
    }
    seen.retain(|(written, read)| written != read);
    assert_eq!(seen, Vec::new(), "written, read");
}

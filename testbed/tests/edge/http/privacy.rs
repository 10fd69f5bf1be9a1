//! Only single objects of a private bucket can be read: no path lists it.

use b2_edge_testbed::Object;
use http::StatusCode;

use crate::support::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn no_path_and_no_query_lists_a_bucket() {
    let stage = Stage::with(|config| config).await;
    stage
        .put("a-very-private-name.txt", Object::text("secret content"))
        .await;
    for target in [
        "/",
        "//",
        "///",
        "/%2F",
        "/%2f%2F",
        "/.",
        "/..",
        "/./",
        "/%2e",
        "/%2E%2E/",
        "/?list-type=2",
        "/?acl",
        "/?uploads",
        "/?versions",
        "/?location",
        "/?policy&pop=AMS",
        "//?list-type=2",
        "/?delete",
        "/index?versions",
        "/index?list-type=2&prefix=a",
        "/stage-us/",
        "/stage-us/?list-type=2",
        "/?",
        "/\\",
        "http://stage-us.s3.us-west-004.backblazeb2.com/",
        "http://stage-us.s3.us-west-004.backblazeb2.com/?list-type=2",
        "http://evil.example",
    ] {
        for response in [stage.get(target).await, stage.head(target).await] {
            assert!(
                matches!(
                    response.status,
                    StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST
                ),
                "{target}: {}",
                response.status
            );
            let text = response.text();
            for leak in [
                "a-very-private-name",
                "ListBucketResult",
                "<?xml",
                "Contents",
                "Owner",
            ] {
                assert!(!text.contains(leak), "{target}: {text}");
            }
        }
    }
    for origin in [&stage.us, &stage.eu] {
        for seen in origin.seen() {
            assert_eq!(seen.query, None, "{seen:?}");
            assert!(seen.raw_path.bytes().any(|byte| byte != b'/'), "{seen:?}");
        }
    }
}

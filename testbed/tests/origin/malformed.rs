//! Malformed ranges look right unless they are compared with the request.

use b2_edge_testbed::{Fault, Object, Origin, Response};

use crate::signer::{Signed, origin};

async fn response_with(origin: &Origin, range: &str, fault: Fault) -> Response {
    let _fault = origin.inject("hello.txt", fault);
    let request = Signed::get(origin.spec(), "hello.txt").header("Range", range);
    request.send(origin).await
}

#[tokio::test]
async fn an_error_document_can_wear_the_headers_of_the_object() {
    let origin = origin().await;
    let truth = Signed::get(origin.spec(), "hello.txt").send(&origin).await;
    let response = response_with(&origin, "bytes=0-3", Fault::DisguisedErrorUnder206).await;
    assert_eq!((response.status.as_u16(), response.complete), (206, true));
    assert!(response.text().contains("<Code>InternalError</Code>"));
    for name in ["etag", "last-modified", "content-type"] {
        assert!(truth.header(name).is_some(), "{name}");
        assert_eq!(response.header(name), truth.header(name), "{name}");
    }
    let length = response.body.len();
    let whole = format!("bytes 0-{}/{length}", length - 1);
    assert_eq!(response.header("content-range"), Some(whole.as_str()));
}

#[tokio::test]
async fn a_wrong_range_says_truly_which_it_is() {
    let origin = origin().await;
    for (requested, responded, body) in [
        ("bytes=0-3", "bytes 1-3/10", "123"),
        ("bytes=5-", "bytes 6-9/10", "6789"),
        ("bytes=-3", "bytes 8-9/10", "89"),
    ] {
        let response = response_with(&origin, requested, Fault::WrongRange).await;
        assert_eq!(
            response.header("content-range"),
            Some(responded),
            "{requested}"
        );
        assert_eq!((response.text().as_str(), response.complete), (body, true));
    }
}

#[tokio::test]
async fn half_of_a_range_can_come_under_the_name_of_the_whole() {
    let origin = origin().await;
    let response = response_with(&origin, "bytes=2-5", Fault::LengthUnlikeRange).await;
    assert_eq!(response.header("content-range"), Some("bytes 2-5/10"));
    assert_eq!(response.header("content-length"), Some("2"));
    assert_eq!((response.text().as_str(), response.complete), ("23", true));
}

#[tokio::test]
async fn an_origin_without_ranges_answers_with_the_whole_object() {
    let origin = origin().await;
    let response = response_with(&origin, "bytes=2-5", Fault::IgnoreRange).await;
    assert_eq!(
        (response.status.as_u16(), response.text().as_str()),
        (200, "0123456789")
    );
    assert_eq!(response.header("content-range"), None);
}

#[tokio::test]
async fn a_missing_object_stays_missing_whatever_mangles_its_ranges() {
    let origin = origin().await;
    for fault in [
        Fault::DisguisedErrorUnder206,
        Fault::WrongRange,
        Fault::LengthUnlikeRange,
        Fault::IgnoreRange,
    ] {
        let _fault = origin.inject("missing", fault.clone());
        let request = Signed::get(origin.spec(), "missing").header("Range", "bytes=0-3");
        assert_eq!(request.send(&origin).await.status, 404, "{fault:?}");
    }
}

#[tokio::test]
async fn a_read_has_one_version_also_while_another_takes_its_place() {
    let origin = origin().await;
    let versions = [
        Object::pseudo_random(1, 60_000),
        Object::pseudo_random(2, 50_000),
    ];
    let tag_of = async |object: &Object| {
        origin.put("one", object.clone()).await.unwrap();
        origin.etag_of("one").unwrap()
    };
    let tags = [tag_of(&versions[0]).await, tag_of(&versions[1]).await];
    let writes = async {
        for round in 0..100 {
            let object = versions[round % 2].clone();
            origin.put("one", object).await.unwrap();
        }
    };
    let reads = async {
        for _ in 0..200 {
            let response = Signed::get(origin.spec(), "one").send(&origin).await;
            let version = tags
                .iter()
                .position(|tag| response.header("etag") == Some(tag));
            let bytes = &versions[version.expect("one of two")].bytes;
            assert!(response.complete && response.body == bytes);
        }
    };
    tokio::join!(writes, reads);
}

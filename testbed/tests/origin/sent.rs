//! The recorded number of bytes sent.

use b2_edge_testbed::{Fault, Object, Request};

use crate::signer::{Signed, origin};

const LARGE: usize = 40 * 1024 * 1024;

#[tokio::test]
async fn what_was_sent_is_counted_for_each_request() {
    let origin = origin().await;
    origin
        .put("large", Object::pseudo_random(1, 200_000))
        .await
        .unwrap();
    let get = Signed::get(origin.spec(), "large");
    get.send(&origin).await;
    get.clone()
        .header("Range", "bytes=10-109")
        .send(&origin)
        .await;
    Signed::head(origin.spec(), "large").send(&origin).await;
    let fault = origin.inject("large", Fault::ShortBody { after: 70_000 });
    get.send(&origin).await;
    drop(fault);
    let sent: Vec<_> = origin
        .seen_for("large")
        .iter()
        .map(|seen| seen.sent)
        .collect();
    assert_eq!(sent, [200_000, 100, 0, 70_000]);
    assert_eq!(origin.sent_for("large"), 270_100);
    assert_eq!(origin.sent_for("hello.txt"), 0);
    assert_eq!(origin.sent(), 270_100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_object_is_stored_and_read_and_a_client_that_leaves_it_was_sent_little() {
    let origin = origin().await;
    let object = Object::pseudo_random(1, LARGE);
    let bytes = object.bytes.clone();
    origin.put("large", object).await.unwrap();
    let response = Signed::get(origin.spec(), "large").send(&origin).await;
    assert!(response.complete && response.body == bytes);
    assert_eq!(origin.sent_for("large"), LARGE as u64);

    origin.clear_seen();
    let request: Request = Signed::get(origin.spec(), "large").request();
    let response = request.leave_after(1_000_000).send(origin.port()).await;
    let response = response.unwrap();
    assert!(!response.complete && bytes.starts_with(&response.body));
    assert!((1_000_000..LARGE / 4).contains(&response.body.len()));
    let sent = origin.sent_for("large");
    assert!(sent < LARGE as u64 / 2, "{sent} bytes");
}

//! The client of the tests: it can read slowly, disconnect early, and reuse connections.

use std::time::{Duration, Instant};

use b2_edge_testbed::{Fault, Object, Origin, PersistentConnection};

use crate::signer::{Signed, origin};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pauses_holds_up_the_sender_and_loses_nothing() {
    let origin = origin().await;
    let object = Object::pseudo_random(1, 40 * 1024 * 1024);
    let bytes = object.bytes.clone();
    origin.put("large", object).await.unwrap();
    let pause = Duration::from_secs(1);
    let request = Signed::get(origin.spec(), "large").request();
    let request = request.pause_after(100_000, pause);
    let started = Instant::now();
    let reading = request.send(origin.port());
    let watching = async {
        // Within the pause, which may begin late on a slow machine.
        while origin.sent_for("large") < 100_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(pause / 2).await;
        origin.sent_for("large")
    };
    let (response, sent_in_pause) = tokio::join!(reading, watching);
    let response = response.unwrap();
    assert!(response.complete && response.body == bytes);
    assert!(started.elapsed() >= pause);
    assert!(sent_in_pause < bytes.len() as u64 / 2, "{sent_in_pause}");
}

#[tokio::test]
async fn a_client_that_leaves_early_gets_a_short_answer_whole() {
    let origin = origin().await;
    let request = Signed::get(origin.spec(), "hello.txt").request();
    let response = request.leave_after(1000).send(origin.port()).await.unwrap();
    assert_eq!(
        (response.text().as_str(), response.complete),
        ("0123456789", true)
    );
}

#[tokio::test]
async fn a_kept_connection_serves_many_calls_and_is_replaced_when_it_ends() {
    let origin = origin().await;
    let mut client = PersistentConnection::to(origin.port());
    let request = Signed::get(origin.spec(), "hello.txt").request();
    for _ in 0..5 {
        assert_eq!(client.send(&request).await.unwrap().text(), "0123456789");
    }
    let head = Signed::head(origin.spec(), "hello.txt").request();
    let response = client.send(&head).await.unwrap();
    assert_eq!((response.status.as_u16(), response.body.len()), (200, 0));

    origin.stop_listening().await.unwrap();
    origin.resume_listening().await.unwrap();
    assert_eq!(client.send(&request).await.unwrap().text(), "0123456789");

    let fault = origin.inject("hello.txt", Fault::ShortBody { after: 3 });
    let response = client.send(&request).await.unwrap();
    assert_eq!(
        (response.text().as_str(), response.complete),
        ("012", false)
    );
    drop(fault);
    assert_eq!(client.send(&request).await.unwrap().text(), "0123456789");
}

#[tokio::test]
async fn a_port_that_is_asked_for_is_not_shared_with_another_origin() {
    let first = origin().await;
    let second = Origin::start_on(first.spec().clone(), first.port());
    let error = second.map(|_| ()).expect_err("the port is in use");
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
}

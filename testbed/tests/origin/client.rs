//! The client of the tests: slow, impatient or thrifty with connections when it is told to be.

use std::time::{Duration, Instant};

use b2_edge_testbed::{Fault, KeptConnection, Object};

use crate::signer::{Signed, origin};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_pauses_holds_up_the_sender_and_loses_nothing() {
    let origin = origin().await;
    let object = Object::pseudo_random(1, 40 * 1024 * 1024);
    let bytes = object.bytes.clone();
    origin.put("large", object).await.unwrap();
    let pause = Duration::from_secs(1);
    let call = Signed::get(origin.spec(), "large").call();
    let call = call.pause_after(100_000, pause);
    let started = Instant::now();
    let reading = call.send(origin.port());
    let watching = async {
        // Within the pause, which a slow machine may reach late.
        while origin.sent_for("large") < 100_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(pause / 2).await;
        origin.sent_for("large")
    };
    let (answer, sent_in_pause) = tokio::join!(reading, watching);
    let answer = answer.unwrap();
    assert!(answer.complete && answer.body == bytes);
    assert!(started.elapsed() >= pause);
    assert!(sent_in_pause < bytes.len() as u64 / 2, "{sent_in_pause}");
}

#[tokio::test]
async fn a_client_that_leaves_early_gets_a_short_answer_whole() {
    let origin = origin().await;
    let call = Signed::get(origin.spec(), "hello.txt").call();
    let answer = call.leave_after(1000).send(origin.port()).await.unwrap();
    assert_eq!(
        (answer.text().as_str(), answer.complete),
        ("0123456789", true)
    );
}

#[tokio::test]
async fn a_kept_connection_serves_many_calls_and_is_replaced_when_it_ends() {
    let origin = origin().await;
    let mut client = KeptConnection::to(origin.port());
    let call = Signed::get(origin.spec(), "hello.txt").call();
    for _ in 0..5 {
        assert_eq!(client.send(&call).await.unwrap().text(), "0123456789");
    }
    let head = Signed::head(origin.spec(), "hello.txt").call();
    let answer = client.send(&head).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));

    origin.stop_listening().await.unwrap();
    origin.resume_listening().await.unwrap();
    assert_eq!(client.send(&call).await.unwrap().text(), "0123456789");

    let fault = origin.inject("hello.txt", Fault::ShortBody { after: 3 });
    let answer = client.send(&call).await.unwrap();
    assert_eq!((answer.text().as_str(), answer.complete), ("012", false));
    drop(fault);
    assert_eq!(client.send(&call).await.unwrap().text(), "0123456789");
}

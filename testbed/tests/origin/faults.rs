//! Each fault has its effect, on exactly the requests that it was injected for.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use b2_edge_testbed::{CannedResponse, Fault, Object, get};

use crate::signer::{Signed, origin};

#[tokio::test]
async fn a_reset_connection_gives_no_answer() {
    let origin = origin().await;
    let fault = origin.inject("hello.txt", Fault::ResetConnection);
    let error = Signed::get(origin.spec(), "hello.txt")
        .request()
        .send(origin.port())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(fault.times_applied(), 1);
    let seen = origin.seen_for("hello.txt");
    assert_eq!(
        seen.iter().map(|seen| seen.status).collect::<Vec<_>>(),
        [None]
    );
}

#[tokio::test]
async fn a_closed_connection_gives_no_answer() {
    let origin = origin().await;
    let _fault = origin.inject("hello.txt", Fault::CloseConnection);
    let error = Signed::get(origin.spec(), "hello.txt")
        .request()
        .send(origin.port())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_fault_ends_with_its_guard_its_times_or_its_key() {
    let origin = origin().await;
    origin.put("other", Object::text("other")).await.unwrap();
    let read = async |key: &str| {
        Signed::get(origin.spec(), key)
            .send(&origin)
            .await
            .status
            .as_u16()
    };

    let fault = origin.inject("hello.txt", Fault::Respond(CannedResponse::status(500)));
    assert_eq!((read("hello.txt").await, read("other").await), (500, 200));
    drop(fault);
    assert_eq!(read("hello.txt").await, 200);

    let fault = origin
        .inject("hello.txt", Fault::Respond(CannedResponse::status(502)))
        .times(2);
    assert_eq!(
        [
            read("hello.txt").await,
            read("hello.txt").await,
            read("hello.txt").await
        ],
        [502, 502, 200]
    );
    assert_eq!(fault.times_applied(), 2);

    let _all = origin.inject_all(Fault::Respond(CannedResponse::status(429)));
    let _one = origin.inject("other", Fault::Respond(CannedResponse::status(500)));
    assert_eq!((read("hello.txt").await, read("other").await), (429, 500));
    origin.clear_faults("other");
    assert_eq!(read("other").await, 429);
}

#[tokio::test]
async fn canned_answers_are_s3_documents_and_are_recorded() {
    let origin = origin().await;
    for (canned, status, code) in [
        (CannedResponse::slow_down().retry_after(7), 503, "SlowDown"),
        (CannedResponse::status(500), 500, "InternalError"),
        (CannedResponse::status(429), 429, "TooManyRequests"),
        (
            CannedResponse::signature_mismatch(),
            403,
            "SignatureDoesNotMatch",
        ),
        (CannedResponse::access_denied(), 403, "AccessDenied"),
    ] {
        let retry_after = canned.headers.get("retry-after").cloned();
        let _fault = origin.inject("hello.txt", Fault::Respond(canned));
        origin.clear_seen();
        let response = get(origin.port(), "/hello.txt").await.unwrap();
        assert_eq!(
            (response.status.as_u16(), response.complete),
            (status, true)
        );
        assert!(
            response.text().contains(&format!("<Code>{code}</Code>")),
            "{}",
            response.text()
        );
        assert_eq!(response.headers.get("retry-after").cloned(), retry_after);
        assert_eq!(
            origin
                .seen()
                .iter()
                .map(|seen| seen.status)
                .collect::<Vec<_>>(),
            [Some(status)]
        );
    }
    let _fault = origin.inject("hello.txt", Fault::Respond(CannedResponse::garbage(503)));
    let response = get(origin.port(), "/hello.txt").await.unwrap();
    assert!(response.status == 503 && std::str::from_utf8(&response.body).is_err());
}

#[tokio::test]
async fn an_error_document_can_come_as_a_partial_content() {
    let origin = origin().await;
    let _fault = origin.inject("hello.txt", Fault::ErrorDocumentUnder206);
    let response = Signed::get(origin.spec(), "hello.txt")
        .header("Range", "bytes=0-3")
        .send(&origin)
        .await;
    assert!(
        response.status == 206
            && response.complete
            && response.text().contains("<Code>InternalError</Code>")
    );
}

#[tokio::test]
async fn a_stall_delays_the_true_answer() {
    let origin = origin().await;
    let _fault = origin.inject(
        "hello.txt",
        Fault::StallBeforeHeaders(Duration::from_millis(200)),
    );
    let response = Signed::get(origin.spec(), "hello.txt").send(&origin).await;
    assert!(
        response.head_after >= Duration::from_millis(200),
        "{:?}",
        response.head_after
    );
    assert_eq!(response.text(), "0123456789");
}

#[tokio::test]
async fn a_body_cut_in_the_middle_is_known_to_be_incomplete() {
    let origin = origin().await;
    let object = Object::pseudo_random(1, 200_000);
    origin.put("large", object.clone()).await.unwrap();
    for after in [0, 1, 70_000] {
        for fault in [Fault::StopInBody { after }, Fault::ShortBody { after }] {
            let _fault = origin.inject("large", fault.clone());
            let response = Signed::get(origin.spec(), "large").send(&origin).await;
            assert_eq!(
                (response.status.as_u16(), response.header("content-length")),
                (200, Some("200000"))
            );
            assert_eq!(
                (response.body.len(), response.complete),
                (after, false),
                "{fault:?}"
            );
            assert_eq!(response.body, object.bytes.slice(..after));
        }
    }
}

#[tokio::test]
async fn a_pause_in_the_body_loses_nothing() {
    let origin = origin().await;
    let object = Object::pseudo_random(2, 200_000);
    origin.put("large", object.clone()).await.unwrap();
    let pause = Duration::from_millis(200);
    let _fault = origin.inject(
        "large",
        Fault::StallInBody {
            after: 70_001,
            pause,
        },
    );
    let started = Instant::now();
    let response = Signed::get(origin.spec(), "large").send(&origin).await;
    assert!(response.complete && response.body == object.bytes);
    assert!(
        response.head_after < pause && started.elapsed() >= pause,
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn an_origin_that_stops_listening_refuses_connections_until_it_resumes() {
    let origin = origin().await;
    let port = origin.port();
    let request = Signed::get(origin.spec(), "hello.txt").request();
    for _ in 0..3 {
        origin.stop_listening().await.unwrap();
        assert_eq!(
            request.send(port).await.unwrap_err().kind(),
            ErrorKind::ConnectionRefused
        );
        origin.resume_listening().await.unwrap();
        assert_eq!(request.send(port).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn the_record_has_the_path_and_query_as_they_were_sent() {
    let origin = origin().await;
    for target in [
        "/a/../b?x=%2f&y",
        "/a\\b",
        "/a{b}|^\"?",
        "//",
        "/%ff",
        "/%zz",
    ] {
        let _ = get(origin.port(), target).await;
    }
    let seen = origin.seen();
    let seen = seen
        .iter()
        .map(|seen| (seen.raw_path.as_str(), seen.query.as_deref()))
        .collect::<Vec<_>>();
    assert_eq!(
        seen,
        [
            ("/a/../b", Some("x=%2f&y")),
            ("/a\\b", None),
            ("/a{b}|^\"", Some("")),
            ("//", None),
            ("/%ff", None),
            ("/%zz", None)
        ]
    );
}

//! How the service stops, and what slow clients cost.

use std::time::Duration;

use b2_edge_testbed::{Fault, Object, get};

use crate::support::origins::Stage;
use crate::support::render_request::RenderRequest;

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_finishes_the_requests_that_are_in_progress() {
    for signal in ["TERM", "INT"] {
        let mut stage = Stage::start().await;
        stage.put("photo.jpg", Object::text("not an image")).await;
        let pause = Duration::from_secs(3);
        let _fault = stage
            .us
            .inject("photo.jpg", Fault::StallBeforeHeaders(pause));
        let request = RenderRequest::of_sources(&stage.urls("photo.jpg")).request();
        let port = stage.service.port;
        let response = tokio::spawn(async move { request.send(port).await });
        stage.service.metric("b2_edge_render_admitted 1").await;
        stage.service.signal(signal);
        stage.service.line(|line| line["event"] == "stopping").await;
        assert!(
            get(port, "/health").await.is_err(),
            "new connections are refused"
        );
        let response = response.await.expect("the task").expect("a response");
        assert_eq!(response.status, 415, "{signal}");
        assert!(stage.service.ended().await.success(), "{signal}");
        let stopped = stage.service.line(|line| line["event"] == "stopped").await;
        assert_eq!(stopped["finished"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_requests_a_stop_is_immediate() {
    let mut stage = Stage::start().await;
    let connection = tokio::net::TcpStream::connect(("127.0.0.1", stage.service.port)).await;
    stage.service.signal("TERM");
    assert!(stage.service.ended().await.success());
    drop(connection);
}

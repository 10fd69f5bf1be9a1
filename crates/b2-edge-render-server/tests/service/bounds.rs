//! What limits the work: the queue, the memory, the clients' time.

use std::time::Duration;

use b2_edge_testbed::{Fault, Object, get};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::origins::Stage;
use crate::support::pictures::{jpeg, png};
use crate::support::render_request::RenderRequest;

/// Statuses of concurrent requests for a variant of `key`.
async fn statuses(stage: &Stage, key: &str, clients: usize) -> Vec<u16> {
    let request = RenderRequest::of_sources(&stage.urls(key)).request();
    let port = stage.service.port;
    let mut tasks = JoinSet::new();
    for _ in 0..clients {
        let request = request.clone();
        tasks.spawn(async move { request.send(port).await.expect("a response") });
    }
    let responses = tasks.join_all().await;
    assert!(responses.iter().all(|response| response.complete));
    responses
        .iter()
        .map(|response| response.status.as_u16())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_503_at_once_and_nothing_else_suffers() {
    let stage = Stage::with(&[("WORKERS", "1"), ("QUEUE", "1")]).await;
    stage.put("photo.jpg", Object::new(jpeg(40, 30))).await;
    let pause = Duration::from_secs(5);
    let fault = stage
        .us
        .inject("photo.jpg", Fault::StallBeforeHeaders(pause));
    let request = RenderRequest::of_sources(&stage.urls("photo.jpg"));
    let port = stage.service.port;
    let mut waiting = JoinSet::new();
    for _ in 0..2 {
        let request = request.request();
        waiting.spawn(async move { request.send(port).await.expect("a response").status });
    }
    stage.service.metric("b2_edge_render_admitted 2").await;
    let refused = request.send(&stage.service).await;
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(get(port, "/health").await.expect("a response").status, 200);
    assert_eq!(
        stage.us.seen_for("photo.jpg").len(),
        2,
        "nothing was fetched for it"
    );
    drop(fault);
    let finished = waiting.join_all().await;
    assert_eq!(finished, [200, 200]);
    assert_eq!(request.send(&stage.service).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_clients_are_served() {
    let stage = Stage::start().await;
    stage.put("photo.jpg", Object::new(jpeg(800, 600))).await;
    assert_eq!(statuses(&stage, "photo.jpg", 64).await, [200; 64]);
    stage.service.metric("b2_edge_render_admitted 0").await;
    stage
        .service
        .metric("b2_edge_render_source_bytes_in_flight 0")
        .await;
    stage
        .service
        .metric("b2_edge_render_pixels_in_flight 0")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_do_not_fit_into_the_queue_are_refused_and_the_others_served() {
    let stage = Stage::with(&[("WORKERS", "2"), ("QUEUE", "4")]).await;
    stage.put("photo.jpg", Object::new(jpeg(800, 600))).await;
    let statuses = statuses(&stage, "photo.jpg", 64).await;
    let served = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 503).count();
    assert_eq!(served + refused, 64, "{statuses:?}");
    assert!(served >= 6, "{statuses:?}");
    stage.service.metric("b2_edge_render_admitted 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn memory_is_bounded_by_decoded_pixels() {
    // 1 MP that takes 8 bytes for each pixel: 16 of them at the same time would take 128 MB, and two of them take 16 MB.
    let stage = Stage::with(&[("WORKERS", "16"), ("MAX_PIXELS", "2000000")]).await;
    let picture = png(1000, 1000, [9, 8, 7, 100]);
    stage.put("large.png", Object::new(picture)).await;
    assert_eq!(statuses(&stage, "large.png", 16).await, [200; 16]);
    let peak = stage.service.peak_memory();
    assert!(peak < 80 << 20, "{} MB", peak >> 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_disconnects_stops_its_rendering() {
    let stage = Stage::with(&[("WORKERS", "1")]).await;
    // Seconds of work in a debug build.
    stage
        .put("large.png", Object::new(png(4000, 4000, [9, 8, 7, 100])))
        .await;
    let request = RenderRequest::of_sources(&stage.urls("large.png"));
    let client = tokio::spawn({
        let (request, port) = (request.request(), stage.service.port);
        async move { request.send(port).await }
    });
    stage.service.metric("b2_edge_render_rendering 1").await;
    client.abort();
    let line = stage.service.line(|line| line["status"] == 499).await;
    assert_eq!(line["reason"], "client_disconnected", "{line}");
    stage.service.metric("b2_edge_render_stopped_total 1").await;
    stage.service.metric("b2_edge_render_rendering 0").await;
    stage
        .service
        .metric("b2_edge_render_pixels_in_flight 0")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_sends_its_head_too_slowly_is_disconnected() {
    let stage = Stage::start().await;
    let address = ("127.0.0.1", stage.service.port);
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream
        .write_all(b"POST /render HTTP/1.1\r\nHost: a\r\n")
        .await
        .expect("sent");
    let mut rest = Vec::new();
    // Ends when the service closes the connection.
    let _ = stream.read_to_end(&mut rest).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_does_not_arrive_is_400() {
    let stage = Stage::start().await;
    let request = RenderRequest::of_sources(&stage.urls("photo.jpg"));
    let head = format!(
        "POST /render HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nx-render-time: {}\r\n\
         x-render-mac: {}\r\nContent-Length: {}\r\n\r\n{{",
        request.time,
        request.mac,
        request.body.len()
    );
    let address = ("127.0.0.1", stage.service.port);
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8_lossy(&response);
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused_before_it_is_received() {
    let stage = Stage::start().await;
    let request = RenderRequest::of_original("preset={}", "x");
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: a\r\nx-render-time: {}\r\nx-render-mac: {}\r\n\
         Content-Length: 1000000000\r\n\r\n",
        request.target, request.time, request.mac
    );
    let address = ("127.0.0.1", stage.service.port);
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    let response = String::from_utf8_lossy(&response);
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}

//! The environment, and what is there without a key.

use b2_edge_testbed::{Request, get, head};

use crate::support::origins::Stage;
use crate::support::process::{Service, run};
use crate::support::render_request::{KEY, RenderRequest};

fn environment(variables: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    variables
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

const RENDER: [(&str, &str); 2] = [("RENDER_KEY", KEY), ("ALLOWED_HOSTS", "a.example")];

const THUMBNAILS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "id"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("B2_ENDPOINT", "https://s3.us-west-004.backblazeb2.com"),
    ("API_KEY", KEY),
];

#[test]
fn a_mistake_of_the_environment_stops_the_start_with_one_line_that_names_it() {
    for (base, name, value) in [
        (&RENDER[..], "ADDR", "nowhere"),
        (&RENDER, "RENDER_KEY", ""),
        (&RENDER, "ALLOWED_HOSTS", "https://a.example"),
        (&RENDER, "WORKERS", "0"),
        (&RENDER, "QUEUE", "many"),
        (&RENDER, "MAX_PIXELS", "-1"),
        (&RENDER, "RESOLVE", "a.example=127.0.0.1"),
        (&THUMBNAILS, "B2_ENDPOINT", "s3.us-west-004.backblazeb2.com"),
        (&THUMBNAILS, "AWS_SECRET_ACCESS_KEY", ""),
        (&THUMBNAILS, "RESIZE_OPTIONS", r#"{"widht": 20}"#),
        (&[], "RENDER_KEY_PREVIOUS", ""),
    ] {
        let mut variables = environment(base);
        variables.retain(|(set, _)| *set != name);
        variables.push((name, value.to_owned()));
        let output = run(&variables);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}={value}: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        assert!(message.contains(&format!("{name}: ")), "{message}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_missing_variable_stops_the_start() {
    for (base, missing) in [
        (&[][..], "RENDER_KEY"),
        (&RENDER, "ALLOWED_HOSTS"),
        (&THUMBNAILS, "API_KEY"),
        (&THUMBNAILS, "B2_ENDPOINT"),
        (&THUMBNAILS, "AWS_ACCESS_KEY_ID"),
    ] {
        let mut variables = environment(base);
        variables.retain(|(set, _)| *set != missing);
        let output = run(&variables);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{missing}: {message}");
        assert!(message.contains(&format!("{missing}: ")), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_in_use_is_an_error() {
    let service = Service::start(&environment(&RENDER)).await;
    let mut variables = environment(&RENDER);
    variables.push(("ADDR", format!("127.0.0.1:{}", service.port)));
    let output = run(&variables);
    assert_eq!(output.status.code(), Some(1));
    assert!(!output.stderr.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn health_needs_no_key() {
    let service = Service::start(&environment(&RENDER)).await;
    let response = get(service.port, "/health").await.expect("a response");
    assert_eq!(
        (response.status.as_u16(), response.text().as_str()),
        (200, "ok\n")
    );
    let response = head(service.port, "/health").await.expect("a response");
    assert_eq!((response.status.as_u16(), response.body.len()), (200, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_configured_is_not_found() {
    let service = Service::start(&environment(&RENDER)).await;
    for target in ["/thumbnail", "/", "/render/", "/renders"] {
        let request = Request::new(http::Method::POST, target).body("{}");
        let response = request.send(service.port).await.expect("a response");
        assert_eq!(response.status, 404, "{target}");
    }
    let service = Service::start(&environment(&THUMBNAILS)).await;
    let response = RenderRequest::of_sources(&[]).send(&service).await;
    assert_eq!(response.status, 404, "without RENDER_KEY");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_path_s_own_methods_are_allowed() {
    let mut variables = environment(&RENDER);
    variables.extend(environment(&THUMBNAILS));
    let service = Service::start(&variables).await;
    for (method, target, allow) in [
        ("GET", "/render", "POST"),
        ("PUT", "/render?preset={}", "POST"),
        ("GET", "/thumbnail", "POST"),
        ("POST", "/health", "GET, HEAD"),
        ("DELETE", "/metrics", "GET, HEAD"),
    ] {
        let request = Request::new(method.parse().expect("a method"), target).body("");
        let response = request.send(service.port).await.expect("a response");
        assert_eq!(response.status, 405, "{method} {target}");
        assert_eq!(response.header("allow"), Some(allow), "{method} {target}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_override_of_an_address_is_reported() {
    let stage = Stage::start().await;
    let host = stage.us.spec().host();
    let warning = stage
        .service
        .line(|line| {
            let message = line["message"].as_str().unwrap_or_default();
            line["event"] == "warning" && message.contains(&host)
        })
        .await;
    let message = warning["message"].as_str().expect("a message");
    assert!(message.starts_with("RESOLVE: "), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_has_one_line_in_the_log() {
    let service = Service::start(&environment(&RENDER)).await;
    get(service.port, "/health?x=y").await.expect("a response");
    let line = service.line(|line| line["path"] == "/health").await;
    assert_eq!(line["method"], "GET");
    assert_eq!(line["status"], 200);
    assert_eq!(line["reason"], "ok");
    assert!(
        line["duration_ms"].is_u64() && line["time"].is_string(),
        "{line}"
    );
}

//! Configuration: what is missing or wrong is named, and other origins still work.

use std::time::Duration;

use b2_edge_testbed::{Object, Origin, OriginSpec, Request, Response, ViceroyConfig};
use http::{Method, StatusCode};

use crate::support::stage::{EU_HOST, Stage, TOKEN, US_HOST, log_of};

/// Asserts that every request gets a 503, and that its page and the log line contain each of the texts.
async fn assert_names(stage: &Stage, texts: &[&str]) {
    for request in [
        Request::get("/a.txt"),
        Request::get("/?pop=AMS"),
        Request::get("/%zz"),
        Request::new(Method::POST, "/a.txt"),
        Request::new(Method::OPTIONS, "/"),
    ] {
        let response = stage.send(request).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            response.header("content-type"),
            Some("text/plain; charset=utf-8")
        );
        let page = response.text();
        for text in texts {
            assert!(page.contains(text), "{text} in {page}");
        }
    }
    let line = log_of(stage, "/a.txt").await;
    assert_eq!(
        (line["status"].as_u64(), line["reason"].as_str()),
        (Some(503), Some("not_configured"))
    );
    let problems = line["problems"].to_string();
    for text in texts {
        assert!(
            problems.contains(&text.replace('"', "\\\"")),
            "{text} in {problems}"
        );
    }
    let head = stage.head("/a.txt").await;
    assert_eq!(
        (head.status, head.body.is_empty()),
        (StatusCode::SERVICE_UNAVAILABLE, true)
    );
    assert!(
        stage.us.seen().is_empty() && stage.eu.seen().is_empty(),
        "no origin is contacted"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_anything_names_everything() {
    let stage = Stage::with(|_| ViceroyConfig::new().no_secret_store().no_config_store()).await;
    assert_names(
        &stage,
        &[
            "backend us_origin is missing",
            "backend eu_origin is missing",
            "secret store b2_edge_keys is missing",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_secrets_are_named() {
    let stage = Stage::with(|config| {
        config
            .without_secret("us_origin_application_key")
            .without_secret("eu_origin_key_id")
            .without_secret("eu_origin_application_key")
    })
    .await;
    assert_names(
        &stage,
        &[
            "secret us_origin_application_key is missing in secret store b2_edge_keys",
            "secret eu_origin_key_id is missing in secret store b2_edge_keys",
            "secret eu_origin_application_key is missing in secret store b2_edge_keys",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_mistake_of_the_configuration_is_named_with_its_field() {
    let config = r#"{"origins": ["us_origin", {"backend": "eu_origin", "public": 1}], "ruoting": "nearest",
                     "pop_overrides": {"BOMB": "us_origin"}, "pop_parameter": "yes"}"#;
    let stage = Stage::with(|c| c.config(config)).await;
    assert_names(
        &stage,
        &[
            "origins[1].public must be true or false, is a number",
            "ruoting is not a field of the configuration",
            "pop_overrides.BOMB is not a POP code of three letters or digits",
            "pop_parameter must be true or false, is a string",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_that_is_not_json_is_named() {
    let stage = Stage::with(|c| c.config("{\"origins\": [")).await;
    assert_names(
        &stage,
        &["item config of config store b2_edge is not valid JSON"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_without_a_bucket_is_named() {
    let stage = Stage::with(|config| {
        config
            .backend(
                "us_origin",
                "http://127.0.0.1:1",
                "s3.us-west-004.backblazeb2.com",
            )
            .backend("eu_origin", "http://127.0.0.1:1", "example.com")
    })
    .await;
    assert_names(
        &stage,
        &[
            "the address of backend us_origin does not say bucket, endpoint and region",
            "the address of backend eu_origin does not say bucket, endpoint and region",
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_origin_without_its_key_is_never_contacted_and_the_other_goes_on() {
    let stage = Stage::with(|config| config.without_secret("us_origin_key_id")).await;
    stage.put("a.txt", Object::text("content")).await;
    let response = stage.get("/a.txt").await;
    assert_eq!(
        (response.status, response.text().as_str()),
        (StatusCode::OK, "content")
    );
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    assert!(stage.us.seen().is_empty());
    let line = log_of(&stage, "/a.txt").await;
    let first = &line["attempts"][0];
    assert_eq!(
        (first["origin"].as_str(), first["outcome"].as_str()),
        (Some("us_origin"), Some("misconfigured"))
    );
    assert_eq!(
        first["problems"][0],
        "secret us_origin_key_id is missing in secret store b2_edge_keys"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_origin_without_an_address_is_never_contacted_and_the_other_goes_on() {
    // The address that the CLI uses if the prompt for it is left empty.
    let stage =
        Stage::with(|config| config.backend("us_origin", "http://127.0.0.1:1", "127.0.0.1")).await;
    stage.put("a.txt", Object::text("content")).await;
    let response = stage.get("/a.txt").await;
    assert_eq!(
        (response.status, response.header("x-b2-host")),
        (StatusCode::OK, Some(EU_HOST))
    );
    let line = log_of(&stage, "/a.txt").await;
    assert_eq!(
        line["attempts"][0]["problems"][0],
        "the address of backend us_origin does not say bucket, endpoint and region"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pasted_key_may_have_white_space_around_it() {
    let stage = Stage::with(|config| {
        config
            .secret("us_origin_key_id", " us_origin-key-id\n")
            .secret("us_origin_application_key", "us_origin-application-key\r\n")
    })
    .await;
    stage.put("a.txt", Object::text("content")).await;
    assert_eq!(stage.get("/a.txt").await.header("x-b2-host"), Some(US_HOST));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_configuration_takes_effect_within_seconds() {
    let stage = Stage::with(|config| config.config("{}")).await;
    stage.put("a.txt", Object::text("content")).await;
    assert_eq!(
        stage.get("/a.txt?pop=AMS").await.header("x-b2-host"),
        Some(EU_HOST)
    );
    for (config, status, host) in [
        (r#"{"pop_parameter": false}"#, StatusCode::OK, Some(US_HOST)),
        (
            r#"{"pop_parameter": 0}"#,
            StatusCode::SERVICE_UNAVAILABLE,
            None,
        ),
        (
            r#"{"origins": ["eu_origin"]}"#,
            StatusCode::OK,
            Some(EU_HOST),
        ),
    ] {
        stage.edge.set_config(config).expect("written");
        let response = eventually(&stage, |response| {
            (response.status, response.header("x-b2-host")) == (status, host)
        })
        .await;
        assert!(response, "{config} took no effect in 10 s");
    }
}

async fn eventually(stage: &Stage, holds: impl Fn(&Response) -> bool) -> bool {
    for _ in 0..100 {
        if holds(&stage.get("/a.txt?pop=AMS").await) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_and_routing_decide_the_origin() {
    let config = r#"{"pop_overrides": {"SJC": "eu_origin"}, "routing": "nearest"}"#;
    let stage = Stage::with(|c| c.config(config)).await;
    stage.put("a.txt", Object::text("content")).await;
    for (pop, host) in [
        ("SJC", EU_HOST),
        ("IAD", US_HOST),
        ("BOM", EU_HOST),
        ("HKG", US_HOST),
        ("AMS", EU_HOST),
    ] {
        let response = stage.get(&format!("/a.txt?pop={pop}")).await;
        assert_eq!(response.header("x-b2-host"), Some(host), "{pop}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_no_url_can_have_is_signed_and_sent_all_the_same() {
    let config = r#"{"origins": [{"backend": "odd", "bucket": "files", "endpoint": "127.0.0.1:9000", "region": "us-east-1"}]}"#;
    let odd = Origin::start(OriginSpec::new("odd", "files", "us-east-1")).expect("an origin");
    let stage = Stage::with(|c| {
        c.origin(&odd)
            .backend("odd", &odd.url(), "files.127.0.0.1:9000")
            .config(config)
    })
    .await;
    // The origin does not have that host name and responds with 400.
    assert_eq!(stage.get("/a.txt").await.status, StatusCode::BAD_REQUEST);
    let seen = odd.seen_for("a.txt").pop().expect("requested");
    assert_eq!(seen.header("host"), Some("files.127.0.0.1:9000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_bucket_is_read_unsigned_and_needs_no_key() {
    let mut spec = OriginSpec::new("open_data", "stage-open", "us-east-005");
    spec.public = true;
    let open = Origin::start(spec).expect("an origin");
    open.put("a.txt", Object::text("for everyone"))
        .await
        .expect("stored");
    let stage = Stage::with(|config| {
        config
            .backend("open_data", &open.url(), &open.spec().host())
            .config(r#"{"origins": [{"backend": "open_data", "public": true}]}"#)
    })
    .await;
    let response = stage.get("/a.txt").await;
    assert_eq!(
        (response.status, response.text().as_str()),
        (StatusCode::OK, "for everyone")
    );
    assert_eq!(
        response.header("x-b2-host"),
        Some("stage-open.s3.us-east-005.backblazeb2.com")
    );
    let seen = open.seen_for("a.txt").pop().expect("requested");
    assert!(seen.header("authorization").is_none() && seen.header("x-amz-date").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_third_region_is_one_more_backend_and_one_field() {
    let east = Origin::start(OriginSpec::new("east_origin", "stage-east", "us-east-005"))
        .expect("an origin");
    let config = r#"{"origins": ["us_origin", "eu_origin", "east_origin"]}"#;
    let stage = Stage::with(|c| c.origin(&east).config(config)).await;
    for key in ["a.txt", "b.txt"] {
        stage.put(key, Object::text("content")).await;
        east.put(key, Object::text("content"))
            .await
            .expect("stored");
    }
    for (pop, host) in [
        ("IAD", east.spec().host()),
        ("SJC", US_HOST.to_owned()),
        ("LHR", EU_HOST.to_owned()),
    ] {
        let response = stage.get(&format!("/a.txt?pop={pop}")).await;
        assert_eq!(response.header("x-b2-host"), Some(host.as_str()), "{pop}");
    }
    east.stop_listening().await.expect("stopped");
    let response = stage.get("/b.txt?pop=IAD").await;
    assert_eq!(
        response.header("x-b2-host"),
        Some(US_HOST),
        "the other US region is nearer than the EU"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn redirects_preflights_and_purges_are_answered_while_every_key_is_missing() {
    let config =
        r#"{"redirects": [{"from": "/old", "to": "/new"}], "cors": {"allow_origins": ["*"]}}"#;
    let stage = Stage::with(|c| c.no_secret_store().config(config).fastly_key(TOKEN)).await;
    let redirect = stage.get("/old").await;
    assert_eq!(
        (redirect.status, redirect.header("location")),
        (StatusCode::MOVED_PERMANENTLY, Some("/new"))
    );
    let preflight = Request::new(Method::OPTIONS, "/a.txt")
        .header("origin", "https://www.example.com")
        .header("access-control-request-method", "GET");
    let preflight = stage.send(preflight).await;
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (StatusCode::NO_CONTENT, Some("*"))
    );
    let method = Method::from_bytes(b"PURGE").expect("a method");
    let purge = Request::new(method, "/a.txt").header("fastly-key", TOKEN);
    assert_eq!(stage.send(purge).await.status, StatusCode::OK);
    let read = stage.get("/new").await;
    assert_eq!(read.status, StatusCode::SERVICE_UNAVAILABLE);
    // An error of the read's own gives way to the error of the configuration.
    let too_long = stage.get(&format!("/{}/", "x".repeat(1020))).await;
    assert_eq!(too_long.status, StatusCode::SERVICE_UNAVAILABLE);
}

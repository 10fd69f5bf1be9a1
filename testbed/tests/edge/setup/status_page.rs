//! The status page and its report.

use b2_edge_testbed::{CannedResponse, Fault, Object, Request, ViceroyConfig, get};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::stage::{EU_HOST, Stage, US_HOST};

const PAGE: &str = "/_b2-edge/";
const REPORT: &str = "/_b2-edge/status.json";

async fn report(stage: &Stage) -> Value {
    let response = stage.get(REPORT).await;
    assert_eq!(response.status, StatusCode::OK);
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    serde_json::from_slice(&response.body).expect("JSON")
}

/// The report in a page.
fn embedded(html: &str) -> Value {
    let (_, rest) = html.split_once("id=\"report\">").expect("a report");
    let (json, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn on_its_own_machine_the_application_shows_where_requests_go() {
    let stage = Stage::configured(r#"{"pop_overrides": {"NRT": "eu_origin"}}"#).await;
    let page = stage.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let head = stage.head(PAGE).await;
    assert_eq!((head.status, head.body.len()), (StatusCode::OK, 0));

    let report = report(&stage).await;
    let mut in_page = embedded(&page.text());
    in_page["time"] = report["time"].clone();
    assert_eq!(in_page, report, "the page shows what the report says");
    let pops = report["pops"].as_array().expect("POPs");
    let order = |code: &str| {
        let pop = pops.iter().find(|pop| pop["code"] == code);
        pop.expect(code)["order"].clone()
    };
    assert_eq!(order("AMS"), json!(["eu_origin", "us_origin"]));
    assert_eq!(order("SJC"), json!(["us_origin", "eu_origin"]));
    assert_eq!(order("NRT"), json!(["eu_origin", "us_origin"]));
    let hosts: Vec<_> = (0..2)
        .map(|at| report["origins"][at]["host"].clone())
        .collect();
    assert_eq!(hosts, [US_HOST, EU_HOST]);
    assert_eq!(report["service"]["is_local"], true);
    assert_eq!(report["problems"], json!([]));
    assert!(
        stage.us.seen().is_empty() && stage.eu.seen().is_empty(),
        "no origin is requested"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_off_its_path_is_a_key_like_any_other() {
    for (status_page, is_served) in [("on", true), ("local", true), ("off", false)] {
        let config = format!(r#"{{"status_page": "{status_page}"}}"#);
        let stage = Stage::configured(&config).await;
        stage
            .put("_b2-edge/index.html", Object::text("an object"))
            .await;
        stage
            .put("_b2-edge/status.json", Object::text("an object"))
            .await;
        for target in [PAGE, REPORT] {
            let text = stage.get(target).await.text();
            assert_eq!(text != "an object", is_served, "{status_page} {target}");
        }
        let below = stage.get("/_b2-edge/other").await;
        assert_eq!(below.status, StatusCode::NOT_FOUND, "{status_page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_of_an_origin_that_fails_and_of_the_attempts_at_an_object() {
    let stage = Stage::configured("{}").await;
    stage.put("a.txt", Object::text("a")).await;
    let fault = stage
        .us
        .inject_all(Fault::Respond(CannedResponse::status(500)));
    let response = stage.get("/a.txt").await;
    assert_eq!(response.header("x-b2-host"), Some(EU_HOST));
    let timing = response.headers.get_all("server-timing");
    let timing: Vec<_> = timing
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    let timing = timing.join(", ");
    assert!(
        timing.contains("attempt;desc=\"us_origin server_error\";dur="),
        "{timing}"
    );
    assert!(
        timing.contains("attempt;desc=\"eu_origin served_part\";dur="),
        "{timing}"
    );
    let failing = report(&stage).await["origins"][0].clone();
    assert_eq!(failing["state"], "failing");
    assert_eq!(failing["failures"], 1);
    assert!(failing["failing_since"].is_string() && failing["next_probe"].is_string());
    drop(fault);
    let healthy = report(&stage).await["origins"][1].clone();
    assert_eq!(healthy["state"], "healthy");

    let off = Stage::configured(r#"{"status_page": "off"}"#).await;
    off.put("a.txt", Object::text("a")).await;
    let quiet = off.get("/a.txt").await;
    assert_eq!(
        quiet.headers.get_all("server-timing").iter().count(),
        1,
        "strangers need not know"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_not_set_up_shows_what_is_missing_and_what_mends_it() {
    let config = r#"{"cache": {"tll_s": 60}, "cors": {"allow_origins": ["nonsense"]}}"#;
    let wrong = Stage::configured(config).await;
    let report = report(&wrong).await;
    let problems = report["problems"].as_array().expect("problems");
    let messages: Vec<_> = problems
        .iter()
        .filter_map(|problem| problem["message"].as_str())
        .collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("cache.tll_s"), "{messages:?}");
    assert!(
        problems[0]["remedy"]
            .as_str()
            .is_some_and(|text| text.contains("fastly "))
    );
    for target in ["/", "/a.txt", "/_b2-edge/other"] {
        let response = wrong.get(target).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE, "{target}");
    }
    assert_eq!(wrong.get(PAGE).await.status, StatusCode::OK);

    let bare = ViceroyConfig::new()
        .no_secret_store()
        .start()
        .await
        .expect("Viceroy starts");
    let page = get(bare.port(), PAGE).await.expect("a response");
    assert_eq!(page.status, StatusCode::OK);
    let report = embedded(&page.text());
    assert_eq!(report["origins"][0]["state"], "misconfigured");
    assert_eq!(report["origins"][0]["secrets"][0]["state"], "missing");
    assert!(
        report["problems"]
            .as_array()
            .is_some_and(|all| all.len() >= 3),
        "{report}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_is_done_at_its_path() {
    let stage = Stage::configured("{}").await;
    let post = stage.send(Request::new(Method::POST, PAGE)).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
}

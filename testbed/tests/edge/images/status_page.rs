//! What the status page tells of variants.

use b2_edge_testbed::{CannedResponse, Fault};
use serde_json::{Value, json};

use super::pictures::jpeg;
use super::{gallery_with, shown, stage, storing};
use crate::support::stage::{Stage, until_async};

async fn images(stage: &Stage) -> Value {
    let response = stage.get("/_b2-edge/status.json").await;
    let report: Value = serde_json::from_slice(&response.body).expect("JSON");
    report["images"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_has_the_presets_and_a_refusal_to_store() {
    let stage = stage(&storing("render")).await;
    stage.put("photo/a.jpg", jpeg(100, 50)).await;
    let report = images(&stage).await;
    assert_eq!(report["routes"], json!(["/prew/{preset}/{key}"]));
    assert_eq!(report["engines"], json!(["guest"]));
    assert_eq!(report["refused_stores"], json!([]));
    let fault = Fault::Respond(CannedResponse::access_denied());
    let _fault = stage.us.inject("stored/small/auto/a.jpg", fault);
    let response = stage.get("/prew/small/a.jpg").await;
    shown(&response);
    until_async("it is in the report", || async {
        let refused = &images(&stage).await["refused_stores"][0];
        refused["origin"] == "us_origin" && refused["code"] == "AccessDenied"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_and_the_log_name_what_the_render_service_lacks() {
    let config = gallery_with(&json!({"engines": ["guest", "service"]}));
    let stage = stage(&config).await;
    let report = images(&stage).await;
    let problems = &report["service"]["problems"];
    assert_eq!(problems.as_array().map(Vec::len), Some(2), "{problems}");
    let told = |line: &Value| {
        let warnings = line["warnings"].as_array().cloned().unwrap_or_default();
        warnings.contains(&json!("backend render of images.service does not exist"))
    };
    until_async("the warning is logged", || async {
        stage.edge.log_lines().iter().any(told)
    })
    .await;
}

//! The status page.

use b2_edge_testbed::demo::EU;
use b2_edge_testbed::sample;

use crate::{application, script};

/// The number of POPs in the CSV: a POP that is missing in the report is missing on the page too.
fn pops_of_the_csv() -> usize {
    let csv = include_str!("../../../data/pops.csv");
    csv.lines().skip(1).filter(|line| !line.is_empty()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_map_has_every_pop_and_trying_one_shows_the_bucket_that_answers() {
    if !script::can_run() {
        return;
    }
    let (edge, _origins) = application::start("{}").await;
    let pops = pops_of_the_csv().to_string();
    let (base, path, host) = (
        edge.url(),
        format!("/{}", sample::WHERE_AM_I),
        EU.spec().host(),
    );
    script::run(
        "status_page.mjs",
        &[
            &base, "--pops", &pops, "--path", &path, "--pop", "AMS", "--host", &host,
        ],
    )
    .await;
    assert_eq!(edge.leaked_secrets(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistake_in_the_configuration_is_shown_with_the_command_that_mends_it() {
    if !script::can_run() {
        return;
    }
    let (edge, _origins) = application::start(r#"{"cache": {"ttl_s": -1}}"#).await;
    let command = "fastly config-store-entry update --upsert";
    script::run(
        "status_page.mjs",
        &[
            &edge.url(),
            "--mistake",
            "cache.ttl_s",
            "--command",
            command,
        ],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_sound_in_every_state_that_a_report_can_tell() {
    if !script::can_run() {
        return;
    }
    script::run("status_page_states.mjs", &[]).await;
}

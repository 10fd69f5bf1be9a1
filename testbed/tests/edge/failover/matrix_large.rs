//! The part of the matrix with bodies that are too large to be buffered before they are sent on: if one breaks off,
//! the client's transfer ends incomplete, nothing is cached, and the next request gets the whole object.

use std::time::Duration;

use b2_edge_testbed::{Object, Response};

use crate::support::scenarios::{self, Scenario};
use crate::support::stage::{Stage, US_HOST, assert_whole};
use crate::support::stage_pool::{Setup, StagePool, View};

const LARGE: usize = 600_000;

/// The body breaks off after more bytes than are buffered. The pause is shorter than all timeouts: Viceroy ignores
/// `between_bytes_timeout` for bodies that are appended to others, as when they are stored, so that a longer pause
/// would not end.
fn scenarios() -> Vec<Scenario> {
    scenarios::of_the_body(350_000, Duration::from_millis(1500))
}

fn version(number: u64) -> Object {
    Object::pseudo_random(number, LARGE)
}

/// Asserts that a body that ended early is the beginning of the object, and that the client can tell.
fn assert_never_wrong(response: &Response, bytes: &[u8], context: &str) {
    if response.status.is_success() {
        let all_of_it = response.body.len() == bytes.len();
        assert!(bytes.starts_with(&response.body), "{context}: other bytes");
        assert_eq!(
            response.complete, all_of_it,
            "{context}: a short body looks whole"
        );
    } else {
        assert_eq!(response.status, 502, "{context}");
    }
}

const CELLS: [&str; 4] = ["first/cold", "both/cold", "first/expired", "both/expired"];

fn key(cell: &str, scenario: &Scenario) -> String {
    format!("matrix/large/{cell}/{}", scenario.name)
}

/// Reads the second version of the object with a fault, and again without.
async fn read_broken(stage: &Stage, view: &View<'_>, scenario: &Scenario, cell: &str) {
    let key = key(cell, scenario);
    let target = format!("/{key}{}", view.query);
    view.recovered(stage).await;
    let mut guards = vec![scenario.apply(view.first, &key).await];
    if cell.starts_with("both") {
        guards.push(scenario.apply(view.second, &key).await);
    }
    let response = stage.get(&target).await;
    assert_never_wrong(&response, &version(2).bytes, &key);
    let first = guards.swap_remove(0).expect("a fault of one key");
    assert!(
        first.times_applied() > 0,
        "{key}: the first origin was not requested"
    );
    drop((first, guards));
    assert_whole(&stage.get(&target).await, &version(2).bytes, &key);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_that_breaks_off_is_visibly_short_and_whole_the_next_time() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let views = stage.views();
    let scenarios = scenarios();
    let cells = CELLS
        .into_iter()
        .flat_map(|cell| scenarios.iter().map(move |scenario| (cell, scenario)))
        .zip(views.iter().cycle());
    for ((cell, scenario), view) in cells.clone() {
        let key = key(cell, scenario);
        if cell.ends_with("expired") {
            stage.put(&key, version(1)).await;
            let response = stage.get(&format!("/{key}{}", view.query)).await;
            assert_whole(&response, &version(1).bytes, &key);
        }
        stage.put(&key, version(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(1200)).await;
    for ((cell, scenario), view) in cells {
        read_broken(&stage, view, scenario, cell).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_at_the_second_origin_may_break_while_the_first_is_well() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for scenario in scenarios() {
        let key = key("second", &scenario);
        let _guard = scenario.apply(&stage.eu, &key).await;
        let response = stage.fill(&key, &version(1)).await;
        assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_body_that_is_in_the_cache_cannot_break() {
    let stage = StagePool::take(Setup::Defaults).await;
    for scenario in scenarios() {
        let key = key("fresh", &scenario);
        stage.fill(&key, &version(1)).await;
        let _guards = [
            scenario.apply(&stage.us, &key).await,
            scenario.apply(&stage.eu, &key).await,
        ];
        let response = stage.get(&format!("/{key}")).await;
        assert_whole(&response, &version(1).bytes, &key);
        assert_eq!(stage.requests_for(&key), 1, "{key}");
    }
}

//! Every scenario at the first origin, the second and both, with an empty cache, a fresh entry, a stale one and one
//! that is kept for errors. If there is a healthy copy, the client gets it; otherwise it gets an error, and never a
//! wrong or short body that looks complete.

use std::sync::Arc;

use b2_edge_testbed::{FaultGuard, Object, Origin, Response};
use serde_json::Value;

use crate::support::scenarios::{self, Scenario};
use crate::support::stage::{Stage, US_HOST, assert_whole, cache_of, log_of, until};
use crate::support::stage_pool::{Setup, StagePool, View};

const SMALL: usize = 10_000;

/// The first or the second version of the object of a key.
fn version(key: &str, number: u64) -> Object {
    let seed = key.bytes().fold(number, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    Object::pseudo_random(seed, SMALL).content_type("image/webp")
}

/// Which origins fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    First,
    Second,
    Both,
}

impl Where {
    const ALL: [Self; 3] = [Self::First, Self::Second, Self::Both];

    fn key(self, state: &str, scenario: &Scenario) -> String {
        format!("matrix/{self:?}/{state}/{}", scenario.name)
    }

    async fn apply(self, scenario: &Scenario, stage: &Stage, key: &str) -> Vec<FaultGuard> {
        let mut guards = Vec::new();
        if self != Self::Second {
            guards.extend(scenario.apply(&stage.us, key).await);
        }
        if self != Self::First {
            guards.extend(scenario.apply(&stage.eu, key).await);
        }
        guards
    }
}

/// Fills the cache with the first version from the US origin, then overwrites it with the second.
async fn overwritten(stage: &Stage, key: &str) {
    let response = stage.fill(key, &version(key, 1)).await;
    assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{key}");
    stage.put(key, version(key, 2)).await;
}

/// Waits until an entry that was just stored is stale: one second by the configuration.
async fn let_entries_expire() {
    tokio::time::sleep(std::time::Duration::from_millis(1200)).await;
}

fn assert_honest_error(response: &Response, scenario: &Scenario, context: &str) {
    assert_eq!(response.status, scenario.when_all, "{context}");
    let text = response.text();
    assert!(
        response.complete && !text.contains('<') && text.len() < 500,
        "{context}: {text}"
    );
}

/// Asserts that the log line has the outcome of the attempt at each origin.
fn assert_log_names(line: &Value, view: &View<'_>, scenario: &Scenario, context: &str) {
    let attempts = line["attempts"].as_array().expect("attempts");
    let outcome_at = |origin: &Origin| {
        let name = origin.spec().backend.as_str();
        let attempt = attempts.iter().find(|attempt| attempt["origin"] == name);
        let outcome = attempt.and_then(|attempt| attempt["outcome"].as_str());
        outcome.unwrap_or_else(|| panic!("{context}: no attempt at {name} in {line}"))
    };
    let outcome = outcome_at(view.first);
    assert_eq!(outcome, scenario.outcome, "{context}: {line}");
    let outcome = outcome_at(view.second);
    assert!(outcome.starts_with("served"), "{context}: {line}");
    let origin = view.second.spec().backend.as_str();
    assert_eq!(line["origin"], origin, "{context}: {line}");
}

/// One scenario after the other at the first origin, alternately of two POPs, so that the circuit breaker of one
/// origin closes while the other fails.
async fn first_origin_in(scenarios: Vec<Scenario>) {
    let stage = StagePool::take(Setup::StaleIfError).await;
    let views = stage.views();
    let cells = scenarios.iter().zip(views.iter().cycle());
    for (scenario, view) in cells.clone() {
        let (cold, expired) = (
            Where::First.key("cold", scenario),
            Where::First.key("expired", scenario),
        );
        stage.put(&cold, version(&cold, 2)).await;
        stage.put(&expired, version(&expired, 1)).await;
        let response = stage.get(&format!("/{expired}{}", view.query)).await;
        assert_whole(&response, &version(&expired, 1).bytes, &expired);
        stage.put(&expired, version(&expired, 2)).await;
    }
    let_entries_expire().await;
    for state in ["cold", "expired"] {
        for (scenario, view) in cells.clone() {
            let key = Where::First.key(state, scenario);
            // After a 404, an origin whose circuit breaker is open is not tried.
            stage.recover().await;
            let guard = scenario.apply(view.first, &key).await;
            let path = format!("/{key}{}", view.query);
            let mut response = stage.get(&path).await;
            if state == "expired" && scenario.hangs() {
                // The client is served what is cached after the attempt timeout, and the second origin is asked then.
                assert_whole(&response, &version(&key, 1).bytes, &key);
                assert_eq!(cache_of(&response), "STALE", "{key}");
                while cache_of(&response) == "STALE" {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    response = stage.get(&path).await;
                }
                assert_whole(&response, &version(&key, 2).bytes, &key);
                view.first.resume_listening().await.expect("listening");
                continue;
            }
            assert_whole(&response, &version(&key, 2).bytes, &key);
            let host = view.second.spec().host();
            assert_eq!(response.header("x-b2-host"), Some(host.as_str()), "{key}");
            assert_eq!(response.header("content-type"), Some("image/webp"), "{key}");
            assert_eq!(cache_of(&response), "MISS", "{key}");
            let is_applied = guard.is_none_or(|guard| guard.times_applied() > 0);
            assert!(is_applied, "{key}: the first origin was not requested");
            if state == "cold" {
                let line = log_of(&stage, &format!("/{key}")).await;
                assert_log_names(&line, view, scenario, &key);
            }
            view.first.resume_listening().await.expect("listening");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_origin_without_connection_is_made_up_for_by_the_second() {
    first_origin_in(scenarios::of_the_connection()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_origin_that_answers_with_an_error_is_made_up_for_by_the_second() {
    first_origin_in(scenarios::of_the_status()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_origin_with_the_wrong_content_is_made_up_for_by_the_second() {
    first_origin_in(scenarios::of_the_content()).await;
}

/// Runs `cell` for all scenarios at once. Those that affect all keys follow one by one; those with a 404 come first,
/// because after a 404 an origin whose circuit breaker is open is not tried.
async fn at_once<F, C>(stage: Stage, cell: C)
where
    F: Future<Output = ()> + Send + 'static,
    C: Fn(Arc<Stage>, Scenario) -> F,
{
    let stage = Arc::new(stage);
    let (of_one_key, of_all): (Vec<_>, Vec<_>) = scenarios::all()
        .into_iter()
        .partition(Scenario::is_of_one_key);
    let (missing, of_one_key): (Vec<_>, Vec<_>) =
        of_one_key.into_iter().partition(Scenario::says_missing);
    for scenario in missing {
        cell(Arc::clone(&stage), scenario).await;
    }
    let cells: Vec<_> = of_one_key
        .into_iter()
        .map(|scenario| tokio::spawn(cell(Arc::clone(&stage), scenario)))
        .collect();
    for running in cells {
        running.await.expect("the cell is as it should be");
    }
    for scenario in of_all {
        cell(Arc::clone(&stage), scenario).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_origin_in_trouble_concerns_nobody_while_the_first_is_well() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for scenario in scenarios::all() {
        overwritten(&stage, &Where::Second.key("expired", &scenario)).await;
        let cold = Where::Second.key("cold", &scenario);
        stage.put(&cold, version(&cold, 2)).await;
    }
    let_entries_expire().await;
    at_once(stage, async |stage, scenario| {
        for state in ["cold", "expired"] {
            let key = Where::Second.key(state, &scenario);
            let _guards = Where::Second.apply(&scenario, &stage, &key).await;
            let response = stage.get(&format!("/{key}")).await;
            assert_whole(&response, &version(&key, 2).bytes, &key);
            assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{key}");
            let requested = stage.eu.seen_for(&key);
            assert!(requested.is_empty(), "{key}: the second was requested");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_healthy_origin_a_cold_read_is_an_honest_error_that_is_not_kept() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    at_once(stage, async |stage, scenario| {
        let key = Where::Both.key("cold", &scenario);
        let object = version(&key, 1);
        stage.put(&key, object.clone()).await;
        let guards = Where::Both.apply(&scenario, &stage, &key).await;
        let path = format!("/{key}");
        assert_honest_error(&stage.get(&path).await, &scenario, &key);
        assert_both_asked(&guards, &key);
        if !scenario.is_of_one_key() {
            return;
        }
        drop(guards);
        // The error, and a 404, answer requests for a second.
        let_entries_expire().await;
        assert_whole(&stage.get(&path).await, &object.bytes, &key);
    })
    .await;
}

fn assert_both_asked(guards: &[FaultGuard], context: &str) {
    for (guard, origin) in guards.iter().zip(["first", "second"]) {
        let requested = guard.times_applied() > 0;
        assert!(
            requested,
            "{context}: the {origin} origin was not requested"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_healthy_origin_what_is_kept_for_errors_is_served() {
    let stage = StagePool::take(Setup::StaleIfError).await;
    for scenario in scenarios::all() {
        overwritten(&stage, &Where::Both.key("expired", &scenario)).await;
    }
    let_entries_expire().await;
    at_once(stage, async |stage, scenario| {
        let key = Where::Both.key("expired", &scenario);
        let guards = Where::Both.apply(&scenario, &stage, &key).await;
        let response = stage.get(&format!("/{key}")).await;
        if scenario.confirms_missing() {
            assert_honest_error(&response, &scenario, &key);
        } else {
            assert_from_cache(&response, "STALE", &key);
        }
        // One that hangs takes all the time that a client with a stale entry waits.
        until("both origins are requested", || {
            guards.iter().all(|guard| guard.times_applied() > 0)
        })
        .await;
    })
    .await;
}

/// Asserts that a response is the first version, from the first origin.
fn assert_from_cache(response: &Response, cache: &str, key: &str) {
    assert_whole(response, &version(key, 1).bytes, key);
    assert_eq!(response.header("x-b2-host"), Some(US_HOST), "{key}");
    assert_eq!(cache_of(response), cache, "{key}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_entry_is_served_at_once_whatever_has_become_of_the_origins() {
    let stage = StagePool::take(Setup::ServesStale).await;
    for scenario in scenarios::all() {
        for place in Where::ALL {
            overwritten(&stage, &place.key("stale", &scenario)).await;
        }
    }
    let_entries_expire().await;
    at_once(stage, async |stage, scenario| {
        for place in Where::ALL {
            let key = place.key("stale", &scenario);
            let before = stage.requests_for(&key);
            let _guards = place.apply(&scenario, &stage, &key).await;
            let response = stage.get(&format!("/{key}")).await;
            assert_from_cache(&response, "STALE", &key);
            if scenario.is_of_one_key() {
                until("an origin is requested after the response", || {
                    stage.requests_for(&key) > before
                })
                .await;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_entry_is_served_and_nobody_asked_whatever_has_become_of_the_origins() {
    let stage = StagePool::take(Setup::Defaults).await;
    for scenario in scenarios::all() {
        for place in Where::ALL {
            overwritten(&stage, &place.key("fresh", &scenario)).await;
        }
    }
    at_once(stage, async |stage, scenario| {
        for place in Where::ALL {
            let key = place.key("fresh", &scenario);
            let requested = stage.requests_for(&key);
            let _guards = place.apply(&scenario, &stage, &key).await;
            let response = stage.get(&format!("/{key}")).await;
            assert_from_cache(&response, "HIT", &key);
            assert_eq!(
                stage.requests_for(&key),
                requested,
                "{key}: somebody was requested"
            );
        }
    })
    .await;
}

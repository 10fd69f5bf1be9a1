//! Random operations on many keys at once, by `simulation`.

use std::sync::Arc;

use super::faulty_origins::{Faulty, HaveFailed};
use super::simulation::{CONFIG, Simulation};
use crate::support::alone::alone;
use crate::support::stage::{Stage, TOKEN};

/// Each is a seed of its own; both tests together have 200.
const KEYS: u64 = 100;

/// The same operations in every run, unless the environment has another seed.
const SEED: u64 = 20_261_121;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_every_answer_is_one_that_a_correct_cache_may_give() {
    run(Faulty::Any).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_origin_is_well_no_answer_is_older_than_its_lifetime() {
    run(Faulty::Us).await;
}

async fn run(faulty: Faulty) {
    let _turn = alone().await;
    let seed = std::env::var("B2_EDGE_MODEL_SEED").ok();
    let seed = seed.and_then(|seed| seed.parse().ok()).unwrap_or(SEED);
    let stage = Stage::with(|config| config.config(CONFIG).fastly_key(TOKEN)).await;
    let (stage, have_failed) = (Arc::new(stage), Arc::new(HaveFailed::default()));
    let simulations: Vec<_> = (0..KEYS)
        .map(|number| {
            let (stage, have_failed) = (Arc::clone(&stage), Arc::clone(&have_failed));
            tokio::spawn(Simulation::new(stage, faulty, have_failed, number, seed).run())
        })
        .collect();
    let (mut responses, mut ruled_out, mut failed) = (0, 0, 0);
    for simulation in simulations {
        match simulation.await {
            Ok(simulation) => {
                responses += simulation.responses;
                ruled_out += simulation.ruled_out;
            }
            Err(_) => failed += 1,
        }
    }
    assert_eq!(failed, 0, "of {KEYS} keys, with B2_EDGE_MODEL_SEED={seed}");
    // There must be enough operations for a stale response to be noticed.
    assert!(responses > 400, "{responses} responses");
    assert!(ruled_out > responses / 3, "{ruled_out} versions ruled out");
    assert_eq!(stage.edge.leaked_secrets(), Vec::<String>::new());
}

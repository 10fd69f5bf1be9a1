//! What a request costs: b2-edge against the smallest application that answers from an origin.
//!
//! All contenders run under one Viceroy binary before one origin, and take turns: those whose turn
//! it is not are stopped, so that nobody pays for another's idling. What counts is CPU time of the
//! Viceroy process per request, and its ratio to the pass-through's in the same round; requests per
//! second depend on what else the machine does, the load generator included.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

mod contender;
mod load;
mod plain_origin;
mod report;

use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::time::Duration;

use contender::Contender;
use load::Load;
use report::Series;

const ROUNDS: usize = 20;
const TURN: Duration = Duration::from_secs(2);
const CONNECTIONS: usize = 8;

const SOAK: Duration = Duration::from_mins(1);
const SOAK_CLIENTS: usize = 256;

fn main() -> ExitCode {
    match b2_edge_testbed::runtime().block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let passthrough = std::env::var("B2_EDGE_PASSTHROUGH_WASM").map_err(|_| {
        io::Error::other("B2_EDGE_PASSTHROUGH_WASM is not set: run `cargo xtask bench`")
    })?;
    let wasm = std::env::var("B2_EDGE_WASM")?;
    let origin = plain_origin::start().await?;
    let mut contenders = [
        Contender::start("pass-through", origin, "{}", &passthrough).await?,
        Contender::start("b2-edge", origin, "{}", &wasm).await?,
        Contender::start("b2-edge, unsigned", origin, PUBLIC, &wasm).await?,
    ];
    report::machine();
    report::wasm_sizes(&[("pass-through", &passthrough), ("b2-edge", &wasm)])?;

    let mut series: Vec<Series> = contenders.iter().map(|c| Series::new(c.name)).collect();
    for contender in &contenders {
        contender.pause()?;
    }
    for round in 0..=ROUNDS {
        for (contender, series) in contenders.iter_mut().zip(&mut series) {
            contender.resume()?;
            let turn = contender.measure(Load::closed(CONNECTIONS, TURN)).await?;
            contender.pause()?;
            // The first round warms up: connections, caches, the CPU's clock.
            if round == 0 {
                series.warm_up(&turn);
            } else {
                series.add(&turn);
            }
        }
    }
    report::comparison(&series);

    let [_, edge, _] = &mut contenders;
    edge.resume()?;
    let soak = edge.measure(Load::closed(SOAK_CLIENTS, SOAK)).await?;
    report::soak(&soak.outcome, SOAK_CLIENTS, SOAK);
    let wrong = report::verdict(&series, &soak.outcome);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; ").into())
    }
}

/// The bucket is read without a signature, all else being equal.
const PUBLIC: &str = r#"{"origins": [{"backend": "us_origin", "public": true}, {"backend": "eu_origin", "public": true}]}"#;

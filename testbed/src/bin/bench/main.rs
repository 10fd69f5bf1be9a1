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
use std::process::{Command, ExitCode};
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
    let wasm = variable("B2_EDGE_WASM")?;
    let passthrough = variable("B2_EDGE_PASSTHROUGH_WASM")?;
    let sign = variable("B2_EDGE_SIGN_WASM")?;
    let origin = plain_origin::start().await?;
    let mut contenders = [
        Contender::start("pass-through", origin, &passthrough).await?,
        Contender::start("b2-edge", origin, &wasm).await?,
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
    let signing_us = signing_us(&sign)?;
    report::signing(&series, signing_us);

    let [_, edge] = &mut contenders;
    edge.resume()?;
    let soak = edge.measure(Load::closed(SOAK_CLIENTS, SOAK)).await?;
    report::soak(&soak.outcome, SOAK_CLIENTS, SOAK);
    let wrong = report::verdict(&series, signing_us, &soak.outcome);
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("; ").into())
    }
}

fn variable(name: &str) -> io::Result<String> {
    let missing = || io::Error::other(format!("{name} is not set: run `cargo xtask bench`"));
    std::env::var(name).map_err(|_| missing())
}

/// How many microseconds signing takes as wasm, as the program in `bench/sign` prints them: the median
/// of three runs.
fn signing_us(wasm: &str) -> Result<f64, Box<dyn Error>> {
    let viceroy = variable("B2_EDGE_VICEROY")?;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let output = Command::new(&viceroy).args(["run", wasm]).output()?;
        let text = String::from_utf8(output.stdout)?;
        let figure = text
            .trim()
            .trim_start_matches("sign: ")
            .trim_end_matches(" µs");
        runs.push(figure.parse()?);
    }
    Ok(report::median(runs.into_iter()))
}

//! The figures, as the Markdown that BENCHMARKS.md keeps.

use std::io;
use std::time::Duration;

use crate::contender::Turn;
use crate::load::Outcome;

/// One contender's turns, in the order of the rounds.
pub(crate) struct Series {
    name: &'static str,
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
    errors: u64,
}

impl Series {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            cpu_us: Vec::new(),
            per_second: Vec::new(),
            errors: 0,
        }
    }

    pub(crate) fn add(&mut self, turn: &Turn) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of requests is far below 2^52"
        )]
        let requests = turn.outcome.requests.max(1) as f64;
        self.cpu_us.push(turn.cpu.as_secs_f64() * 1e6 / requests);
        self.per_second
            .push(requests / turn.outcome.elapsed.as_secs_f64());
        self.errors += turn.outcome.errors;
    }

    /// The median over the rounds of this one's CPU time to the other's in the same round.
    fn ratio_to(&self, other: &Self) -> f64 {
        median(
            self.cpu_us
                .iter()
                .zip(&other.cpu_us)
                .map(|(one, other)| one / other),
        )
    }
}

/// The table of all contenders, each against the first, and what signing is of the second.
pub(crate) fn comparison(series: &[Series]) {
    let Some(floor) = series.first() else { return };
    println!("| application | requests/s | CPU of Viceroy per request | ratio | errors |");
    println!("| --- | --- | --- | --- | --- |");
    for one in series {
        println!(
            "| {} | {:.0} | {:.0} µs | {:.2} | {} |",
            one.name,
            median(one.per_second.iter().copied()),
            median(one.cpu_us.iter().copied()),
            one.ratio_to(floor),
            one.errors
        );
    }
    println!(
        "\nMedians of {} rounds; the ratio is the median of the rounds' ratios.",
        floor.cpu_us.len()
    );
    if let [_, signed, unsigned, ..] = series {
        println!(
            "Signing is {:.1} % of a signed read.\n",
            (1.0 - unsigned.ratio_to(signed)) * 100.0
        );
    }
}

pub(crate) fn soak(outcome: &Outcome, clients: usize, duration: Duration) {
    println!(
        "{clients} clients for {} s: {} requests, {} errors.\n",
        duration.as_secs(),
        outcome.requests,
        outcome.errors
    );
}

pub(crate) fn wasm_sizes(files: &[(&str, &str)]) -> io::Result<()> {
    for (name, file) in files {
        println!("{name}.wasm: {} KB", std::fs::metadata(file)?.len() / 1000);
    }
    println!();
    Ok(())
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

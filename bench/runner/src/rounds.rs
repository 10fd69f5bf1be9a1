//! Alternating measurements: in each round all applications have the same load, and the results of one round are
//! compared with each other.

use std::io;
use std::time::Duration;

use crate::application::{Application, Measurement};
use crate::load::Load;
use crate::report::median;

/// Time for sandboxes to end whose idle time passed while the process was stopped. A request that Viceroy gives to one at
/// that moment is lost.
const SETTLED: Duration = Duration::from_millis(50);

/// The measurements of one application, in the order of the rounds.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
    /// CPU time of the load generator and the origin, in cores.
    own_share: Vec<f64>,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
}

/// What is measured once per round.
pub(crate) struct Turn<'a> {
    pub(crate) name: &'static str,
    pub(crate) application: &'a Application,
    pub(crate) load: Load,
}

/// Measures each application once per round, with the same load.
pub(crate) async fn measure_alternately(
    applications: &[&Application],
    load: Load,
    rounds: usize,
) -> io::Result<Vec<Series>> {
    let turns = applications.iter().map(|application| Turn {
        name: application.name,
        application,
        load,
    });
    measure_turns(&turns.collect::<Vec<_>>(), rounds).await
}

/// Takes each turn once per round, while the processes of the other applications are stopped, so that they use no CPU
/// time.
pub(crate) async fn measure_turns(turns: &[Turn<'_>], rounds: usize) -> io::Result<Vec<Series>> {
    let mut series: Vec<Series> = turns.iter().map(|turn| Series::new(turn.name)).collect();
    for turn in turns {
        turn.application.pause()?;
    }
    // The first round is the warm-up of connections, caches and the CPU's clock.
    for round in 0..=rounds {
        for (turn, series) in turns.iter().zip(&mut series) {
            turn.application.resume()?;
            tokio::time::sleep(SETTLED).await;
            let measurement = turn.application.measure(turn.load).await?;
            turn.application.pause()?;
            series.add(measurement, round > 0);
        }
    }
    Ok(series)
}

impl Series {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            cpu_us: Vec::new(),
            per_second: Vec::new(),
            own_share: Vec::new(),
            errors: 0,
            first_error: None,
        }
    }

    /// Adds a measurement. Errors count also in the warm-up.
    fn add(&mut self, measurement: Measurement, counts: bool) {
        let Measurement {
            outcome,
            cpu,
            own_cpu,
        } = measurement;
        self.errors += outcome.errors;
        self.first_error = self.first_error.take().or(outcome.first_error);
        if !counts {
            return;
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "a count of requests is far below 2^52"
        )]
        let requests = outcome.latencies.len().max(1) as f64;
        let elapsed = outcome.elapsed.as_secs_f64();
        self.cpu_us.push(cpu.as_secs_f64() * 1e6 / requests);
        self.per_second.push(requests / elapsed);
        self.own_share.push(own_cpu.as_secs_f64() / elapsed);
    }

    /// CPU time of Viceroy per request, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        median(self.cpu_us.iter().copied())
    }

    pub(crate) fn per_second(&self) -> f64 {
        median(self.per_second.iter().copied())
    }

    pub(crate) fn own_share(&self) -> f64 {
        median(self.own_share.iter().copied())
    }

    /// The median over the rounds of the ratio of the CPU times.
    pub(crate) fn cpu_to(&self, other: &Self) -> f64 {
        ratio(&self.cpu_us, &other.cpu_us)
    }

    /// The median over the rounds of what the CPU times of two applications in one round, in microseconds, come to.
    pub(crate) fn cpu_with(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> f64 {
        let rounds = self.cpu_us.iter().zip(&other.cpu_us);
        median(rounds.map(|(one, other)| combine(*one, *other)))
    }

    /// The median over the rounds of the ratio of the requests per second.
    pub(crate) fn rate_to(&self, other: &Self) -> f64 {
        ratio(&self.per_second, &other.per_second)
    }
}

fn ratio(ones: &[f64], others: &[f64]) -> f64 {
    median(ones.iter().zip(others).map(|(one, other)| one / other))
}

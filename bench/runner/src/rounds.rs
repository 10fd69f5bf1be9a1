//! Turns: the contenders take them under the same load, and what is compared are those of one round.

use std::io;

use crate::contender::{Contender, Turn};
use crate::load::Load;
use crate::report::median;

/// One contender's turns, in the order of the rounds.
pub(crate) struct Series {
    pub(crate) name: &'static str,
    cpu_us: Vec<f64>,
    per_second: Vec<f64>,
    /// How much of one core the load generator and the origin used.
    own_share: Vec<f64>,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
}

/// So many rounds, in each of which all contenders take one turn; those whose turn it is not are
/// stopped, so that nobody pays for another's idling.
pub(crate) async fn take_turns(
    contenders: &[&Contender],
    load: Load,
    rounds: usize,
) -> io::Result<Vec<Series>> {
    let mut series: Vec<Series> = contenders.iter().map(|one| Series::new(one.name)).collect();
    for contender in contenders {
        contender.pause()?;
    }
    // The first round warms up: connections, caches, the CPU's clock.
    for round in 0..=rounds {
        for (contender, series) in contenders.iter().zip(&mut series) {
            contender.resume()?;
            let turn = contender.measure(load).await?;
            contender.pause()?;
            series.add(turn, round > 0);
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

    /// Errors count in every turn, also in one that does not count otherwise.
    fn add(&mut self, turn: Turn, counts: bool) {
        let Turn {
            outcome,
            cpu,
            own_cpu,
        } = turn;
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

    /// The median over the rounds of this one's CPU time to the other's in the same round.
    pub(crate) fn cpu_to(&self, other: &Self) -> f64 {
        ratio(&self.cpu_us, &other.cpu_us)
    }

    /// The same for requests per second.
    pub(crate) fn rate_to(&self, other: &Self) -> f64 {
        ratio(&self.per_second, &other.per_second)
    }
}

fn ratio(ones: &[f64], others: &[f64]) -> f64 {
    median(ones.iter().zip(others).map(|(one, other)| one / other))
}

//! The figures, as the Markdown that BENCHMARKS.md keeps.

use std::io;
use std::process::Command;
use std::time::Duration;

use crate::contender::Turn;
use crate::load::Outcome;

/// The most that the application may cost, in CPU time of the pass-through.
const MAX_RATIO: f64 = 1.15;

/// The most that signing may be of a signed read, in percent.
const MAX_SIGNING_PERCENT: f64 = 5.0;

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

    /// Counts only the errors of a turn.
    pub(crate) fn warm_up(&mut self, turn: &Turn) {
        self.errors += turn.outcome.errors;
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
}

/// What signing is of a signed read, the last contender's.
pub(crate) fn signing(series: &[Series], signing_us: f64) {
    let share = signing_percent(series, signing_us);
    println!("Signing takes {signing_us:.1} µs as wasm, {share:.1} % of a signed read.\n");
}

fn signing_percent(series: &[Series], signing_us: f64) -> f64 {
    let read = series
        .last()
        .map(|signed| median(signed.cpu_us.iter().copied()));
    signing_us / read.unwrap_or(f64::NAN) * 100.0
}

/// What is wrong with the figures, a sentence each.
pub(crate) fn verdict(series: &[Series], signing_us: f64, soak: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    if let [floor, edge, ..] = series {
        let ratio = edge.ratio_to(floor);
        // Without a figure too.
        if ratio.is_nan() || ratio > MAX_RATIO {
            wrong.push(format!(
                "{} costs {ratio:.2} times what {} does, at most {MAX_RATIO} is allowed",
                edge.name, floor.name
            ));
        }
    }
    let signing = signing_percent(series, signing_us);
    if signing.is_nan() || signing > MAX_SIGNING_PERCENT {
        wrong.push(format!(
            "signing is {signing:.1} % of a signed read, at most {MAX_SIGNING_PERCENT} % is allowed"
        ));
    }
    for one in series.iter().filter(|one| one.errors > 0) {
        wrong.push(format!("{} errors of {}", one.errors, one.name));
    }
    if soak.errors > 0 {
        let first = soak.first_error.as_deref().unwrap_or("unknown");
        wrong.push(format!(
            "{} errors in the soak, the first: {first}",
            soak.errors
        ));
    }
    wrong
}

/// Where and when: without it no figure can be compared with another.
pub(crate) fn machine() {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown CPU", |(_, model)| model.trim());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{}, {model}, {cores} cores, {}.\n",
        first_line("date", &["-u", "+%Y-%m-%d"]),
        first_line("rustc", &["--version"])
    );
}

fn first_line(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    text.ok()
        .and_then(|text| Some(text.lines().next()?.to_owned()))
        .unwrap_or_else(|| format!("unknown {program}"))
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

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

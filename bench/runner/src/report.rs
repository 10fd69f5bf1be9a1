//! The figures, as the Markdown that BENCHMARKS.md keeps, and what is wrong with them.

use std::io;
use std::process::Command;

use crate::Modules;
use crate::load::Outcome;
use crate::rounds::Series;

/// What has been measured.
#[derive(Default)]
pub(crate) struct Report {
    applications: Vec<String>,
    figures: Vec<String>,
    wrong: Vec<String>,
}

impl Report {
    /// Adds contenders under one load, the first of which the others are compared with.
    pub(crate) fn applications(&mut self, load: &str, series: &[Series]) {
        let Some(floor) = series.first() else { return };
        for one in series {
            self.applications.push(format!(
                "| {load} | {} | {:.0} | {:.0} µs | {:.2} | {:.2} | {} |",
                one.name,
                one.per_second(),
                one.cpu_us(),
                one.cpu_to(floor),
                one.own_share(),
                one.errors
            ));
            self.no_errors(
                &format!("{load}, {}", one.name),
                one.errors,
                one.first_error.as_deref(),
            );
        }
    }

    /// Adds a figure that must be at most so much.
    pub(crate) fn at_most(&mut self, what: &str, unit: Unit, measured: f64, limit: f64) {
        // Nor is it met without a figure.
        self.figure(what, unit, measured, "at most", limit, measured <= limit);
    }

    /// Adds a figure that must be at least so much.
    pub(crate) fn at_least(&mut self, what: &str, unit: Unit, measured: f64, limit: f64) {
        self.figure(what, unit, measured, "at least", limit, measured >= limit);
    }

    fn figure(
        &mut self,
        what: &str,
        unit: Unit,
        measured: f64,
        bound: &str,
        limit: f64,
        is_met: bool,
    ) {
        let (measured, target) = (unit.show(measured), format!("{bound} {}", unit.show(limit)));
        if !is_met {
            self.wrong
                .push(format!("{what}: {measured}, the target is {target}"));
        }
        self.figures
            .push(format!("| {what} | {measured} | {target} |"));
    }

    /// Adds what is told for its own sake.
    pub(crate) fn note(&mut self, what: &str, measured: &str) {
        self.figures.push(format!("| {what} | {measured} | |"));
    }

    /// Adds reads of which none may fail.
    pub(crate) fn reads(&mut self, what: &str, outcome: &Outcome) {
        let requests = outcome.latencies.len();
        self.figures.push(format!(
            "| {what} | {requests} requests, {} errors | 0 errors |",
            outcome.errors
        ));
        self.no_errors(what, outcome.errors, outcome.first_error.as_deref());
    }

    pub(crate) fn no_errors(&mut self, what: &str, errors: u64, first: Option<&str>) {
        if errors > 0 {
            let first = first.unwrap_or("unknown");
            self.wrong
                .push(format!("{what}: {errors} errors, the first: {first}"));
        }
    }

    /// Adds the sizes of the modules, of which each instance loads one.
    pub(crate) fn sizes(&mut self, modules: &Modules) -> io::Result<()> {
        for module in [&modules.edge, &modules.floor, &modules.passthrough] {
            let name = module.file_name().unwrap_or_default().to_string_lossy();
            let size = std::fs::metadata(module)?.len() / 1000;
            self.note(&format!("`{name}`"), &format!("{size} KB"));
        }
        Ok(())
    }

    /// Adds a failure that leaves no figure.
    pub(crate) fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }

    /// Prints all of it; what is wrong is the error.
    pub(crate) fn finish(self) -> Result<(), String> {
        println!(
            "| load | application | requests/s | CPU of Viceroy per request | ratio | cores of load and origin | errors |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
        for line in &self.applications {
            println!("{line}");
        }
        println!("\n| figure | measured | target |\n| --- | --- | --- |");
        for line in &self.figures {
            println!("{line}");
        }
        println!();
        if self.wrong.is_empty() {
            Ok(())
        } else {
            Err(self.wrong.join("\n  "))
        }
    }
}

/// What a figure counts.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Ratio,
    Percent,
    Milliseconds,
    Mebibytes,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Percent => format!("{value:.1} %"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
        }
    }
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

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    percentile(values, 50)
}

/// The value that so many percent of them do not exceed.
pub(crate) fn percentile(values: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or(f64::NAN)
}

//! The results as Markdown, for BENCHMARKS.md, and the targets that were missed.

use std::io;
use std::process::Command;

use crate::Modules;
use crate::load::Outcome;
use crate::rounds::Series;

/// The results so far.
#[derive(Default)]
pub(crate) struct Report {
    applications: Vec<String>,
    figures: Vec<String>,
    scale: Vec<String>,
    failures: Vec<String>,
}

impl Report {
    /// Adds applications under one load, which are compared with the first of them.
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

    /// Adds a figure with a maximum.
    pub(crate) fn at_most(&mut self, what: &str, unit: Unit, measured: f64, limit: f64) {
        // Not met if there is no figure: NaN.
        self.figure(what, unit, measured, "at most", limit, measured <= limit);
    }

    /// Adds a figure with a minimum.
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
            self.failures
                .push(format!("{what}: {measured}, the target is {target}"));
        }
        self.figures
            .push(format!("| {what} | {measured} | {target} |"));
    }

    /// Adds a figure without a target.
    pub(crate) fn note(&mut self, what: &str, measured: &str) {
        self.figures.push(format!("| {what} | {measured} | |"));
    }

    /// Adds a figure of the table of scale, with what one more of what it grows with costs.
    pub(crate) fn scale(&mut self, what: &str, value: &str, slope: &str) {
        self.scale.push(format!("| {what} | {value} | {slope} |"));
    }

    /// Adds the errors of applications in the table of scale. Those of the floor, which drops a connection now and then, are
    /// shown; any of b2-edge is a failure.
    pub(crate) fn errors_of_scale(&mut self, what: &str, series: &[Series]) {
        for one in series.iter().filter(|one| one.errors > 0) {
            let what = format!("{what}, {}", one.name);
            if one.name == "b2-edge" {
                self.no_errors(&what, one.errors, one.first_error.as_deref());
            } else {
                let first = one.first_error.as_deref().unwrap_or("unknown");
                let value = format!("{} errors, the first: {first}", one.errors);
                self.scale(&what, &value, "");
            }
        }
    }

    /// Adds the result of a load without any allowed error.
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
            self.failures
                .push(format!("{what}: {errors} errors, the first: {first}"));
        }
    }

    /// Adds the sizes of the wasm files.
    pub(crate) fn sizes(&mut self, modules: &Modules) -> io::Result<()> {
        for module in [&modules.edge, &modules.floor, &modules.passthrough] {
            let name = module.file_name().unwrap_or_default().to_string_lossy();
            let size = std::fs::metadata(module)?.len() / 1000;
            self.note(&format!("`{name}`"), &format!("{size} KB"));
        }
        Ok(())
    }

    /// Adds a failure without a figure.
    pub(crate) fn fail(&mut self, what: String) {
        self.failures.push(what);
    }

    /// Prints the results. The error lists the failures.
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
        if !self.scale.is_empty() {
            println!("\n| figure | value | slope |\n| --- | --- | --- |");
        }
        for line in &self.scale {
            println!("{line}");
        }
        println!();
        if self.failures.is_empty() {
            Ok(())
        } else {
            Err(self.failures.join("\n  "))
        }
    }
}

/// The unit of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    Ratio,
    Percent,
    Milliseconds,
    Mebibytes,
    /// A difference of similarities, which are 1 at most.
    Similarity,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::Ratio => format!("{value:.2}"),
            Self::Percent => format!("{value:.1} %"),
            Self::Milliseconds => format!("{value:.1} ms"),
            Self::Mebibytes => format!("{value:.1} MiB"),
            Self::Similarity => format!("{value:.4}"),
        }
    }
}

/// Prints date, CPU and compiler, which are needed to compare figures.
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

/// The value that `percent` percent of the values do not exceed.
pub(crate) fn percentile(values: impl Iterator<Item = f64>, percent: usize) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let rank = (values.len() * percent).div_ceil(100).saturating_sub(1);
    values.get(rank).copied().unwrap_or(f64::NAN)
}

//! `cargo xtask fuzz`: every target of `fuzz/`, each for some seconds.
//!
//! libFuzzer generates inputs from those in `fuzz/seeds` and from the corpus of earlier runs, which is stored among
//! the build products. An input that fails is written to `fuzz/artifacts`. The targets are built with the pinned
//! toolchain and without sanitizers, which need a nightly one: the core has no unsafe code that they could check.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, bail, ensure};

use crate::cargo_install::Package;
use crate::viceroy;
use crate::workspace::{Workspace, without_this_package};

/// The version of cargo-fuzz, which determines how targets are built.
const CARGO_FUZZ: &str = "0.13.2";

/// How long a target runs by default, in seconds.
const SECONDS: u32 = 10;

/// Runs every target, also after one has failed, so that one run reports all failures.
///
/// # Errors
///
/// When cargo-fuzz cannot be installed or a target not be built; then names the targets that failed or ran no input.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let seconds = parse(args)?;
    let fuzz = Fuzz {
        directory: workspace.root.join("fuzz"),
        target_dir: workspace.target_dir.join("fuzz"),
        program: find_or_install()?,
    };
    let targets = fuzz.targets()?;
    ensure!(!targets.is_empty(), "fuzz/targets has no targets");
    fuzz.build()?;
    let mut failed = Vec::new();
    for target in &targets {
        println!("\n== {target} ==");
        match fuzz.run(target, seconds) {
            Ok(inputs) => println!("{inputs} inputs in {seconds} s"),
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(target.as_str());
            }
        }
    }
    println!();
    if !failed.is_empty() {
        bail!(
            "fuzz: {} of {} targets failed: {}",
            failed.len(),
            targets.len(),
            failed.join(", ")
        );
    }
    println!("fuzz: all {} targets passed", targets.len());
    Ok(())
}

fn parse(args: &[String]) -> Result<u32> {
    match args {
        [] => Ok(SECONDS),
        // For libFuzzer, 0 is without limit.
        [seconds] if seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0) => {
            Ok(seconds.parse()?)
        }
        _ => bail!(
            "`fuzz` takes a number of seconds for each target\nusage: cargo xtask fuzz [SECONDS]"
        ),
    }
}

fn find_or_install() -> Result<PathBuf> {
    let cache =
        viceroy::cache_directory().context("HOME is not set, so cargo-fuzz cannot be installed")?;
    let package = Package {
        name: "cargo-fuzz",
        version: CARGO_FUZZ.to_owned(),
        takes: "a minute",
    };
    let name = format!("cargo-fuzz{}", env::consts::EXE_SUFFIX);
    let installed = package.root_in(&cache).join("bin").join(name);
    let runs = || {
        let printed = Command::new(&installed).arg("--version").output();
        printed.is_ok_and(|output| output.status.success())
    };
    if !runs() {
        package.install(&cache, runs)?;
    }
    Ok(installed)
}

struct Fuzz {
    directory: PathBuf,
    target_dir: PathBuf,
    program: PathBuf,
}

impl Fuzz {
    /// The names of the targets.
    fn targets(&self) -> Result<Vec<String>> {
        let listed = self.command("list").output()?;
        ensure!(
            listed.status.success(),
            "cargo-fuzz cannot list the targets: {}",
            text(&listed)
        );
        let names = String::from_utf8_lossy(&listed.stdout);
        Ok(names.split_whitespace().map(str::to_owned).collect())
    }

    fn build(&self) -> Result<()> {
        crate::process::run(&mut self.built("build"))
    }

    /// Runs one target and returns the number of inputs.
    fn run(&self, target: &str, seconds: u32) -> Result<u64> {
        // libFuzzer writes to the first of several directories.
        let found = self.target_dir.join("corpus").join(target);
        fs::create_dir_all(&found).with_context(|| format!("cannot create {}", found.display()))?;
        let output = self
            .built("run")
            .arg(target)
            .arg(found)
            .arg(Path::new("seeds").join(target))
            .args(["--", "-verbosity=0", "-print_final_stats=1", "-timeout=10"])
            .arg(format!("-max_total_time={seconds}"))
            .output()?;
        let said = text(&output);
        ensure!(
            output.status.success(),
            "{said}\nit failed: {}",
            output.status
        );
        match executed(&said) {
            Some(inputs) if inputs > 0 => Ok(inputs),
            _ => bail!("{said}\nit reports no inputs"),
        }
    }

    fn command(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(subcommand).current_dir(&self.directory);
        without_this_package(&mut command);
        command
    }

    fn built(&self, subcommand: &str) -> Command {
        let mut command = self.command(subcommand);
        command
            .args(["--sanitizer", "none", "--target-dir"])
            .arg(&self.target_dir);
        command
    }
}

fn text(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&said).trim().to_owned()
}

/// The number of inputs in libFuzzer's closing statistics.
fn executed(said: &str) -> Option<u64> {
    said.lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn a_target_runs_as_long_as_it_is_told() {
        assert_eq!(parse(&[]).expect("the default"), SECONDS);
        assert_eq!(parse(&args("5")).expect("a number"), 5);
        for wrong in ["0", "-1", "1.5", "five", "5 path"] {
            let error = parse(&args(wrong)).expect_err(wrong);
            assert!(error.to_string().contains("usage:"), "{wrong}: {error}");
        }
    }

    #[test]
    fn the_inputs_are_counted_by_the_closing_statistics() {
        let said =
            "INFO: x\nstat::number_of_executed_units: 161713\nstat::average_exec_per_sec: 1\n";
        assert_eq!(executed(said), Some(161_713));
        assert_eq!(executed("Done 5 runs in 1 second(s)"), None);
    }
}

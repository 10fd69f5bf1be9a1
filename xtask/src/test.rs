//! `cargo xtask test`: all tests, and a check that each suite ran some.
//!
//! A suite that succeeds without running a test is a failure: a renamed package or a wrong filter must not disable
//! a suite silently.

use std::env;
use std::fs;
use std::num::NonZero;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Result, anyhow, bail, ensure};

use crate::background::{BackgroundBuild, with_low_priority};
use crate::browser::{self, Browser};
use crate::test_counts::TestCounts;
use crate::workspace::{NATIVE, RENDER_SERVICE_TESTS, Workspace};
use crate::{process, service, sharp, toolchain, viceroy, wasm};

/// How many tests of a program libtest runs at a time.
const TEST_THREADS: &str = "RUST_TEST_THREADS";

/// The minimum that Viceroy accepts. The core's tests use no backend and no store.
const VICEROY_CONFIG: &str = "manifest_version = 3\nname = \"unit tests\"\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Suite {
    /// The unit tests of the core, the JPEG decoder, the rendering, the testbed and xtask, natively.
    Unit,
    /// The unit tests of the core, the JPEG decoder and the rendering, compiled to wasm, with 32 bits in a `usize`.
    Wasm,
    /// The rendering with every feature, and the render service in front of real origins; compared with libjpeg-turbo and
    /// sharp where these are installed.
    Images,
    /// The release build in Viceroy, in front of real origins.
    EndToEnd,
    /// The pages of the release build, in headless Chromium.
    Browser,
}

impl Suite {
    /// In an order in which much is built while tests wait.
    const ALL: [Self; 5] = [
        Self::Unit,
        Self::Images,
        Self::EndToEnd,
        Self::Wasm,
        Self::Browser,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Wasm => "wasm",
            Self::Images => "images",
            Self::EndToEnd => "e2e",
            Self::Browser => "browser",
        }
    }

    /// Whether it needs the release build.
    const fn runs_application(self) -> bool {
        match self {
            Self::Unit | Self::Wasm | Self::Images => false,
            Self::EndToEnd | Self::Browser => true,
        }
    }

    /// The number of test programs, each of which must run a test.
    fn programs(self) -> usize {
        match self {
            // The core, the JPEG decoder, the rendering with its `render`, the testbed, the benchmark, xtask.
            Self::Unit => 7,
            // The core, the JPEG decoder, the rendering.
            Self::Wasm => 3,
            // The JPEG decoder, the rendering with its `render` and `sharp`, the service with its `service`; `djpeg`.
            Self::Images => 6 + usize::from(has_djpeg()),
            // `edge` and `origin`.
            Self::EndToEnd => 2,
            Self::Browser => 1,
        }
    }

    /// The arguments of `cargo test` that select its programs.
    fn selection(self) -> Vec<&'static str> {
        match self {
            Self::Unit => {
                let programs = "--lib --bin bench-runner --bin xtask --test render";
                selected(&NATIVE, programs)
            }
            Self::Wasm => {
                let target = ["--target", wasm::TARGET];
                let libraries = "-p b2-edge-core -p b2-edge-jpeg -p b2-edge-render --lib";
                selected(&target, libraries)
            }
            Self::Images => {
                let programs =
                    "--lib --bin b2-edge-render --test render --test sharp --test service";
                let mut all = selected(&RENDER_SERVICE_TESTS, programs);
                if has_djpeg() {
                    all.extend(["--test", "djpeg"]);
                }
                all
            }
            Self::EndToEnd => selected(&NATIVE, "--test edge --test origin"),
            Self::Browser => selected(&NATIVE, "--test browser"),
        }
    }

    /// How many of its tests run at a time; `None` is one for each core.
    fn threads(self) -> Option<usize> {
        // Those of other suites compute; these wait most of the time.
        let waits = matches!(self, Self::EndToEnd);
        waits.then(|| 2 * thread::available_parallelism().map_or(2, NonZero::get))
    }

    /// The command that builds and runs its programs.
    fn cargo_test(self, workspace: &Workspace) -> Command {
        let mut command = workspace.cargo();
        command.args(["test", "--locked"]).args(self.selection());
        if let Some(threads) = self
            .threads()
            .filter(|_| env::var_os(TEST_THREADS).is_none())
        {
            command.env(TEST_THREADS, threads.to_string());
        }
        command
    }

    /// Starts to build its programs.
    fn start_build(self, workspace: &Workspace) -> Result<BackgroundBuild> {
        let mut command = workspace.cargo();
        command
            .args(["test", "--locked", "--no-run"])
            .args(self.selection());
        BackgroundBuild::start(with_low_priority(&command))
    }

    /// The command that runs it. Adds to `skipped` what cannot run on this machine.
    fn command(self, workspace: &Workspace, skipped: &mut Vec<String>) -> Result<Command> {
        match self {
            Self::Unit => Ok(self.cargo_test(workspace)),
            Self::Wasm => as_wasm(workspace),
            Self::Images => images(workspace, skipped),
            Self::EndToEnd => {
                if !is_installed("fastly", "version") {
                    skipped.push("the test of the Fastly CLI (`fastly` is not on PATH)".to_owned());
                }
                for client in ["curl", "wget"] {
                    if !is_installed(client, "--version") {
                        skipped.push(format!("the downloads with {client}, which is not on PATH"));
                    }
                }
                with_application(self, workspace)
            }
            Self::Browser => in_browser(workspace, skipped),
        }
    }
}

/// These arguments, and the words of `more`.
fn selected(arguments: &[&'static str], more: &'static str) -> Vec<&'static str> {
    let arguments = arguments.iter().copied();
    arguments.chain(more.split_whitespace()).collect()
}

/// Runs the suites in `args`, or all, one after the other until one fails.
///
/// # Errors
///
/// When a test fails, a test program of a suite runs no test (with arguments for the tests, which may be filters:
/// when no test runs at all), or what a suite needs cannot be built or installed.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let (suites, test_args) = parse(args)?;
    let mut closing = Vec::new();
    let mut total = TestCounts::default();
    let mut outcome = Ok(());
    let mut skipped = Vec::new();
    let mut background = if builds_in_background(&suites) {
        Some(wasm::start_application_build(workspace)?)
    } else {
        None
    };
    let following = suites.iter().skip(1).copied().map(Some).chain([None]);
    for (suite, next) in suites.iter().copied().zip(following) {
        if suite.runs_application()
            && let Some(build) = background.take()
        {
            build.finish();
        }
        let mut counts = TestCounts::default();
        outcome = run_suite(suite, next, workspace, test_args, &mut counts, &mut skipped);
        if outcome.is_err() {
            // A program that was aborted, or that could not be built, prints no counts.
            counts.failed = counts.failed.max(1);
        }
        closing.push(summary(suite, counts));
        total += counts;
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() && total.passed == 0 {
        outcome = Err(anyhow!("no test ran"));
        total.failed = 1;
    }
    println!();
    for line in closing {
        println!("{line}");
    }
    for what in skipped {
        println!("skipped: {what}");
    }
    println!("{} passed, {} failed", total.passed, total.failed);
    outcome
}

/// Whether to build the application while another suite runs that does not need it.
fn builds_in_background(suites: &[Suite]) -> bool {
    match suites {
        [first, rest @ ..] => {
            !first.runs_application() && rest.iter().any(|s| s.runs_application())
        }
        [] => false,
    }
}

/// Runs a suite. While its tests run, the programs of the next one are built.
fn run_suite(
    suite: Suite,
    mut next: Option<Suite>,
    workspace: &Workspace,
    test_args: &[String],
    counts: &mut TestCounts,
    skipped: &mut Vec<String>,
) -> Result<()> {
    println!("\n== {} ==", suite.name());
    let mut command = suite.command(workspace, skipped)?;
    if !test_args.is_empty() {
        command.arg("--").args(test_args);
    }
    let mut programs = Vec::new();
    let mut build = None;
    let status = process::run_watched(&mut command, |line| {
        // What this suite needs is built then, and cargo lets others build.
        if line.starts_with("running ")
            && let Some(next) = next.take()
        {
            build = next.start_build(workspace).ok();
        }
        if let Some(of_program) = TestCounts::from_line(line) {
            *counts += of_program;
            programs.push(of_program);
        }
    })?;
    ensure!(
        status.success(),
        "`{}` failed: {status}",
        process::describe(&command)
    );
    if test_args.is_empty() {
        ensure_all_ran(suite, &programs)?;
    }
    if let Some(build) = build {
        build.finish();
    }
    Ok(())
}

fn ensure_all_ran(suite: Suite, programs: &[TestCounts]) -> Result<()> {
    let (name, wanted) = (suite.name(), suite.programs());
    ensure!(
        programs.len() == wanted,
        "suite `{name}` ran {} test programs, expected {wanted}",
        programs.len()
    );
    if let Some(empty) = programs.iter().position(|program| program.passed == 0) {
        bail!(
            "test program {} of {wanted} in suite `{name}` ran no test",
            empty + 1
        );
    }
    Ok(())
}

/// Whether a program is installed, which prints its version with this argument.
fn is_installed(program: &str, version: &str) -> bool {
    Command::new(program)
        .arg(version)
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

fn summary(suite: Suite, counts: TestCounts) -> String {
    let TestCounts { passed, failed } = counts;
    match failed {
        0 => format!("{}: {passed} passed", suite.name()),
        _ => format!("{}: {passed} passed, {failed} failed", suite.name()),
    }
}

fn parse(args: &[String]) -> Result<(Vec<Suite>, &[String])> {
    let end = args
        .iter()
        .position(|arg| arg == "--")
        .unwrap_or(args.len());
    let (names, rest) = args.split_at(end);
    let mut suites = Vec::new();
    for name in names {
        match Suite::ALL.into_iter().find(|suite| suite.name() == name) {
            Some(suite) => suites.push(suite),
            None => bail!(
                "unknown suite `{name}`: the suites are unit, wasm, images, e2e and browser; arguments for the tests follow `--`\n\
                 usage: cargo xtask test [unit|wasm|images|e2e|browser] [-- ARGS]"
            ),
        }
    }
    if suites.is_empty() {
        suites.extend(Suite::ALL);
    }
    Ok((suites, rest.get(1..).unwrap_or_default()))
}

/// Without sharp or libjpeg-turbo, nothing is compared with it, or the suite fails if `B2_EDGE_REQUIRE_SHARP` or
/// `B2_EDGE_REQUIRE_DJPEG` is set.
fn images(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<Command> {
    let mut command = Suite::Images.cargo_test(workspace);
    if !has_djpeg() {
        let why = "the comparison with libjpeg-turbo (`cjpeg` and `djpeg` are not on PATH)";
        ensure!(
            env::var_os("B2_EDGE_REQUIRE_DJPEG").is_none(),
            "cannot run {why}"
        );
        skipped.push(why.to_owned());
    }
    match sharp::find_or_install()? {
        Ok(modules) => command.env("B2_EDGE_SHARP_MODULES", modules),
        Err(why) => {
            skipped.push(format!("the comparison of variants with sharp ({why})"));
            command.env_remove("B2_EDGE_SHARP_MODULES")
        }
    };
    Ok(command)
}

/// Whether the programs of libjpeg-turbo are there, which print their version with one dash.
fn has_djpeg() -> bool {
    ["cjpeg", "djpeg"]
        .iter()
        .all(|program| is_installed(program, "-version"))
}

fn as_wasm(workspace: &Workspace) -> Result<Command> {
    toolchain::ensure_wasm_target(workspace)?;
    let viceroy = viceroy::find_or_install()?;
    let directory = workspace.target_dir.join("xtask");
    fs::create_dir_all(&directory)?;
    let config = directory.join("viceroy-run.toml");
    fs::write(&config, VICEROY_CONFIG)?;
    // As a list, because paths may contain spaces. The environment variable cannot be a list.
    let runner = serde_json::to_string(&[
        viceroy.to_string_lossy().as_ref(),
        "run",
        "-C",
        config.to_string_lossy().as_ref(),
        "--",
    ])?;
    let mut command = Suite::Wasm.cargo_test(workspace);
    command
        .arg("--config")
        .arg(format!("target.{}.runner={runner}", wasm::TARGET));
    Ok(command)
}

/// Without a browser its tests check nothing, or fail if `B2_EDGE_REQUIRE_BROWSER` is set.
fn in_browser(workspace: &Workspace, skipped: &mut Vec<String>) -> Result<Command> {
    let mut command = with_application(Suite::Browser, workspace)?;
    match browser::find_or_install()? {
        Browser::Ready(modules) => command.env("B2_EDGE_BROWSER_MODULES", modules),
        Browser::Missing(why) => {
            skipped.push(format!("the browser tests ({why})"));
            command.env_remove("B2_EDGE_BROWSER_MODULES")
        }
    };
    Ok(command)
}

fn with_application(suite: Suite, workspace: &Workspace) -> Result<Command> {
    let service = service::build(workspace)?;
    let module = wasm::build_application(workspace)?;
    wasm::check_size(&module)?;
    let mut command = suite.cargo_test(workspace);
    command
        .env("B2_EDGE_RENDER_SERVICE", service)
        .env("B2_EDGE_VICEROY", viceroy::find_or_install()?)
        .env("B2_EDGE_WASM", module);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn all_suites_run_unless_some_are_named() {
        assert_eq!(parse(&[]).expect("no arguments").0, Suite::ALL);
        assert_eq!(
            parse(&args("-- --nocapture"))
                .expect("only test arguments")
                .0,
            Suite::ALL
        );
        assert_eq!(
            parse(&args("e2e unit")).expect("two suites").0,
            [Suite::EndToEnd, Suite::Unit]
        );
    }

    #[test]
    fn the_application_is_built_beside_suites_that_do_without_it() {
        for (names, background) in [
            ("", true),
            ("unit browser", true),
            ("wasm e2e", true),
            ("unit wasm", false),
            ("e2e browser", false),
            ("e2e", false),
        ] {
            let args = args(names);
            let (suites, _) = parse(&args).expect(names);
            assert_eq!(builds_in_background(&suites), background, "{names}");
        }
    }

    #[test]
    fn every_suite_that_runs_the_application_comes_after_one_that_does_without_it() {
        assert!(builds_in_background(&Suite::ALL));
    }

    #[test]
    fn every_suite_selects_programs() {
        for suite in Suite::ALL {
            let selection = suite.selection();
            let are_named = selection.contains(&"--lib") || selection.contains(&"--test");
            assert!(are_named, "{}: {selection:?}", suite.name());
        }
    }

    #[test]
    fn what_follows_the_dashes_is_for_the_tests() {
        let args = args("wasm -- --exact sign -- x");
        let (suites, rest) = parse(&args).expect("a suite and test arguments");
        assert_eq!(suites, [Suite::Wasm]);
        assert_eq!(rest, ["--exact", "sign", "--", "x"]);
    }

    #[test]
    fn a_word_that_names_no_suite_is_refused() {
        let error = parse(&args("units")).expect_err("no such suite");
        assert!(error.to_string().contains("`units`"), "{error}");
    }

    #[test]
    fn every_test_program_of_a_suite_must_run_a_test() {
        let ran = |passed| TestCounts { passed, failed: 0 };
        ensure_all_ran(Suite::EndToEnd, &[ran(80), ran(30)]).expect("both ran tests");
        for programs in [&[ran(80), ran(0)][..], &[ran(80)], &[]] {
            let error = ensure_all_ran(Suite::EndToEnd, programs).expect_err("one ran none");
            assert!(error.to_string().contains("`e2e`"), "{error}");
        }
    }

    #[test]
    fn a_suite_sums_up_in_one_line() {
        let counts = |passed, failed| TestCounts { passed, failed };
        assert_eq!(summary(Suite::Unit, counts(123, 0)), "unit: 123 passed");
        assert_eq!(
            summary(Suite::EndToEnd, counts(4, 2)),
            "e2e: 4 passed, 2 failed"
        );
    }
}

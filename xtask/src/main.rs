//! What a person and CI run on this repository: `cargo xtask <command>`.
//!
//! Each command is one file. They start other programs (cargo, Viceroy, the testbed) and judge how
//! those ended. What is computed here are the POP table, the rules of the layout and the sums of tests.

mod bench;
mod browser;
mod cargo_install;
mod deploy_rehearsal;
mod fuzz;
mod imports;
mod layout;
mod lint;
mod pops;
mod process;
mod serve;
mod tally;
mod test;
mod toolchain;
mod viceroy;
mod wasm;
mod workspace;

use std::env;
use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const USAGE: &str = "\
Usage: cargo xtask <command>

  serve [--port N] [--origins-only] [--json]
                  build the application and run it on this machine between two private S3 origins
  test [unit|wasm|e2e|browser] [-- ARGS]
                  run every test, or one suite; ARGS go to the test binaries
  fuzz [SECONDS]  run every fuzz target, each for 10 seconds or as many as are given
  lint            formatting, layout, clippy, documentation, generated code, licences
  deploy-rehearsal
                  deploy with the real Fastly CLI against a local stand-in for Fastly's API
  bench [PARTS]   measure the application against a pass-through, and the signer
  rooms           say whether imports form circles between the rooms of the core or of src/edge
  pops [--check]  write src/pops/table.rs and places.rs from data/pops.csv, or say where they differ

Viceroy, Fastly's local runtime, is looked for on PATH, then where the Fastly CLI keeps its copy, then
in the user's cache directory, and is installed there when none is recent enough. B2_EDGE_VICEROY
names one to use instead.";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let Some((command, args)) = args.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if asks_for_help(args) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let run = match command.as_str() {
        "serve" => serve::run,
        "test" => test::run,
        "fuzz" => fuzz::run,
        "lint" => lint::run,
        "deploy-rehearsal" => deploy_rehearsal::run,
        "bench" => bench::run,
        "pops" => pops::run,
        "rooms" => imports::run,
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        unknown => {
            eprintln!("there is no command `{unknown}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    finish(Workspace::load().and_then(|workspace| run(&workspace, args)))
}

/// What follows `--` is for the tests' own programs, which have a help of their own.
fn asks_for_help(args: &[String]) -> bool {
    args.iter()
        .take_while(|arg| *arg != "--")
        .any(|arg| arg == "-h" || arg == "--help")
}

fn finish(outcome: Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

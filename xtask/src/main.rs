//! The commands of this repository, for people and for CI: `cargo xtask <command>`.
//!
//! Each command is one module. Most start other programs (cargo, Viceroy, the testbed) and check how these end.
//! The POP table, the checks of layout and imports, and the totals of tests are computed here.

mod background;
mod bench;
mod browser;
mod callgrind;
mod cargo_install;
mod clients;
mod deploy_rehearsal;
mod fuzz;
mod growth;
mod imports;
mod instructions;
mod layout;
mod lint;
mod npm;
mod pops;
mod process;
mod serve;
mod service;
mod sharp;
mod test;
mod test_counts;
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

  serve [--port N] [--origins-only] [--json] [--webhook]
                  build the application and run it on this machine with two private S3 origins; --webhook also runs
                  a receiver of the webhook, and prints what arrives
  test [unit|wasm|images|e2e|browser] [-- ARGS]
                  run all tests, or one suite; ARGS go to the test programs
  clients [NAMES] [--seaweedfs]
                  run the S3 clients that are installed against the application, and print a table; with --seaweedfs,
                  in front of SeaweedFS
  fuzz [SECONDS]  run every fuzz target for 10 seconds, or for the given number
  lint            formatting, layout, imports, clippy, documentation, generated code, licences
  deploy-rehearsal
                  deploy with the real Fastly CLI against a local stand-in for Fastly's API
  bench [PARTS]   measure the application, compared with a pass-through, the signer, and variants of images
  rooms           say whether imports form circles between the rooms of the core or of src/edge
  pops [--check]  generate the POP tables of the core from data/pops.csv, or say where they differ

Viceroy, Fastly's local runtime, is taken from PATH, from the Fastly CLI's own copy or from the user's cache
directory, and installed there if none is recent enough. B2_EDGE_VICEROY is the path of one to use instead.";

fn main() -> ExitCode {
    let args: Vec<String> = env::args_os()
        .skip(1)
        .map(|arg| arg.to_string_lossy().into_owned())
        .collect();
    let Some((command, args)) = args.split_first() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if wants_help(args) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let run = match command.as_str() {
        "serve" => serve::run,
        "test" => test::run,
        "clients" => clients::run,
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
            eprintln!("unknown command `{unknown}`\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    finish(Workspace::load().and_then(|workspace| run(&workspace, args)))
}

/// Arguments after `--` are for the test programs, which have their own help.
fn wants_help(args: &[String]) -> bool {
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

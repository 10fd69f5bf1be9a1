//! `cargo xtask bench`: the cost of a request, the effect of outages and of large objects, the cost of signing.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{instructions, process, viceroy, wasm};

/// The package in `bench/runner`, and its program.
const RUNNER: &str = "bench-runner";

/// The part that needs no Viceroy.
const INSTRUCTIONS: &str = "instructions";

/// The parts of the benchmark.
const PARTS: [&str; 8] = [
    INSTRUCTIONS,
    "hits",
    "misses",
    "outages",
    "crowds",
    "large",
    "uploads",
    "memory",
];

/// Counts the instructions of a hit, then measures the application against the floor and the pass-through in Viceroy, then the signer natively; with
/// arguments, only these parts.
///
/// # Errors
///
/// When a build or a measurement fails, Viceroy cannot be installed, or, after all measurements, when the
/// application has missed a target.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| !PARTS.contains(&arg.as_str())) {
        bail!(
            "`bench` has no part `{unknown}`\nusage: cargo xtask bench [{}]",
            PARTS.join("|")
        );
    }
    let counted = if args.is_empty() || args.iter().any(|arg| arg == INSTRUCTIONS) {
        instructions::run(workspace)
    } else {
        Ok(())
    };
    if args.iter().all(|arg| arg == INSTRUCTIONS) && !args.is_empty() {
        return counted;
    }
    let viceroy = viceroy::find_or_install()?;
    let application = wasm::build_application(workspace)?;
    let passthrough = wasm::build_passthrough(workspace)?;
    let floor = wasm::build_floor(workspace)?;
    let sign = wasm::build_sign_bench(workspace)?;
    process::run(workspace.cargo().args([
        "build",
        "--profile",
        "tools",
        "--locked",
        "--package",
        RUNNER,
    ]))?;
    let compared = process::run(
        Command::new(workspace.program("tools", RUNNER))
            .args(args)
            .env("B2_EDGE_VICEROY", viceroy)
            .env("B2_EDGE_WASM", application)
            .env("B2_EDGE_FLOOR_WASM", floor)
            .env("B2_EDGE_PASSTHROUGH_WASM", passthrough)
            .env("B2_EDGE_SIGN_WASM", sign),
    );
    if args.is_empty() {
        process::run(
            workspace
                .cargo()
                .args(["bench", "--locked", "--package", "sign-bench"]),
        )?;
    }
    counted.and(compared)
}

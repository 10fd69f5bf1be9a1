//! `cargo xtask bench`: what a request costs, what an outage and a large object do to it, and what signing
//! costs.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;
use crate::{process, viceroy, wasm};

/// Measures the application against the floor and the pass-through under one Viceroy, then the signer
/// natively.
///
/// # Errors
///
/// When a build or a measurement fails, Viceroy cannot be had, or the application misses a target; that
/// is told after everything has been measured.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    ensure!(
        args.is_empty(),
        "`bench` takes no argument\nusage: cargo xtask bench"
    );
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
        "b2-edge-testbed",
        "--bin",
        "bench",
    ]))?;
    let compared = process::run(
        Command::new(workspace.program("tools", "bench"))
            .env("B2_EDGE_VICEROY", viceroy)
            .env("B2_EDGE_WASM", application)
            .env("B2_EDGE_FLOOR_WASM", floor)
            .env("B2_EDGE_PASSTHROUGH_WASM", passthrough)
            .env("B2_EDGE_SIGN_WASM", sign),
    );
    process::run(
        workspace
            .cargo()
            .args(["bench", "--locked", "--package", "sign-bench"]),
    )?;
    compared
}

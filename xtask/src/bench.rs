//! `cargo xtask bench`: what a request costs, and what signing costs of it.

use std::process::Command;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;
use crate::{process, viceroy, wasm};

/// Measures the application against the pass-through under one Viceroy, then the signer natively.
/// `args` go to the testbed's `bench`.
///
/// # Errors
///
/// When a build or a measurement fails or Viceroy cannot be had.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    ensure!(
        workspace.has_member(wasm::PASSTHROUGH),
        "the workspace has no member `{}` to measure against",
        wasm::PASSTHROUGH
    );
    let viceroy = viceroy::find_or_install()?;
    let application = wasm::build_application(workspace)?;
    let passthrough = wasm::build_passthrough(workspace)?;
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
    process::run(
        Command::new(workspace.program("tools", "bench"))
            .args(args)
            .env("B2_EDGE_VICEROY", viceroy)
            .env("B2_EDGE_WASM", application)
            .env("B2_EDGE_PASSTHROUGH_WASM", passthrough),
    )?;
    process::run(
        workspace
            .cargo()
            .args(["bench", "--locked", "--package", "sign-bench"]),
    )
}

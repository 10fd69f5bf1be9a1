//! `cargo xtask deploy-rehearsal`: a deployment by the real Fastly CLI to a stand-in for Fastly's API, and the
//! application with exactly the resources that it created.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::{NATIVE, Workspace};
use crate::{process, viceroy, wasm};

/// The package in `rehearsal/`, and its program.
const PROGRAM: &str = "deploy-rehearsal";

/// Builds what is needed and runs the rehearsal, without an account and without network access.
///
/// # Errors
///
/// When the CLI is not installed, a build fails, Viceroy cannot be installed, or a check of the rehearsal fails.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    ensure!(
        args.is_empty(),
        "`deploy-rehearsal` takes no argument\nusage: cargo xtask deploy-rehearsal"
    );
    process::run(Command::new("fastly").arg("version").stdin(Stdio::null())).context(
        "the rehearsal needs the Fastly CLI on PATH: `npm install --global @fastly/cli`",
    )?;
    let application = wasm::build_application(workspace)?;
    let viceroy = viceroy::find_or_install()?;
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked"])
            .args(NATIVE)
            .args(["--bin", PROGRAM]),
    )?;
    process::run(
        Command::new(workspace.program("debug", PROGRAM))
            .env("B2_EDGE_WASM", application)
            .env("B2_EDGE_VICEROY", viceroy),
    )
}

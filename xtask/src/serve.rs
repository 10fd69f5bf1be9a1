//! `cargo xtask serve`: the application on this machine, between two private origins.

use anyhow::Result;

use crate::workspace::{NATIVE, Workspace};
use crate::{process, viceroy, wasm};

/// Builds what is needed and becomes the testbed's `serve`, which understands `args`.
///
/// With `--origins-only` among them, neither the application is built nor Viceroy looked for.
///
/// # Errors
///
/// When a build fails or Viceroy cannot be had.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked"])
            .args(NATIVE)
            .args(["--bin", "serve"]),
    )?;
    // Not through `cargo run`: the program itself is to receive the Ctrl-C, and nothing else.
    let mut serve = std::process::Command::new(workspace.program("debug", "serve"));
    serve.args(args);
    if !args
        .iter()
        .any(|arg| arg == "--origins-only" || arg == "--help")
    {
        serve
            .env("B2_EDGE_WASM", wasm::build_application(workspace)?)
            .env("B2_EDGE_VICEROY", viceroy::find_or_install()?);
    }
    process::become_program(&mut serve)
}

//! Adds missing components and targets of the Rust toolchain.
//!
//! rustup reads `rust-toolchain.toml` when it installs a toolchain automatically. It adds nothing to one that is
//! installed already, and automatic installation may be turned off.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::process;
use crate::wasm::TARGET;
use crate::workspace::Workspace;

/// Makes sure that the active toolchain can compile for [`TARGET`].
///
/// # Errors
///
/// When the target is missing and rustup cannot add it.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_wasm_target(workspace)? {
        return Ok(());
    }
    rustup(workspace, "target", TARGET)
}

/// Makes sure that a cargo subcommand of a toolchain component is installed: `fmt` of `rustfmt`, `clippy` of
/// `clippy`.
///
/// # Errors
///
/// When the component is missing and rustup cannot add it.
pub(crate) fn ensure_component(
    workspace: &Workspace,
    subcommand: &str,
    component: &str,
) -> Result<()> {
    if answers(workspace.cargo().args([subcommand, "--version"])) {
        return Ok(());
    }
    rustup(workspace, "component", component)
}

/// Whether a cargo subcommand that is not part of the toolchain is installed.
pub(crate) fn has_subcommand(workspace: &Workspace, subcommand: &str) -> bool {
    answers(workspace.cargo().args([subcommand, "--version"]))
}

fn has_wasm_target(workspace: &Workspace) -> Result<bool> {
    let output = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(&workspace.root)
        .output()
        .context("cannot run rustc")?;
    let directory = String::from_utf8_lossy(&output.stdout);
    Ok(output.status.success() && Path::new(directory.trim()).is_dir())
}

fn answers(command: &mut Command) -> bool {
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn rustup(workspace: &Workspace, kind: &str, name: &str) -> Result<()> {
    ensure!(
        answers(Command::new("rustup").arg("--version")),
        "the Rust toolchain has no {kind} {name}, and rustup is not installed to add it; install rustup, or add \
         {name} in the way that this toolchain was installed"
    );
    process::run(
        Command::new("rustup")
            .args([kind, "add", name])
            .current_dir(&workspace.root),
    )
    .with_context(|| format!("the Rust toolchain has no {kind} {name}, and it could not be added"))
}

//! The parts of the Rust toolchain that a command needs, added when they are missing.
//!
//! rustup reads `rust-toolchain.toml` when it installs a toolchain by itself. It adds nothing to one
//! that is there already, and may be told to install nothing by itself.

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
/// When it cannot and rustup cannot add the target.
pub(crate) fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_wasm_target(workspace)? {
        return Ok(());
    }
    rustup(workspace, "target", TARGET)
}

/// Makes sure that a cargo subcommand which is a component of the toolchain is there:
/// `fmt` of `rustfmt`, `clippy` of `clippy`.
///
/// # Errors
///
/// When it is not there and rustup cannot add the component.
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

/// Whether a cargo subcommand that is no part of the toolchain is installed.
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
        "the Rust toolchain lacks the {kind} {name}, and rustup, which could add it, is not installed; \
         install rustup (see the README) or add {name} the way this toolchain was installed"
    );
    process::run(
        Command::new("rustup")
            .args([kind, "add", name])
            .current_dir(&workspace.root),
    )
    .with_context(|| {
        format!("the Rust toolchain lacks the {kind} {name}, and it could not be added")
    })
}

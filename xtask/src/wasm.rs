//! The release builds for Fastly's platform.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{process, toolchain};

/// The target that Fastly Compute runs.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// The package in `bench/` that only passes requests on: the floor that `bench` measures against.
pub(crate) const PASSTHROUGH: &str = "passthrough";

/// Builds the application as it is deployed and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_application(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, "b2-edge")
}

/// Begins to build the application in the background, without a word, so that a later
/// [`build_application`] finds it built: linking it keeps one core busy for long and leaves the rest idle.
/// An error is that later call's to report.
///
/// # Errors
///
/// When the target cannot be had or cargo cannot be run.
pub(crate) fn build_application_ahead(workspace: &Workspace) -> Result<Ahead> {
    toolchain::ensure_wasm_target(workspace)?;
    let mut build = release_build(workspace, "b2-edge");
    build
        .arg("--quiet")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    Ok(Ahead(build.spawn()?))
}

/// A build in the background, ended when it is dropped.
pub(crate) struct Ahead(Child);

impl Ahead {
    /// Waits for its end, whatever that is.
    pub(crate) fn finish(mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Builds the pass-through application and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_passthrough(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, PASSTHROUGH)
}

fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    toolchain::ensure_wasm_target(workspace)?;
    process::run(&mut release_build(workspace, name))?;
    Ok(workspace
        .target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{name}.wasm")))
}

// Package and program share a name in both.
fn release_build(workspace: &Workspace, name: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--package", name, "--bin", name]);
    cargo
}

//! The release builds for Fastly's platform.

use std::path::PathBuf;

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

/// Builds the pass-through application and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_passthrough(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, PASSTHROUGH)
}

// Package and program share a name in both.
fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    toolchain::ensure_wasm_target(workspace)?;
    process::run(
        workspace
            .cargo()
            .args(["build", "--release", "--locked", "--target", TARGET])
            .args(["--package", name, "--bin", name]),
    )?;
    Ok(workspace
        .target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{name}.wasm")))
}

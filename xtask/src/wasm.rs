//! The release builds for Fastly's platform.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::workspace::Workspace;
use crate::{process, toolchain};

/// The target that Fastly Compute runs.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// The package in `bench/` that only passes requests on, which `bench` measures misses against.
pub(crate) const PASSTHROUGH: &str = "passthrough";

/// The package in `bench/` that keeps answers in the cache and does nothing else: the floor of a hit.
pub(crate) const FLOOR: &str = "floor";

/// The most that the application's module may have: what each instance of it loads.
const MAX_BYTES: u64 = 1_450_000;

/// Builds the application as it is deployed and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_application(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, "b2-edge")
}

/// Fails when a module has grown past [`MAX_BYTES`].
///
/// # Errors
///
/// Names the size.
pub(crate) fn check_size(module: &Path) -> Result<()> {
    let size = fs::metadata(module)
        .with_context(|| format!("cannot read {}", module.display()))?
        .len();
    let name = module.file_name().unwrap_or_default().to_string_lossy();
    ensure!(
        size <= MAX_BYTES,
        "{name} has {size} bytes, at most {MAX_BYTES} are allowed"
    );
    Ok(())
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

/// Builds the program that times signing and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_sign_bench(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, "sign-bench")
}

/// Builds the pass-through application and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_passthrough(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, PASSTHROUGH)
}

/// Builds the smallest application with a cache and gives the path of its module.
///
/// # Errors
///
/// When the target cannot be had or the build fails.
pub(crate) fn build_floor(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, FLOOR)
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

// Package and program share a name in all of them.
fn release_build(workspace: &Workspace, name: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--package", name, "--bin", name]);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_may_be_as_large_as_its_limit() {
        let module = std::env::temp_dir().join(format!("xtask-{}.wasm", std::process::id()));
        let file = fs::File::create(&module).expect("a file");
        file.set_len(MAX_BYTES).expect("its length");
        check_size(&module).expect("as large as allowed");
        file.set_len(MAX_BYTES + 1).expect("its length");
        let error = check_size(&module).expect_err("too large");
        let bytes = format!("{} bytes", MAX_BYTES + 1);
        assert!(error.to_string().contains(&bytes), "{error}");
        fs::remove_file(module).expect("removed");
    }
}

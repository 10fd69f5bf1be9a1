//! The release builds for Fastly's platform.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::background::BackgroundBuild;
use crate::workspace::Workspace;
use crate::{process, toolchain};

/// The target that Fastly Compute runs.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// The package in `bench/` that only forwards requests, with which `bench` compares misses.
pub(crate) const PASSTHROUGH: &str = "passthrough";

/// The package in `bench/` that only responds from the cache, with which `bench` compares hits.
pub(crate) const FLOOR: &str = "floor";

/// The same with a sandbox for each request, a second program of [`FLOOR`].
const FLOOR_ONCE: &str = "floor-once";

/// The package in `bench/` that renders variants, also natively.
pub(crate) const IMAGES: &str = "images-bench";

/// The maximum size of the application's module, which each instance loads. Some 800 KB of it are the decoders and
/// encoders of the guest engine.
const MAX_BYTES: u64 = 3_000_000;

/// Builds the application for deployment and returns the path of its module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_application(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, "b2-edge")
}

/// Fails if a module is larger than [`MAX_BYTES`].
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

/// Starts to build the application in the background, so that a later [`build_application`] is fast: linking takes long and
/// uses one core only. That later call reports errors.
///
/// # Errors
///
/// When the target cannot be installed or cargo cannot be run.
pub(crate) fn start_application_build(workspace: &Workspace) -> Result<BackgroundBuild> {
    toolchain::ensure_wasm_target(workspace)?;
    BackgroundBuild::start(release_build(workspace, "b2-edge", "b2-edge"))
}

/// Builds the program that measures signing and returns the path of its module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_sign_bench(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, "sign-bench")
}

/// Builds the program that renders variants and returns the path of its module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_images_bench(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, IMAGES)
}

/// Builds the pass-through application and returns the path of its module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_passthrough(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, PASSTHROUGH)
}

/// Builds the smallest application with a cache and returns the path of its module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_floor(workspace: &Workspace) -> Result<PathBuf> {
    build(workspace, FLOOR)
}

/// Builds the smallest application with a cache that starts a sandbox for each request, and returns the path of its
/// module.
///
/// # Errors
///
/// When the target cannot be installed or the build fails.
pub(crate) fn build_floor_once(workspace: &Workspace) -> Result<PathBuf> {
    build_program(workspace, FLOOR, FLOOR_ONCE)
}

// In most packages the program has the package's name.
fn build(workspace: &Workspace, name: &str) -> Result<PathBuf> {
    build_program(workspace, name, name)
}

fn build_program(workspace: &Workspace, package: &str, name: &str) -> Result<PathBuf> {
    toolchain::ensure_wasm_target(workspace)?;
    process::run(&mut release_build(workspace, package, name))?;
    Ok(workspace
        .target_dir
        .join(TARGET)
        .join("release")
        .join(format!("{name}.wasm")))
}

fn release_build(workspace: &Workspace, package: &str, name: &str) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--release", "--locked", "--target", TARGET])
        .args(["--package", package, "--bin", name]);
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

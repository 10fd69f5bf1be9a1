//! The directories of the repository and its build products, and the `cargo` that the commands run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// Variables of `cargo run` that describe *this* package. Build scripts depend on some of them: if they were passed
/// on, a cargo started from here would rebuild what one started by hand has just built, and the other way round.
const OF_THIS_PACKAGE: [&str; 4] = [
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];
const OF_THIS_PACKAGE_PREFIX: &str = "CARGO_PKG_";

/// The native packages, always selected together: cargo builds a dependency with the features that the selected
/// packages need, so any other selection would compile most dependencies again.
pub(crate) const NATIVE: [&str; 14] = [
    "--package",
    "b2-edge-core",
    "--package",
    "b2-edge-jpeg",
    "--package",
    "b2-edge-render",
    "--package",
    "b2-edge-testbed",
    "--package",
    "bench-runner",
    "--package",
    "deploy-rehearsal",
    "--package",
    "xtask",
];

/// The render service, and its rendering crate with every feature.
pub(crate) const RENDER_SERVICE: [&str; 4] = [
    "--package",
    "b2-edge-render",
    "--package",
    "b2-edge-render-server",
];

/// The render service for its tests: with the packages whose libraries and features the other tests have too, so that
/// whatever can be is compiled once. They have no library, so `--lib` does not run their tests.
pub(crate) const RENDER_SERVICE_TESTS: [&str; 12] = [
    "--package",
    "b2-edge-jpeg",
    "--package",
    "b2-edge-render",
    "--package",
    "b2-edge-render-server",
    "--package",
    "bench-runner",
    "--package",
    "deploy-rehearsal",
    "--package",
    "xtask",
];

/// The program of the render service.
pub(crate) const RENDER_SERVICE_PROGRAM: &str = "b2-edge-render";

/// The workspace as cargo sees it.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// The root of the repository, absolute.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// The build directory, absolute: `target`, or as set by `CARGO_TARGET_DIR` or cargo's configuration.
    #[serde(rename = "target_directory")]
    pub(crate) target_dir: PathBuf,
}

impl Workspace {
    /// Loads the workspace of this package from cargo.
    ///
    /// # Errors
    ///
    /// When cargo cannot be run or refuses one of the manifests.
    pub(crate) fn load() -> Result<Self> {
        // The variable at run time comes first, because two clones may share one target directory.
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir.parent().unwrap_or(&manifest_dir);
        let output = cargo_in(root)
            .args(["metadata", "--no-deps", "--format-version", "1"])
            .output()
            .context("cannot run cargo")?;
        ensure!(
            output.status.success(),
            "`cargo metadata` failed:\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("`cargo metadata` has unexpected output")
    }

    /// A cargo of this toolchain, in the root of the repository.
    pub(crate) fn cargo(&self) -> Command {
        cargo_in(&self.root)
    }

    /// The path of a native program, in the directory of its profile (`debug`, `release`, `tools`).
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target_dir
            .join(profile)
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }
}

/// The cargo that runs this program, in `directory`, with the environment of one that is started by hand.
pub(crate) fn cargo_in(directory: &Path) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(directory);
    without_this_package(&mut cargo);
    cargo
}

/// Removes the variables that describe this package from a program's environment.
pub(crate) fn without_this_package(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let of_this_package = name.to_str().is_some_and(|name| {
            OF_THIS_PACKAGE.contains(&name) || name.starts_with(OF_THIS_PACKAGE_PREFIX)
        });
        if of_this_package {
            command.env_remove(name);
        }
    }
}

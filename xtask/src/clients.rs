//! `cargo xtask clients`: real S3 clients against the application.
//!
//! A client is taken from `PATH`, or from a directory in the user's cache that `.ci/run` fills: `bin` of a Python
//! environment, and `node_modules`.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::workspace::{NATIVE, Workspace};
use crate::{process, service, viceroy, wasm};

/// The directory in the user's cache.
const DIRECTORY: &str = "s3-clients";

/// Runs every client that is installed, or only those whose names contain one of the arguments, and prints a table.
///
/// # Errors
///
/// When a build fails, Viceroy cannot be installed, an operation of a client fails, or a client that is named in
/// `B2_EDGE_REQUIRE_S3_CLIENTS` is missing.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let application = wasm::build_application(workspace)?;
    let mut command = workspace.cargo();
    command
        .args(["test", "--locked"])
        .args(NATIVE)
        .args(["--test", "clients", "--"])
        .args(args)
        .env("B2_EDGE_WASM", application)
        .env("B2_EDGE_RENDER_SERVICE", service::build(workspace)?)
        .env("B2_EDGE_VICEROY", viceroy::find_or_install()?);
    if let Some(cache) = viceroy::cache_directory() {
        let directory = cache.join(DIRECTORY);
        let path = with_directory(&directory.join("bin"), env::var_os("PATH"))?;
        command.env("PATH", path);
        if env::var_os("NODE_PATH").is_none() {
            command.env("NODE_PATH", directory.join("node_modules"));
        }
    }
    process::run(&mut command)
}

/// The value of `PATH` with this directory before all others.
fn with_directory(directory: &Path, path: Option<OsString>) -> Result<OsString> {
    let path = path.unwrap_or_default();
    let directories = [directory.to_owned()]
        .into_iter()
        .chain(env::split_paths(&path));
    env::join_paths(directories).context("the cache directory cannot be in PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clients_of_the_cache_come_first() {
        let path = with_directory(Path::new("/c/bin"), Some("/usr/bin:/bin".into()));
        assert_eq!(path.expect("a path"), "/c/bin:/usr/bin:/bin");
    }

    #[test]
    fn a_directory_that_cannot_be_in_the_path_is_an_error() {
        assert!(with_directory(Path::new("/c:d/bin"), None).is_err());
    }
}

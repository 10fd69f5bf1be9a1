//! npm packages that tests need: in exact versions, installed once for all clones of a user.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::process;

/// Whether the packages of a directory are installed: npm writes this file after all packages.
pub(crate) fn is_installed(root: &Path) -> bool {
    root.join("node_modules/.package-lock.json").is_file()
}

/// Installs packages, each as `name@version`, in `node_modules` of a directory.
///
/// # Errors
///
/// When npm fails.
pub(crate) fn install(root: &Path, packages: &[String]) -> Result<()> {
    fs::create_dir_all(root).with_context(|| format!("cannot create {}", root.display()))?;
    // One process installs; others wait for it and use the result.
    let lock = File::create(root.join("install.lock"))?;
    lock.lock()?;
    if is_installed(root) {
        return Ok(());
    }
    process::run(
        Command::new("npm")
            .args(["install", "--no-fund", "--no-audit", "--no-save"])
            .arg("--prefix")
            .arg(root)
            .args(packages)
            .stdin(Stdio::null()),
    )
    .context("the npm packages could not be installed")?;
    ensure!(
        is_installed(root),
        "npm has not written {}/node_modules/.package-lock.json",
        root.display()
    );
    Ok(())
}

/// Whether a program is installed that prints its version.
pub(crate) fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there_does_not_run() {
        assert!(!runs("a-program-that-is-not-there"));
        assert!(runs("cargo"));
    }
}

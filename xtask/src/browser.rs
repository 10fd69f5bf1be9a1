//! What the browser tests need besides the application: Node.js, Chromium, and two npm packages.
//!
//! The packages are installed in exact versions, once for all clones of a user. They have no dependencies.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use crate::{process, viceroy};

/// Controls the browser.
const PLAYWRIGHT_CORE: &str = "1.65.1";
/// Checks the accessibility of pages.
const AXE_CORE: &str = "4.14.1";

/// The environment variable with the browser to use instead of `chromium` on `PATH`.
const CHROMIUM: &str = "B2_EDGE_CHROMIUM";

/// Whether the browser tests can run.
pub(crate) enum Browser {
    /// They can, with the packages in `node_modules` of this directory.
    Ready(PathBuf),
    /// They cannot, for this reason.
    Missing(&'static str),
}

/// Looks for Node.js and Chromium, and installs the packages if both exist.
///
/// # Errors
///
/// When npm fails to install the packages.
pub(crate) fn find_or_install() -> Result<Browser> {
    if !runs("node") {
        return Ok(Browser::Missing("`node` is not on PATH"));
    }
    let chromium = std::env::var(CHROMIUM).unwrap_or_else(|_| "chromium".to_owned());
    if !runs(&chromium) {
        return Ok(Browser::Missing("`chromium` is not on PATH"));
    }
    let Some(cache) = viceroy::cache_directory() else {
        return Ok(Browser::Missing(
            "HOME is not set, so there is no cache directory",
        ));
    };
    let root = root_in(&cache);
    if !is_installed(&root) {
        if !runs("npm") {
            return Ok(Browser::Missing("`npm` is not on PATH"));
        }
        install(&root)?;
    }
    Ok(Browser::Ready(root))
}

fn root_in(cache: &Path) -> PathBuf {
    cache.join(format!("browser-{PLAYWRIGHT_CORE}-{AXE_CORE}"))
}

/// npm writes this file after all packages.
fn is_installed(root: &Path) -> bool {
    root.join("node_modules/.package-lock.json").is_file()
}

fn install(root: &Path) -> Result<()> {
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
            .arg(format!("playwright-core@{PLAYWRIGHT_CORE}"))
            .arg(format!("axe-core@{AXE_CORE}"))
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

fn runs(program: &str) -> bool {
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
    fn the_directory_names_both_versions() {
        assert_eq!(
            root_in(Path::new("/c")),
            Path::new("/c/browser-1.65.1-4.14.1")
        );
    }

    #[test]
    fn a_program_that_is_not_there_does_not_run() {
        assert!(!runs("a-program-that-is-not-there"));
        assert!(runs("cargo"));
    }
}

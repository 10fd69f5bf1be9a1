//! What the browser tests need besides the application: Node.js, Chromium, and two npm packages.
//!
//! The packages have no dependencies.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::{npm, viceroy};

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
    if !npm::runs("node") {
        return Ok(Browser::Missing("`node` is not on PATH"));
    }
    let chromium = std::env::var(CHROMIUM).unwrap_or_else(|_| "chromium".to_owned());
    if !npm::runs(&chromium) {
        return Ok(Browser::Missing("`chromium` is not on PATH"));
    }
    let Some(cache) = viceroy::cache_directory() else {
        return Ok(Browser::Missing(
            "HOME is not set, so there is no cache directory",
        ));
    };
    let root = root_in(&cache);
    if !npm::is_installed(&root) {
        if !npm::runs("npm") {
            return Ok(Browser::Missing("`npm` is not on PATH"));
        }
        let packages = [
            format!("playwright-core@{PLAYWRIGHT_CORE}"),
            format!("axe-core@{AXE_CORE}"),
        ];
        npm::install(&root, &packages)?;
    }
    Ok(Browser::Ready(root))
}

fn root_in(cache: &Path) -> PathBuf {
    cache.join(format!("browser-{PLAYWRIGHT_CORE}-{AXE_CORE}"))
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
}

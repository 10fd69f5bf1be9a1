//! Installs Viceroy, once for all clones of a user.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{REQUIRED, file_name, version_of};
use crate::cargo_install::Package;

/// The path of Viceroy in the cache directory, whether it is installed or not.
pub(super) fn path_in(cache: &Path) -> PathBuf {
    package().root_in(cache).join("bin").join(file_name())
}

/// Builds Viceroy from its published sources into the cache directory and returns its path.
///
/// # Errors
///
/// When the directory cannot be written or the build fails.
pub(super) fn install(cache: &Path) -> Result<PathBuf> {
    let installed = path_in(cache);
    let is_installed = || version_of(&installed).is_ok_and(|version| version >= REQUIRED);
    package().install(cache, is_installed).context(
        "instead, Viceroy can be installed on PATH or by the Fastly CLI (`fastly compute serve`)",
    )?;
    ensure!(
        version_of(&installed)? >= REQUIRED,
        "{} is not the Viceroy that was installed",
        installed.display()
    );
    Ok(installed)
}

fn package() -> Package {
    Package {
        name: "viceroy",
        version: REQUIRED.to_string(),
        takes: "ten to fifteen minutes",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_names_the_version() {
        assert_eq!(
            path_in(Path::new("/c")),
            Path::new("/c")
                .join("viceroy-0.22.0")
                .join("bin")
                .join(file_name())
        );
    }
}

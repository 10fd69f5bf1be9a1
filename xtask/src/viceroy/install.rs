//! Installing Viceroy once, for every clone of a user.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{REQUIRED, file_name, version_of};
use crate::cargo_install::Package;

/// Where the installation in the cache directory is, or would be.
pub(super) fn path_in(cache: &Path) -> PathBuf {
    package().root_in(cache).join("bin").join(file_name())
}

/// Builds Viceroy from its published sources into the cache directory and gives its path.
///
/// # Errors
///
/// When the directory cannot be written or the build fails.
pub(super) fn install(cache: &Path) -> Result<PathBuf> {
    let installed = path_in(cache);
    let is_installed = || version_of(&installed).is_ok_and(|version| version >= REQUIRED);
    package()
        .install(cache, is_installed)
        .context("the Fastly CLI's own copy of Viceroy or one on PATH would do as well")?;
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

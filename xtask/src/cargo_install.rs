//! Installs a published program from its sources, once for all clones of a user.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace::cargo_in;

/// A published program, in the version that is installed.
pub(crate) struct Package {
    /// The name of the package and of its executable.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: String,
    /// How long the build takes, for the message.
    pub(crate) takes: &'static str,
}

impl Package {
    /// The directory of the installation in the cache directory; the executable is in its `bin`.
    pub(crate) fn root_in(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, self.version))
    }

    /// Builds the program into the cache directory, unless `is_installed`.
    ///
    /// One process builds; others wait for it and use the result. An interrupted build is resumed, because its
    /// directory of build products remains until it is complete.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written or the build fails.
    pub(crate) fn install(&self, cache: &Path, is_installed: impl Fn() -> bool) -> Result<()> {
        let root = self.root_in(cache);
        fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
        // Locked until the end of this function or of the process.
        let _lock = self.lock(&root.join("install.lock"))?;
        if is_installed() {
            return Ok(());
        }
        let Self {
            name,
            version,
            takes,
        } = self;
        eprintln!(
            "{name} {version} or newer is not installed. Building it into {}.\n\
             This takes {takes} on two cores, and is done once.",
            root.display()
        );
        let build = root.join("build");
        process::run(
            // Started in the cache directory, so that this repository's `.cargo/config.toml` does not apply. The
            // toolchain is still the pinned one of this repository, which is known to build the program.
            cargo_in(&root)
                .args(["install", name, "--locked", "--version", version])
                .arg("--root")
                .arg(&root)
                .arg("--target-dir")
                .arg(&build)
                .env_remove("CARGO_BUILD_TARGET"),
        )
        .with_context(|| format!("{name} could not be installed"))?;
        // Up to some gigabytes that are not needed again. It is harmless if they cannot be removed.
        let _ = fs::remove_dir_all(build);
        Ok(())
    }

    fn lock(&self, path: &Path) -> Result<File> {
        let file =
            File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("Waiting for another process to install {}.", self.name);
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => {
                return Err(error)
                    .with_context(|| format!("cannot lock the installation of {}", self.name));
            }
        }
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_names_the_version() {
        let package = Package {
            name: "tool",
            version: "1.2.3".to_owned(),
            takes: "a minute",
        };
        let expected = Path::new("/c").join("tool-1.2.3");
        assert_eq!(package.root_in(Path::new("/c")), expected);
    }
}

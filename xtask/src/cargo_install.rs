//! Installing a published program from its sources once, for every clone of a user.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process;
use crate::workspace::cargo_in;

/// A program on crates.io, in the one version that is installed.
pub(crate) struct Package {
    /// Its name, and that of its executable.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: String,
    /// How long the build takes, for the person who waits.
    pub(crate) takes: &'static str,
}

impl Package {
    /// The directory of the installation in the cache directory; the executable is below it, in `bin`.
    pub(crate) fn root_in(&self, cache: &Path) -> PathBuf {
        cache.join(format!("{}-{}", self.name, self.version))
    }

    /// Builds the program into the cache directory, unless `is_installed` says that it is there.
    ///
    /// One process builds; others that come meanwhile wait and use the result. An interrupted build goes
    /// on from where it was, because it keeps its own directory of build products until it is done.
    ///
    /// # Errors
    ///
    /// When the directory cannot be written or the build fails.
    pub(crate) fn install(&self, cache: &Path, is_installed: impl Fn() -> bool) -> Result<()> {
        let root = self.root_in(cache);
        fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
        // Held until the end of this function, or of the process, however that ends.
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
            "No {name} of version {version} or newer is on this machine: it is built now, into {}.\n\
             That takes {takes} on two cores, and happens once.",
            root.display()
        );
        let build = root.join("build");
        process::run(
            // Started in the cache directory, so that this repository's `.cargo/config.toml` has no say.
            // The toolchain stays this repository's pinned one, which is known to build it.
            cargo_in(&root)
                .args(["install", name, "--locked", "--version", version])
                .arg("--root")
                .arg(&root)
                .arg("--target-dir")
                .arg(&build)
                .env_remove("CARGO_BUILD_TARGET"),
        )
        .with_context(|| format!("{name} could not be installed"))?;
        // Up to some gigabytes that nobody needs again; what cannot be removed does no harm.
        let _ = fs::remove_dir_all(build);
        Ok(())
    }

    fn lock(&self, path: &Path) -> Result<File> {
        let file =
            File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("Waiting for another installation of {} to end.", self.name);
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

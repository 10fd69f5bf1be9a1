//! Installing Viceroy once, for every clone of a user.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::{REQUIRED, file_name, version_of};
use crate::process;
use crate::workspace::cargo_in;

/// Where the installation in the cache directory is, or would be.
pub(super) fn path_in(cache: &Path) -> PathBuf {
    root_in(cache).join("bin").join(file_name())
}

/// Builds Viceroy from its published sources into the cache directory and gives its path.
///
/// One process builds; others that come meanwhile wait and use the result. An interrupted build goes
/// on from where it was, because it keeps its own directory of build products until it is done.
///
/// # Errors
///
/// When the directory cannot be written or the build fails.
pub(super) fn install(cache: &Path) -> Result<PathBuf> {
    let root = root_in(cache);
    let installed = path_in(cache);
    fs::create_dir_all(&root).with_context(|| format!("cannot create {}", root.display()))?;
    // Held until the end of this function, or of the process, however that ends.
    let _lock = lock(&root.join("install.lock"))?;
    if version_of(&installed).is_ok_and(|version| version >= REQUIRED) {
        return Ok(installed);
    }

    eprintln!(
        "No Viceroy of version {REQUIRED} or newer is on this machine: it is built now, into {}.\n\
         That takes ten to fifteen minutes on two cores, and happens once.",
        root.display()
    );
    let build = root.join("build");
    process::run(
        // Started in the cache directory, so that this repository's `.cargo/config.toml` has no say.
        // The toolchain stays this repository's pinned one, which is known to build Viceroy.
        cargo_in(&root)
            .args([
                "install",
                "viceroy",
                "--locked",
                "--version",
                &REQUIRED.to_string(),
            ])
            .arg("--root")
            .arg(&root)
            .arg("--target-dir")
            .arg(&build)
            .env_remove("CARGO_BUILD_TARGET"),
    )
    .context(
        "Viceroy could not be installed; the Fastly CLI's own copy or one on PATH would do as well",
    )?;
    ensure!(
        version_of(&installed)? >= REQUIRED,
        "{} is not the Viceroy that was installed",
        installed.display()
    );
    // Some gigabytes that nobody needs again; what cannot be removed does no harm.
    let _ = fs::remove_dir_all(build);
    Ok(installed)
}

fn root_in(cache: &Path) -> PathBuf {
    cache.join(format!("viceroy-{REQUIRED}"))
}

fn lock(path: &Path) -> Result<File> {
    let file = File::create(path).with_context(|| format!("cannot create {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("Waiting for another installation of Viceroy to end.");
            file.lock()?;
        }
        Err(TryLockError::Error(error)) => {
            return Err(error).context("cannot lock the installation of Viceroy");
        }
    }
    Ok(file)
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

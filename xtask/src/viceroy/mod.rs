//! Finds the Viceroy for tests and demo.
//!
//! It is the first recent enough one of: those on `PATH`, the Fastly CLI's own copy, and the one in the user's cache
//! directory, where [`install`] builds one if there is none.

mod install;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

/// The environment variable with the Viceroy to use.
const OVERRIDE: &str = "B2_EDGE_VICEROY";

/// The first version with every host call of the SDK in `Cargo.toml`. Older ones refuse the module because of an
/// unknown import.
const REQUIRED: Version = Version(0, 22, 0);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Version(u32, u32, u32);

impl Version {
    /// Parses the output of `viceroy --version`: `viceroy 0.22.0`. A suffix such as `-dev` is ignored.
    fn parse(printed: &str) -> Option<Self> {
        let mut numbers = printed
            .split_whitespace()
            .nth(1)?
            .split(['.', '-', '+'])
            .map(|part| part.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Returns the path of a recent enough Viceroy, and installs one if there is none.
///
/// # Errors
///
/// When the one in `B2_EDGE_VICEROY` is too old or does not run, or the installation fails.
pub(crate) fn find_or_install() -> Result<PathBuf> {
    if let Some(path) = variable(OVERRIDE) {
        let path = absolute(Path::new(&path));
        let version =
            version_of(&path).with_context(|| format!("the Viceroy in {OVERRIDE} does not run"))?;
        ensure!(
            version >= REQUIRED,
            "{OVERRIDE} is Viceroy {version}, at least {REQUIRED} is needed"
        );
        return Ok(path);
    }
    let places = Places::of_this_machine();
    for candidate in places.candidates() {
        match version_of(&candidate) {
            Ok(version) if version >= REQUIRED => return Ok(candidate),
            Ok(version) => eprintln!(
                "{} is not used: it is version {version}, at least {REQUIRED} is needed",
                candidate.display()
            ),
            Err(error) => eprintln!("{} is not used: {error:#}", candidate.display()),
        }
    }
    let cache = places.cache.with_context(|| {
        format!(
            "Viceroy {REQUIRED} was not found, and cannot be installed without HOME; set {OVERRIDE}"
        )
    })?;
    install::install(&cache)
}

/// The directory of the programs that are installed for all clones of a user; `None` without a home.
pub(crate) fn cache_directory() -> Option<PathBuf> {
    Places::of_this_machine().cache
}

/// The directories that may have a Viceroy.
#[derive(Debug)]
struct Places {
    path: Vec<PathBuf>,
    /// The Fastly CLI's download directory.
    cli: Option<PathBuf>,
    /// The directory of the programs that are installed for all clones of a user.
    cache: Option<PathBuf>,
}

impl Places {
    fn of_this_machine() -> Self {
        Self::from_environment(variable, cfg!(target_os = "macos"))
    }

    fn from_environment(variable: impl Fn(&str) -> Option<OsString>, macos: bool) -> Self {
        let home = variable("HOME").map(PathBuf::from);
        let under = |name: &str, linux: &str, mac: &str| {
            variable(name)
                .map(PathBuf::from)
                // By the XDG specification, relative paths are ignored.
                .filter(|path| path.is_absolute() && !(macos && name == "XDG_CONFIG_HOME"))
                .or_else(|| {
                    home.as_ref()
                        .map(|home| home.join(if macos { mac } else { linux }))
                })
        };
        Self {
            path: variable("PATH").map_or_else(Vec::new, |path| env::split_paths(&path).collect()),
            // Go's `os.UserConfigDir()`, which ignores XDG_CONFIG_HOME on macOS; see `InstallDir` in the
            // CLI's `pkg/github/github.go`.
            cli: under("XDG_CONFIG_HOME", ".config", "Library/Application Support")
                .map(|dir| dir.join("fastly")),
            cache: under("XDG_CACHE_HOME", ".cache", "Library/Caches")
                .map(|dir| dir.join("b2-edge")),
        }
    }

    /// The existing ones, in the order of preference.
    fn candidates(&self) -> Vec<PathBuf> {
        let installed = self.cache.as_deref().map(install::path_in);
        self.path
            .iter()
            .chain(&self.cli)
            .map(|directory| absolute(&directory.join(file_name())))
            .chain(installed)
            .filter(|path| path.is_file())
            .collect()
    }
}

/// Programs started from here run in other directories.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn file_name() -> String {
    format!("viceroy{}", env::consts::EXE_SUFFIX)
}

/// The value of a variable; `None` if it is empty.
fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn version_of(viceroy: &Path) -> Result<Version> {
    let output = Command::new(viceroy)
        .arg("--version")
        .output()
        .with_context(|| format!("cannot run {}", viceroy.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match Version::parse(&printed) {
        Some(version) if output.status.success() => Ok(version),
        _ => bail!("`{} --version` prints no version", viceroy.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(variables: &[(&str, &str)], macos: bool) -> Places {
        Places::from_environment(
            |name| {
                variables
                    .iter()
                    .find(|(known, _)| *known == name)
                    .map(|(_, value)| OsString::from(value))
            },
            macos,
        )
    }

    #[test]
    fn versions_compare_by_number() {
        assert_eq!(Version::parse("viceroy 0.22.0\n"), Some(REQUIRED));
        assert!(Version::parse("viceroy 0.9.1") < Some(REQUIRED));
        assert!(Version::parse("viceroy 0.100.0-dev") > Some(REQUIRED));
        assert!(Version::parse("viceroy 1.0.0+build.7") > Some(REQUIRED));
        for text in ["", "viceroy", "viceroy new", "viceroy 0.22", "0.22.0"] {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_places_are_those_of_the_system() {
        let linux = places(&[("HOME", "/home/a"), ("PATH", "/bin:/usr/bin")], false);
        assert_eq!(linux.path, [Path::new("/bin"), Path::new("/usr/bin")]);
        assert_eq!(
            linux.cli.as_deref(),
            Some(Path::new("/home/a/.config/fastly"))
        );
        assert_eq!(
            linux.cache.as_deref(),
            Some(Path::new("/home/a/.cache/b2-edge"))
        );

        let macos = places(&[("HOME", "/Users/a"), ("XDG_CONFIG_HOME", "/x")], true);
        assert_eq!(
            macos.cli.as_deref(),
            Some(Path::new("/Users/a/Library/Application Support/fastly"))
        );
        assert_eq!(
            macos.cache.as_deref(),
            Some(Path::new("/Users/a/Library/Caches/b2-edge"))
        );
    }

    #[test]
    fn xdg_directories_come_first_unless_they_are_relative() {
        let set = places(
            &[
                ("HOME", "/home/a"),
                ("XDG_CONFIG_HOME", "/x/config"),
                ("XDG_CACHE_HOME", "/x/cache"),
            ],
            false,
        );
        assert_eq!(set.cli.as_deref(), Some(Path::new("/x/config/fastly")));
        assert_eq!(set.cache.as_deref(), Some(Path::new("/x/cache/b2-edge")));

        let relative = places(&[("HOME", "/home/a"), ("XDG_CACHE_HOME", "cache")], false);
        assert_eq!(
            relative.cache.as_deref(),
            Some(Path::new("/home/a/.cache/b2-edge"))
        );
    }

    #[test]
    fn without_a_home_there_is_only_the_path() {
        let homeless = places(&[("PATH", "/bin")], false);
        assert_eq!((homeless.cli, homeless.cache), (None, None));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_is_no_viceroy_has_no_version() {
        assert!(version_of(Path::new("/bin/false")).is_err());
        assert!(version_of(Path::new("/nowhere/viceroy")).is_err());
    }
}

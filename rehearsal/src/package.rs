//! The package that is uploaded: a gzipped tar archive.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::process::Command;

use sha2::{Digest as _, Sha512};
use tempfile::NamedTempFile;

/// The path of the application's wasm in it.
pub(crate) const MODULE: &str = "b2-edge/bin/main.wasm";

/// The bytes of an archive.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Package(pub(crate) Vec<u8>);

impl std::fmt::Debug for Package {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a package of {} bytes", self.0.len())
    }
}

impl Package {
    /// The content of a file in the archive; empty if it does not exist.
    pub(crate) fn file(&self, name: &str) -> io::Result<Vec<u8>> {
        self.tar("-xOzf", &[name])
    }

    /// The hash by which Fastly identifies a package: SHA-512 of the contents of its files in the order of their names,
    /// in hexadecimal. The CLI does not upload a package if Fastly has its hash already.
    pub(crate) fn files_hash(&self) -> io::Result<String> {
        let names = String::from_utf8_lossy(&self.tar("-tzf", &[])?).into_owned();
        // Directories are listed without a trailing slash, and have no content.
        let is_directory = |name: &str| names.contains(&format!("{name}/"));
        let mut files: Vec<&str> = names.lines().filter(|name| !is_directory(name)).collect();
        files.sort_unstable();
        let mut hash = Sha512::new();
        for file in files {
            hash.update(self.file(file)?);
        }
        let mut hexadecimal = String::new();
        for byte in hash.finalize() {
            let _ = write!(hexadecimal, "{byte:02x}");
        }
        Ok(hexadecimal)
    }

    fn tar(&self, what: &str, names: &[&str]) -> io::Result<Vec<u8>> {
        let mut archive = NamedTempFile::new()?;
        archive.write_all(&self.0)?;
        let output = Command::new("tar")
            .arg(what)
            .arg(archive.path())
            .args(names)
            .output()?;
        Ok(output.stdout)
    }
}

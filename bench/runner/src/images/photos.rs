//! The photos, as `bench/images` makes them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;

/// A photo of 12 megapixels, and its variant.
pub(crate) struct Photo {
    pub(crate) name: String,
    /// Making it takes more memory than a program in Viceroy has.
    pub(crate) is_progressive: bool,
    pub(crate) file: PathBuf,
    pub(crate) source: Bytes,
    /// By the engine in the application, natively.
    pub(crate) variant: Bytes,
    pub(crate) variant_file: PathBuf,
}

/// Makes the photos in a directory.
pub(crate) fn make(program: &Path, directory: &Path) -> io::Result<Vec<Photo>> {
    let output = Command::new(program).arg("make").arg(directory).output()?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(io::Error::other(error));
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let photos = names.lines().map(|name| {
        let file = directory.join(format!("{name}.jpg"));
        let variant_file = directory.join(format!("{name}.variant.jpg"));
        Ok(Photo {
            name: name.to_owned(),
            is_progressive: name.ends_with("progressive"),
            source: fs::read(&file)?.into(),
            variant: fs::read(&variant_file)?.into(),
            file,
            variant_file,
        })
    });
    photos.collect()
}

//! `vipsthumbnail`, the program of libvips.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::photos::Photo;
use crate::cpu;

/// The photos of one run, of which the first is the warm-up.
const COPIES: u32 = 17;

/// The links to a photo in a directory: libvips renders a file once, if it is named twice.
pub(crate) struct Vipsthumbnail {
    links: Vec<PathBuf>,
    directory: PathBuf,
}

impl Vipsthumbnail {
    /// The version, or `None` if it is not installed.
    pub(crate) fn version() -> Option<String> {
        let output = Command::new("vipsthumbnail")
            .arg("--vips-version")
            .output()
            .ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        output.status.success().then_some(text)
    }

    pub(crate) fn new(photo: &Photo, directory: &Path) -> io::Result<Self> {
        let mut links = Vec::new();
        for copy in 0..COPIES {
            let link = directory.join(format!("{}-{copy}.jpg", photo.name));
            std::fs::hard_link(&photo.file, &link)?;
            links.push(link);
        }
        Ok(Self {
            links,
            directory: directory.to_owned(),
        })
    }

    /// The CPU time for each photo in milliseconds, without the start of the program: that of all photos, minus that of
    /// a single one.
    pub(crate) fn turn(&self) -> io::Result<f64> {
        let one = self.cpu(self.links.get(..1).unwrap_or_default())?;
        let all = self.cpu(&self.links)?;
        Ok((all - one) / f64::from(COPIES - 1))
    }

    fn cpu(&self, photos: &[PathBuf]) -> io::Result<f64> {
        let before = cpu::of_children()?;
        let out = self.directory.join("%s.vips.jpg[Q=80,optimize_coding]");
        let status = Command::new("vipsthumbnail")
            .args(["--size", "320x", "--vips-cache-max=0", "--output"])
            .arg(out)
            .args(photos)
            .env("VIPS_CONCURRENCY", "1")
            .status()?;
        if !status.success() {
            return Err(io::Error::other(format!("vipsthumbnail: {status}")));
        }
        let used = cpu::of_children()?.saturating_sub(before);
        Ok(used.as_secs_f64() * 1e3)
    }
}

//! sharp, through the script in `bench/images`.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;

use super::photos::Photo;
use super::ssim::Plane;
use crate::variable;

/// sharp in its own Node.js, if it is installed.
pub(crate) struct Sharp {
    script: String,
    modules: String,
    /// Of sharp and libvips.
    pub(crate) version: String,
}

impl Sharp {
    /// `None` where the variable with its modules is not set.
    pub(crate) fn find() -> io::Result<Option<Self>> {
        let Ok(modules) = variable("B2_EDGE_SHARP_MODULES") else {
            return Ok(None);
        };
        let mut sharp = Self {
            script: variable("B2_EDGE_SHARP_SCRIPT")?,
            modules,
            version: String::new(),
        };
        sharp.version = sharp.output(["version"].map(Path::new))?;
        Ok(Some(sharp))
    }

    /// The command that renders a photo without end.
    pub(crate) fn render(&self, photo: &Photo) -> Command {
        let mut command = self.command();
        command.arg("render").arg(&photo.file);
        command
    }

    /// The lowest quality whose variant has at least so many bytes.
    pub(crate) fn quality_of(&self, photo: &Photo, bytes: u64, file: &Path) -> io::Result<u8> {
        let (mut low, mut high) = (1, 100);
        while low < high {
            let quality = u8::midpoint(low, high);
            if self.encode(photo, quality, file)? < bytes {
                low = quality + 1;
            } else {
                high = quality;
            }
        }
        Ok(low)
    }

    /// Writes the variant of a quality into a file, and returns its bytes.
    pub(crate) fn encode(&self, photo: &Photo, quality: u8, file: &Path) -> io::Result<u64> {
        let text = quality.to_string();
        let output = self.output([Path::new("encode"), &photo.file, Path::new(&text), file])?;
        output.parse().map_err(io::Error::other)
    }

    /// Decodes a picture at full size: its luma, and its height. `scratch` is a file for the pixels.
    pub(crate) fn luma(&self, picture: &Path, scratch: &Path) -> io::Result<(Plane, usize)> {
        let sides = self.output([Path::new("pixels"), picture, scratch])?;
        let mut sides = sides.split(' ').filter_map(|side| side.parse().ok());
        let (Some(width), Some(height)) = (sides.next(), sides.next()) else {
            return Err(io::Error::other("sharp has not printed the sides"));
        };
        Ok((Plane::luma(width, &fs::read(scratch)?), height))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("node");
        command.arg(&self.script).env("NODE_PATH", &self.modules);
        command
    }

    fn output<const N: usize>(&self, args: [&Path; N]) -> io::Result<String> {
        let output = self.command().args(args).output()?;
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(error));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

//! Variants of photos of 12 megapixels: their CPU time and quality compared with other programs', and through the whole
//! application.

mod cpu_time;
mod downscale;
mod edge;
mod origin;
mod photos;
mod quality;
mod renderer;
mod sharp;
mod ssim;
mod vipsthumbnail;

use std::io;
use std::path::PathBuf;

use tempfile::TempDir;

use self::sharp::Sharp;
use self::vipsthumbnail::Vipsthumbnail;
use crate::report::Report;
use crate::{Modules, variable};

/// The program in `bench/images`.
struct Programs {
    native: PathBuf,
    wasm: PathBuf,
}

pub(crate) async fn measure(modules: &Modules, report: &mut Report) -> io::Result<()> {
    let programs = Programs {
        native: variable("B2_EDGE_IMAGES")?.into(),
        wasm: variable("B2_EDGE_IMAGES_WASM")?.into(),
    };
    let directory = TempDir::with_prefix("b2-edge-bench-")?;
    let photos = photos::make(&programs.native, directory.path())?;
    let sharp = Sharp::find()?;
    let skipped = "skipped: it is not installed";
    let version = sharp.as_ref().map(|sharp| sharp.version.as_str());
    report.note("sharp", version.unwrap_or(skipped));
    let version = Vipsthumbnail::version();
    report.note("vipsthumbnail", version.as_deref().unwrap_or(skipped));
    for photo in &photos {
        cpu_time::measure(&programs, sharp.as_ref(), photo, directory.path(), report)?;
        if let Some(sharp) = &sharp {
            quality::measure(sharp, photo, directory.path(), report)?;
        }
    }
    edge::measure(&modules.edge, &photos, report).await
}

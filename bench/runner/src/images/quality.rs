//! The quality of a variant, compared with sharp's of as many bytes.

use std::io;
use std::path::Path;

use super::downscale::downscale;
use super::photos::Photo;
use super::sharp::Sharp;
use super::ssim::ssim;
use crate::report::{Report, Unit};

/// How much less similar to the reference than sharp's it may be.
const MAX_LOSS: f64 = 0.002;

pub(crate) fn measure(
    sharp: &Sharp,
    photo: &Photo,
    directory: &Path,
    report: &mut Report,
) -> io::Result<()> {
    let scratch = directory.join("pixels.rgb");
    let (whole, _) = sharp.luma(&photo.file, &scratch)?;
    let (ours, height) = sharp.luma(&photo.variant_file, &scratch)?;
    let reference = downscale(&whole, ours.width, height);
    let bytes = photo.variant.len() as u64;
    let file = directory.join("sharp.jpg");
    let quality = sharp.quality_of(photo, bytes, &file)?;
    // A quality is an integer: between the two whose sizes are around that of our variant, the similarity is nearly linear.
    let mut around = Vec::new();
    for quality in [quality - 1, quality] {
        let bytes = sharp.encode(photo, quality, &file)?;
        let (theirs, _) = sharp.luma(&file, &scratch)?;
        around.push((float(bytes), ssim(&reference, &theirs)));
    }
    let theirs = match around.as_slice() {
        [below, above] => interpolated(*below, *above, float(bytes)),
        _ => f64::NAN,
    };
    let ours = ssim(&reference, &ours);
    report.at_most(
        &format!(
            "SSIM of a variant, {ours:.4}, below sharp's {theirs:.4} with as many bytes (quality {} to {quality}), {}",
            quality - 1,
            photo.name
        ),
        Unit::Similarity,
        theirs - ours,
        MAX_LOSS,
    );
    Ok(())
}

/// The value at `x` of the line through two points.
fn interpolated(below: (f64, f64), above: (f64, f64), x: f64) -> f64 {
    below.1 + (above.1 - below.1) * (x - below.0) / (above.0 - below.0)
}

#[expect(clippy::cast_precision_loss, reason = "the bytes of a small file")]
const fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_two_points_the_value_is_on_the_line() {
        for (x, expected) in [(100.0, 0.9), (150.0, 0.92), (200.0, 0.94)] {
            let value = interpolated((100.0, 0.9), (200.0, 0.94), x);
            assert!((value - expected).abs() < 1e-12, "{x}: {value}");
        }
    }
}

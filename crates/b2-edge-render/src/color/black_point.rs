//! Black-point compensation: the darkest ink becomes black.
//!
//! All inks together are not black: relative to paper, they reflect one or two percent of the light. Screens are
//! darker, so that a converted photograph would look faded. As `lcms` does, the light of a picture is scaled from
//! between the darkest ink and white to between black and white (ISO 18619). `lcms` scales X, Y and Z; here it is red,
//! green and blue, which is the same for a neutral black, and nearly the same for others.

use super::curve::{srgb_light, srgb_sample};
use crate::number::sample;

/// The compensation for a black.
#[derive(Clone)]
pub(super) struct BlackPoint {
    /// The result for each sample: of red, of green and of blue.
    tables: [Vec<u8>; 3],
}

impl BlackPoint {
    /// The compensation for the sRGB of the darkest ink.
    pub(super) fn new(black: [u8; 3]) -> Self {
        let light = |sample: u8| srgb_light(f64::from(sample) / 255.0);
        let tables = black.map(|black| {
            // White ink is not scaled.
            let darkest = light(black.min(u8::MAX / 2));
            (0..=u8::MAX)
                .map(|before| {
                    let light = (light(before) - darkest) / (1.0 - darkest);
                    sample(255.0 * srgb_sample(light.max(0.0)))
                })
                .collect()
        });
        Self { tables }
    }

    /// Changes the pixels of a picture in RGB.
    pub(super) fn compensate(&self, data: &mut [u8]) {
        for pixel in data.chunks_exact_mut(self.tables.len()) {
            for (sample, table) in pixel.iter_mut().zip(&self.tables) {
                if let Some(&after) = table.get(usize::from(*sample)) {
                    *sample = after;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_darkest_ink_becomes_black_and_white_remains_white() {
        let black_point = BlackPoint::new([40, 40, 0]);
        for (before, after) in [
            ([40, 40, 0], [0, 0, 0]),
            ([20, 0, 20], [0, 0, 20]),
            // 40 is a light of 0.0212. That of 60, 0.0452, becomes (0.0452 - 0.0212) / (1 - 0.0212) = 0.0245.
            ([60, 128, 128], [43, 123, 128]),
            ([255, 255, 255], [255, 255, 255]),
        ] {
            let mut pixel = before;
            black_point.compensate(&mut pixel);
            assert_eq!(pixel, after, "{before:?}");
        }
    }
}

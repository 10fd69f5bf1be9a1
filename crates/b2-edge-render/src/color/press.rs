//! CMYK without a profile: the inks of a press for coated paper.
//!
//! Without a profile, nobody knows what the inks look like. This is what sharp (libvips) assumes for such files.

use crate::number::{index, sample};
use crate::pixels::{Layout, Pixels};

/// The values of each ink in [`GRID`], evenly spaced.
const STEPS: u32 = 5;
/// sRGB for each combination of values: red, green and blue; black changes fastest, and cyan slowest. They are fitted,
/// by least squares, to what sharp 0.35.5 makes of inks without a profile, above all of those that it makes of sRGB:
/// there, the mean difference is 1.3 of 255.
const GRID: &[u8; 1875] = include_bytes!("press.bin");

/// The picture in sRGB.
pub(super) fn to_srgb(pixels: &Pixels) -> Pixels {
    pixels.convert(Layout::Rgb, |pixel, data| {
        if let Ok(inks) = pixel.try_into() {
            data.extend(color(inks));
        }
    })
}

/// The colour of inks: cyan, magenta, yellow and black, 0 for none. Between the values of the grid, it is interpolated
/// in all four directions.
fn color(inks: [u8; 4]) -> [u8; 3] {
    let mut color = [0.0; 3];
    // The 16 corners of the cell: each bit says whether it is the upper one of an ink.
    for corner in 0..16_u32 {
        let mut weight = 1.0;
        let mut place = 0;
        for (bit, ink) in inks.into_iter().enumerate() {
            let position = u32::from(ink) * (STEPS - 1);
            let below = (position / 255).min(STEPS - 2);
            let above = f64::from(position - 255 * below) / 255.0;
            let is_above = corner >> bit & 1;
            weight *= if is_above == 1 { above } else { 1.0 - above };
            place = place * STEPS + below + is_above;
        }
        let samples = GRID.get(3 * index(place)..).unwrap_or_default();
        for (sum, &sample) in color.iter_mut().zip(samples) {
            *sum += weight * f64::from(sample);
        }
    }
    color.map(sample)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right answers are those of sharp 0.35.5.
    #[test]
    fn inks_have_the_colours_of_sharp() {
        for (inks, expected) in [
            ([0, 0, 0, 0], [255, 255, 255]),
            ([4, 8, 252, 4], [250, 226, 0]),
            ([0, 77, 191, 9], [243, 167, 69]),
            ([4, 207, 18, 7], [226, 69, 134]),
            ([0, 241, 230, 12], [223, 31, 28]),
            ([111, 131, 0, 30], [133, 110, 157]),
            ([1, 2, 0, 104], [153, 152, 152]),
            ([140, 19, 2, 16], [85, 170, 213]),
            ([39, 17, 31, 195], [76, 76, 73]),
            ([56, 4, 9, 7], [178, 215, 233]),
        ] {
            let actual = color(inks);
            let is_near = actual
                .into_iter()
                .zip(expected)
                .all(|(actual, expected)| actual.abs_diff(expected) <= 9);
            assert!(is_near, "{inks:?}: {actual:?} instead of {expected:?}");
        }
    }
}

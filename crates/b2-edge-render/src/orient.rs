//! Turns pixels upright.

use crate::number::index;
use crate::orientation::Orientation;
use crate::pixels::Pixels;

/// The upright picture.
pub(crate) fn orient(pixels: Pixels, orientation: Orientation) -> Pixels {
    if orientation.is_upright() {
        return pixels;
    }
    let channels = pixels.layout.channels();
    let (width, height) = orientation.turn(pixels.width, pixels.height);
    let mut data = Vec::with_capacity(pixels.data.len());
    for y in 0..index(height) {
        for x in 0..index(width) {
            let (mut column, mut row) = if orientation.is_transposed {
                (y, x)
            } else {
                (x, y)
            };
            if orientation.is_mirrored {
                column = index(pixels.width) - 1 - column;
            }
            if orientation.is_flipped {
                row = index(pixels.height) - 1 - row;
            }
            let start = (row * index(pixels.width) + column) * channels;
            data.extend(pixels.data.iter().skip(start).take(channels));
        }
    }
    Pixels {
        width,
        height,
        layout: pixels.layout,
        data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pixels::Layout;

    fn grey(width: u32, height: u32, data: &[u8]) -> Pixels {
        Pixels {
            width,
            height,
            layout: Layout::Grey,
            data: data.to_vec(),
        }
    }

    /// EXIF 2.32, table of the tag: which side of the upright picture the first row and the first column are.
    #[test]
    fn each_orientation_is_turned_upright() {
        // Upright:  1 2 3
        //           4 5 6
        let upright = grey(3, 2, &[1, 2, 3, 4, 5, 6]);
        for (value, stored) in [
            (1, grey(3, 2, &[1, 2, 3, 4, 5, 6])),
            // The first column is the right side.
            (2, grey(3, 2, &[3, 2, 1, 6, 5, 4])),
            // The first row is the bottom, the first column the right side.
            (3, grey(3, 2, &[6, 5, 4, 3, 2, 1])),
            // The first row is the bottom.
            (4, grey(3, 2, &[4, 5, 6, 1, 2, 3])),
            // The first row is the left side, the first column the top.
            (5, grey(2, 3, &[1, 4, 2, 5, 3, 6])),
            // The first row is the right side, the first column the top.
            (6, grey(2, 3, &[3, 6, 2, 5, 1, 4])),
            // The first row is the right side, the first column the bottom.
            (7, grey(2, 3, &[6, 3, 5, 2, 4, 1])),
            // The first row is the left side, the first column the bottom.
            (8, grey(2, 3, &[4, 1, 5, 2, 6, 3])),
        ] {
            assert_eq!(
                orient(stored, Orientation::from_exif(value)),
                upright,
                "orientation {value}"
            );
        }
    }

    #[test]
    fn the_samples_of_a_pixel_stay_together() {
        let stored = Pixels {
            width: 2,
            height: 1,
            layout: Layout::Rgb,
            data: vec![1, 2, 3, 4, 5, 6],
        };
        let upright = orient(stored, Orientation::from_exif(6));
        assert_eq!((upright.width, upright.height), (1, 2));
        assert_eq!(upright.data, [1, 2, 3, 4, 5, 6]);
    }
}

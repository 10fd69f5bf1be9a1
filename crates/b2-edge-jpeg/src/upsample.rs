//! Components that have fewer samples than the output: their rows are enlarged, as libjpeg-turbo does.

use crate::layout::{Grid, Layout};
use crate::plane::Plane;

/// How a row of the output is computed from the samples of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// The samples are those of the output.
    None,
    /// Twice the width: 3/4 of the nearer sample, and 1/4 of the other.
    DoubleWidth,
    /// Twice the height, in the same way.
    DoubleHeight,
    /// Twice the width and height, in the same way.
    DoubleBoth,
    /// The nearest sample, for other ratios.
    Nearest,
}

/// Enlarges the rows of one component.
#[derive(Clone, Debug)]
pub(crate) struct Upsampler {
    method: Method,
    /// The samples for every `output.0` of the output, horizontally.
    input: (usize, usize),
    output: (usize, usize),
    width: usize,
    row: Vec<u8>,
    sums: Vec<u16>,
}

impl Upsampler {
    /// For a component of a layout.
    pub(crate) fn new(layout: &Layout, grid: &Grid) -> Self {
        let input = (grid.horizontal * grid.size, grid.vertical * grid.size);
        let output = (
            layout.max_horizontal * layout.block_size,
            layout.max_vertical * layout.block_size,
        );
        // libjpeg interpolates neither at 1/8 nor in rows of up to two samples.
        let is_fine = layout.block_size > 1;
        let is_wide = is_fine && grid.width > 2;
        let method = if input == output {
            Method::None
        } else if is_wide && (input.0 * 2, input.1) == output {
            Method::DoubleWidth
        } else if is_fine && (input.0, input.1 * 2) == output {
            Method::DoubleHeight
        } else if is_wide && (input.0 * 2, input.1 * 2) == output {
            Method::DoubleBoth
        } else {
            Method::Nearest
        };
        Self {
            method,
            input,
            output,
            width: layout.width,
            row: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// A row of the output, which has at least the width of the picture.
    pub(crate) fn row<'a>(&'a mut self, plane: &'a Plane, y: usize) -> &'a [u8] {
        self.row.clear();
        match self.method {
            Method::None => return plane.row(y),
            Method::DoubleWidth => {
                let samples = plane.row(y).iter().map(|&sample| u16::from(sample));
                self.sums.clear();
                self.sums.extend(samples);
                double(&self.sums, 4, (1, 2), &mut self.row);
            }
            Method::DoubleHeight => {
                let (near, far) = nearest_rows(plane, y);
                // The upper row of two is rounded in the other direction.
                let rounding = if y.is_multiple_of(2) { 1 } else { 2 };
                let sums = near
                    .iter()
                    .zip(far)
                    .map(|(&near, &far)| three_to_one(near, far));
                self.row
                    .extend(sums.map(|sum| low_byte((sum + rounding) >> 2)));
            }
            Method::DoubleBoth => {
                let (near, far) = nearest_rows(plane, y);
                let sums = near
                    .iter()
                    .zip(far)
                    .map(|(&near, &far)| three_to_one(near, far));
                self.sums.clear();
                self.sums.extend(sums);
                double(&self.sums, 16, (8, 7), &mut self.row);
            }
            Method::Nearest => {
                let samples = plane.row(y * self.input.1 / self.output.1);
                let last = samples.last().copied().unwrap_or_default();
                let (input, output) = (self.input.0, self.output.0);
                let nearest = |x| samples.get(x * input / output).copied().unwrap_or(last);
                self.row.extend((0..self.width).map(nearest));
            }
        }
        &self.row
    }
}

/// The row that an output row is in, and the next one on its side.
fn nearest_rows(plane: &Plane, y: usize) -> (&[u8], &[u8]) {
    let near = y / 2;
    let far = if y.is_multiple_of(2) {
        near.saturating_sub(1)
    } else {
        near + 1
    };
    (plane.row(near), plane.row(far))
}

fn three_to_one(near: u8, far: u8) -> u16 {
    3 * u16::from(near) + u16::from(far)
}

/// Doubles a row of sums, which are samples times `scale / 4`. `rounding` is that of the left and right of each two.
fn double(sums: &[u16], scale: u16, rounding: (u16, u16), row: &mut Vec<u8>) {
    let shift = scale.ilog2();
    let (Some(&first), Some(&last)) = (sums.first(), sums.last()) else {
        return;
    };
    let before = std::iter::once(&first).chain(sums);
    let after = sums.iter().skip(1).chain([&last]);
    row.extend(
        sums.iter()
            .zip(before)
            .zip(after)
            .flat_map(|((&sum, &before), &after)| {
                [
                    low_byte((3 * sum + before + rounding.0) >> shift),
                    low_byte((3 * sum + after + rounding.1) >> shift),
                ]
            }),
    );
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "weighted means of bytes are bytes"
)]
fn low_byte(value: u16) -> u8 {
    value as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::{Component, Frame};
    use crate::scale::Scale;

    /// The first row of the output for a component with these samples, decoded at 1/8, where blocks are samples.
    fn row(factor: u8, of: u8, samples: &[u8]) -> Vec<u8> {
        let component = |horizontal| Component {
            horizontal,
            vertical: 1,
            ..Component::default()
        };
        let frame = Frame {
            width: u16::from(of) * 8,
            height: 8,
            is_progressive: false,
            components: [of, factor, of].map(component).to_vec(),
        };
        let layout = Layout::new(&frame, Scale::Eighth);
        let grid = &layout.grids[1];
        let mut plane = Plane::new(grid);
        plane.block(0, 0)[..samples.len()].copy_from_slice(samples);
        Upsampler::new(&layout, grid).row(&plane, 0).to_vec()
    }

    // libjpeg refuses ratios that are no whole numbers. The comparison with it tests the others.
    #[test]
    fn a_ratio_that_is_no_whole_number_takes_the_nearest_sample() {
        assert_eq!(row(2, 3, &[10, 20]), [10, 10, 20]);
        assert_eq!(row(3, 4, &[10, 20, 30]), [10, 10, 20, 30]);
        assert_eq!(row(1, 3, &[10]), [10, 10, 10]);
    }
}

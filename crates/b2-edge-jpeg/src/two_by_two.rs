//! Blocks of 2 × 2 samples, whose inverse DCT is computed while the coefficients are decoded.
//!
//! The first pass of the transform has only ten results, two for each column that has an influence. A coefficient is
//! multiplied by its factor in them, and added, instead of being stored in a block. The results are those of
//! [`idct::inverse`], bit for bit, as only sums are in another order.

use std::num::Wrapping;

use crate::idct::{self, Int};
use crate::quantization::Steps;
use crate::zigzag::ZIGZAG;

/// For each coefficient in the order of the file: its sum, and its factor in it, with the quantization step.
#[derive(Clone, Debug)]
pub(crate) struct Weights(Box<[(u8, Int); 64]>);

/// The sums of the columns: for each of 0, 1, 3, 5 and 7 that of row 0, and that of the other rows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sums([Int; 16]);

impl Weights {
    /// The weights for a component's quantization table.
    pub(crate) fn new(steps: &Steps) -> Self {
        let mut weights = Box::new([(0, Wrapping(0)); 64]);
        for ((weight, &place), &step) in weights.iter_mut().zip(&ZIGZAG).zip(steps) {
            let (row, column) = (place >> 3, place & 7);
            let is_below = u8::from(row != 0);
            let sum = match column {
                0 => 0,
                // Coefficients in the other columns have a weight of 0.
                odd => odd.div_ceil(2),
            };
            let factor = if column == 0 || !column.is_multiple_of(2) {
                idct::factor_of_half(row)
            } else {
                Wrapping(0)
            };
            *weight = (sum * 2 + is_below, factor * Wrapping(i32::from(step)));
        }
        Self(weights)
    }
}

impl Sums {
    /// Adds a coefficient with an index in the order of the file.
    #[inline]
    pub(crate) fn add(&mut self, weights: &Weights, index: usize, value: i32) {
        if let Some(&(sum, weight)) = weights.0.get(index)
            && let Some(sum) = self.0.get_mut(usize::from(sum))
        {
            *sum += weight * Wrapping(value);
        }
    }

    /// Writes the samples to the rows of `stride` samples in `output`.
    #[inline]
    pub(crate) fn write(&self, output: &mut [u8], stride: usize) {
        for (row, output) in self.samples().iter().zip(output.chunks_mut(stride)) {
            if let Some(output) = output.first_chunk_mut() {
                *output = *row;
            }
        }
    }

    /// The rows of the block.
    #[inline]
    fn samples(&self) -> [[u8; 2]; 2] {
        let Self([d0, o0, d1, o1, d3, o3, d5, o5, d7, o7, ..]) = *self;
        let columns = [(d0, o0), (d1, o1), (d3, o3), (d5, o5), (d7, o7)];
        let upper = columns.map(|(even, odd)| even + odd);
        let lower = columns.map(|(even, odd)| even - odd);
        [upper, lower].map(idct::row_of_two)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_have_the_samples_of_the_transform() {
        let mut state = 1_u32;
        let mut next = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            i32::try_from(state >> 24).expect("a byte") - 128
        };
        let steps: Steps = std::array::from_fn(|index| 3 + u16::try_from(index).expect("small"));
        let weights = Weights::new(&steps);
        for count in (1..=64).cycle().take(500) {
            let (mut sums, mut block) = (Sums::default(), [0; 64]);
            for index in 0..count {
                let value = next() / 16;
                sums.add(&weights, index, value);
                block[usize::from(ZIGZAG[index])] = value * i32::from(steps[index]);
            }
            let mut expected = [0; 4];
            idct::inverse(&block, 2, &mut expected, 2);
            assert_eq!(sums.samples().as_flattened(), expected, "{block:?}");
        }
    }
}

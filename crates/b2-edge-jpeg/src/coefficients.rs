//! The coefficients of a component of a progressive frame, which several scans complete.

use crate::idct;
use crate::layout::Grid;
use crate::plane::Plane;
use crate::quantization::{Dequantized, Steps};
use crate::selection::Selection;
use crate::two_by_two::{Sums, Weights};

/// The selected coefficients of a component.
#[derive(Clone, Debug)]
pub(crate) struct Coefficients {
    pub(crate) selection: &'static Selection,
    blocks_x: usize,
    /// The selected coefficients of each block.
    values: Vec<i16>,
    /// For each block, a bit for each of the 64 coefficients that is not 0, selected or not: refinement scans have bits
    /// for these. Empty if only DC coefficients are selected.
    present: Vec<u64>,
}

impl Coefficients {
    /// Coefficients that are 0.
    pub(crate) fn new(grid: &Grid) -> Self {
        let selection = Selection::of(grid.size);
        let blocks = grid.blocks_x * grid.blocks_y;
        let masks = if selection.count > 1 { blocks } else { 0 };
        Self {
            selection,
            blocks_x: grid.blocks_x,
            values: vec![0; blocks * selection.count],
            present: vec![0; masks],
        }
    }

    /// The selected coefficients of a block, and the bits of those that are not 0, if AC coefficients are selected.
    #[inline]
    pub(crate) fn block(&mut self, x: usize, y: usize) -> (&mut [i16], Option<&mut u64>) {
        let index = y * self.blocks_x + x;
        let start = index * self.selection.count;
        let values = self.values.get_mut(start..start + self.selection.count);
        (values.unwrap_or_default(), self.present.get_mut(index))
    }

    /// Transforms a row of blocks into samples.
    pub(crate) fn transform(&self, y: usize, steps: &Steps, plane: &mut Plane, size: usize) {
        let count = self.selection.count;
        let start = y * self.blocks_x * count;
        let row = self.values.get(start..start + self.blocks_x * count);
        let blocks = row.unwrap_or_default().chunks_exact(count).enumerate();
        let stride = plane.stride();
        let indices: Vec<usize> = self.selection.indices().collect();
        if size == 2 {
            let weights = Weights::new(steps);
            for (x, values) in blocks {
                let mut sums = Sums::default();
                for (&index, &value) in indices.iter().zip(values) {
                    sums.add(&weights, index, value.into());
                }
                sums.write(plane.block(x, y), stride);
            }
            return;
        }
        let dequantized = Dequantized::new(steps);
        for (x, values) in blocks {
            let mut block = [0; 64];
            for (&index, &value) in indices.iter().zip(values) {
                dequantized.put(&mut block, index, value.into());
            }
            let output = plane.block(x, y);
            if values.iter().skip(1).all(|&value| value == 0) {
                idct::flat(&block, size, output, stride);
            } else {
                idct::inverse(&block, size, output, stride);
            }
        }
    }
}

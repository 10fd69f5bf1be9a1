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
        if size == 1 {
            let [step, ..] = steps;
            for (x, values) in blocks {
                let dc = values.first().map_or(0, |&dc| i32::from(dc));
                if let Some(sample) = plane.block(x, y).first_mut() {
                    *sample = idct::mean(dc * i32::from(*step));
                }
            }
            return;
        }
        let weights = Weights::new(steps);
        let dequantized = Dequantized::new(steps);
        for (x, values) in blocks {
            let present = self.present.get(y * self.blocks_x + x);
            let present = present.copied().unwrap_or_default() | 1;
            let output = plane.block(x, y);
            if size == 2 {
                let mut sums = Sums::default();
                self.each(values, present, |index, value| {
                    sums.add(&weights, index, value);
                });
                sums.write(output, stride);
            } else {
                let mut block = [0; 64];
                self.each(values, present, |index, value| {
                    dequantized.put(&mut block, index, value);
                });
                if present == 1 {
                    idct::flat(&block, size, output, stride);
                } else {
                    idct::inverse(&block, size, output, stride);
                }
            }
        }
    }

    /// Passes the index and value of the selected coefficients of a block to `take`, of those whose bits are set.
    #[inline]
    fn each(&self, values: &[i16], mut present: u64, mut take: impl FnMut(usize, i32)) {
        while present != 0 {
            let index = present.trailing_zeros() as usize;
            let slot = self.selection.slot(index);
            if let Some(&value) = slot.and_then(|slot| values.get(slot)) {
                take(index, value.into());
            }
            present &= present - 1;
        }
    }
}

//! The coefficients of a component of a progressive frame, which several scans complete.

use crate::idct::{self, Block};
use crate::layout::Grid;
use crate::plane::Plane;
use crate::quantization::Steps;
use crate::selection::Selection;
use crate::zigzag::ZIGZAG;

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

    /// Transforms all blocks of a row of blocks into samples.
    pub(crate) fn transform(&self, y: usize, steps: &Steps, plane: &mut Plane, size: usize) {
        let count = self.selection.count;
        // The place in a block and the step of each selected coefficient.
        let places: Vec<(usize, i32)> = self
            .selection
            .indices()
            .filter_map(|index| Some((*ZIGZAG.get(index)?, *steps.get(index)?)))
            .map(|(place, step)| (usize::from(place), i32::from(step)))
            .collect();
        let start = y * self.blocks_x * count;
        let row = self.values.get(start..start + self.blocks_x * count);
        let stride = plane.stride();
        for (x, values) in row.unwrap_or_default().chunks_exact(count).enumerate() {
            let mut block: Block = [0; 64];
            for (&value, &(place, step)) in values.iter().zip(&places) {
                if let Some(coefficient) = block.get_mut(place) {
                    *coefficient = i32::from(value) * step;
                }
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

//! The samples of one component.

use crate::layout::Grid;

/// The samples of one component, in complete blocks.
#[derive(Clone, Debug)]
pub(crate) struct Plane {
    samples: Vec<u8>,
    stride: usize,
    /// The samples on each side of a block.
    size: usize,
    /// The samples of a row that are part of the picture.
    pub(crate) width: usize,
    /// The rows that are part of the picture.
    pub(crate) height: usize,
}

impl Plane {
    /// A plane for a component.
    pub(crate) fn new(grid: &Grid) -> Self {
        let stride = grid.blocks_x * grid.size;
        Self {
            samples: vec![0; stride * grid.blocks_y * grid.size],
            stride,
            size: grid.size,
            width: grid.width,
            height: grid.height,
        }
    }

    /// The samples from the first of a block on, for [`Self::stride`] samples a row.
    #[inline]
    pub(crate) fn block(&mut self, x: usize, y: usize) -> &mut [u8] {
        let start = (y * self.stride + x) * self.size;
        self.samples.get_mut(start..).unwrap_or_default()
    }

    /// The samples of a row, with those that complete the blocks.
    #[inline]
    pub(crate) fn stride(&self) -> usize {
        self.stride
    }

    /// The samples of a row that are part of the picture. Rows beyond the last are the last one.
    pub(crate) fn row(&self, y: usize) -> &[u8] {
        let start = y.min(self.height.saturating_sub(1)) * self.stride;
        self.samples
            .get(start..start + self.width)
            .unwrap_or_default()
    }
}

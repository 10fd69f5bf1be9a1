//! The sizes of everything at a scale: blocks, planes and the output (T.81, A.1.1 and A.2).

use crate::frame::{Component, Frame};
use crate::scale::Scale;
use crate::selection::Selection;

/// The sizes of one component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grid {
    /// The samples on each side of a block: 1, 2, 4 or 8.
    pub(crate) size: usize,
    /// The blocks of an interleaved MCU, horizontally.
    pub(crate) horizontal: usize,
    /// The blocks of an interleaved MCU, vertically.
    pub(crate) vertical: usize,
    /// The blocks of a row, in complete MCUs.
    pub(crate) blocks_x: usize,
    /// The rows of blocks, in complete MCUs.
    pub(crate) blocks_y: usize,
    /// The blocks of a row that have samples: those of a scan of this component alone.
    pub(crate) own_blocks_x: usize,
    /// The rows of blocks that have samples.
    pub(crate) own_blocks_y: usize,
    /// The samples of a row that are part of the picture.
    pub(crate) width: usize,
    /// The rows of samples that are part of the picture.
    pub(crate) height: usize,
}

/// The sizes of a frame at a scale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Of the output, in pixels.
    pub(crate) width: usize,
    /// Of the output, in pixels.
    pub(crate) height: usize,
    /// The interleaved MCUs of a row.
    pub(crate) mcus_x: usize,
    /// The rows of interleaved MCUs.
    pub(crate) mcus_y: usize,
    /// The size of a block of the component with the largest factors.
    pub(crate) block_size: usize,
    pub(crate) max_horizontal: usize,
    pub(crate) max_vertical: usize,
    pub(crate) grids: Vec<Grid>,
}

impl Layout {
    /// The sizes of a frame at a scale.
    pub(crate) fn new(frame: &Frame, scale: Scale) -> Self {
        let (width, height) = (usize::from(frame.width), usize::from(frame.height));
        let max_horizontal = usize::from(frame.max_horizontal());
        let max_vertical = usize::from(frame.max_vertical());
        let block_size = usize::from(scale.block_size());
        let mut layout = Self {
            width: (width * block_size).div_ceil(8),
            height: (height * block_size).div_ceil(8),
            mcus_x: width.div_ceil(8 * max_horizontal),
            mcus_y: height.div_ceil(8 * max_vertical),
            block_size,
            max_horizontal,
            max_vertical,
            grids: Vec::new(),
        };
        layout.grids = frame
            .components
            .iter()
            .map(|&component| layout.grid(component, width, height))
            .collect();
        layout
    }

    /// `width` and `height` are those of the frame.
    fn grid(&self, component: Component, width: usize, height: usize) -> Grid {
        let horizontal = usize::from(component.horizontal);
        let vertical = usize::from(component.vertical);
        // Chroma that was sampled at half the resolution has the resolution of the output if it is decoded at twice the
        // scale. As in libjpeg-turbo, only if that fits in both directions.
        let mut size = self.block_size;
        while size < 8
            && (self.max_horizontal * self.block_size).is_multiple_of(horizontal * size * 2)
            && (self.max_vertical * self.block_size).is_multiple_of(vertical * size * 2)
        {
            size *= 2;
        }
        let samples = |length: usize, factor: usize, max: usize, size: usize| {
            (length * factor * size).div_ceil(max * 8)
        };
        Grid {
            size,
            horizontal,
            vertical,
            blocks_x: self.mcus_x * horizontal,
            blocks_y: self.mcus_y * vertical,
            own_blocks_x: samples(width, horizontal, self.max_horizontal, 1),
            own_blocks_y: samples(height, vertical, self.max_vertical, 1),
            width: samples(width, horizontal, self.max_horizontal, size),
            height: samples(height, vertical, self.max_vertical, size),
        }
    }

    /// The bytes that decoding allocates: planes, coefficients of a progressive frame, and the output.
    pub(crate) fn memory(&self, is_progressive: bool) -> u64 {
        /// Huffman tables, and rows of samples that are enlarged.
        const TABLES: u64 = 1 << 20;
        let of_grid = |grid: &Grid| {
            let blocks = grid.blocks_x as u64 * grid.blocks_y as u64;
            let samples = (grid.size * grid.size) as u64;
            let selection = Selection::of(grid.size);
            let coefficients = match (is_progressive, selection.count) {
                (false, _) => 0,
                (true, 1) => 2,
                // Two bytes each, and a bit for each of 64.
                (true, count) => 2 * count as u64 + 8,
            };
            blocks * (samples + coefficients)
        };
        let planes: u64 = self.grids.iter().map(of_grid).sum();
        let output = self.width as u64 * self.height as u64 * self.grids.len() as u64;
        planes + output + TABLES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(factors: &[(u8, u8)], width: u16, height: u16, scale: Scale) -> Layout {
        let component = |&(horizontal, vertical)| Component {
            id: 0,
            horizontal,
            vertical,
            table: 0,
        };
        let frame = Frame {
            width,
            height,
            is_progressive: false,
            components: factors.iter().map(component).collect(),
        };
        Layout::new(&frame, scale)
    }

    #[test]
    fn chroma_is_decoded_at_the_resolution_of_the_output_where_it_can_be() {
        type Case = (&'static str, [(u8, u8); 3], Scale, [usize; 3]);
        let full = [8, 8, 8];
        let cases: [Case; 8] = [
            ("4:4:4", [(1, 1), (1, 1), (1, 1)], Scale::Eighth, [1, 1, 1]),
            ("4:2:0", [(2, 2), (1, 1), (1, 1)], Scale::Eighth, [1, 2, 2]),
            ("4:2:0", [(2, 2), (1, 1), (1, 1)], Scale::Half, [4, 8, 8]),
            ("4:2:0", [(2, 2), (1, 1), (1, 1)], Scale::Full, full),
            ("4:2:2", [(2, 1), (1, 1), (1, 1)], Scale::Quarter, [2, 2, 2]),
            ("4:1:0", [(4, 4), (1, 1), (1, 1)], Scale::Eighth, [1, 4, 4]),
            ("4:1:0", [(4, 4), (1, 1), (1, 1)], Scale::Quarter, [2, 8, 8]),
            ("uneven", [(3, 3), (2, 2), (1, 1)], Scale::Eighth, [1, 1, 1]),
        ];
        for (name, factors, scale, expected) in cases {
            let layout = layout(&factors, 100, 100, scale);
            let sizes: Vec<_> = layout.grids.iter().map(|grid| grid.size).collect();
            assert_eq!(sizes, expected, "{name} at {scale:?}");
        }
    }

    #[test]
    fn blocks_and_samples_are_rounded_up() {
        let layout = layout(&[(2, 2), (1, 1), (1, 1)], 17, 33, Scale::Eighth);
        assert_eq!((layout.width, layout.height), (3, 5));
        assert_eq!((layout.mcus_x, layout.mcus_y), (2, 3));
        let [luma, chroma, _] = layout.grids.as_slice() else {
            panic!("three components");
        };
        assert_eq!((luma.blocks_x, luma.blocks_y), (4, 6));
        assert_eq!((luma.own_blocks_x, luma.own_blocks_y), (3, 5));
        assert_eq!((luma.width, luma.height), (3, 5));
        assert_eq!((chroma.blocks_x, chroma.blocks_y), (2, 3));
        assert_eq!((chroma.own_blocks_x, chroma.own_blocks_y), (2, 3));
        assert_eq!((chroma.width, chroma.height), (3, 5));
    }
}

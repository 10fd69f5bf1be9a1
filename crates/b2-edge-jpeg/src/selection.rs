//! Which coefficients of a block have an influence at which size.
//!
//! A sample of a reduced block is a mean of samples, on which some frequencies have no influence. All others are
//! decoded, and so are the bits that refinement scans add to them. Leaving out more was measured at 1/4. With the five
//! lowest coefficients alone, sequential files take a third less time, and samples differ from the mean by 0.4 to 0.6 of
//! 255 in photographs, and by 4 in noise, 19 at most. Without refinement scans, progressive files take half the time, and
//! samples differ by 0.6 and 1.3. At 1/8, luma needs no AC coefficient, so that there is little to gain.

use crate::zigzag::ZIGZAG;

/// The coefficients that a block of a size is computed from. All others are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    /// The index of the last of them, in the order of the file.
    pub(crate) last: u8,
    /// For each index in the file, the index among the selected ones.
    slots: [Option<u8>; 64],
    /// How many they are.
    pub(crate) count: usize,
}

impl Selection {
    /// The selection for blocks of 1, 2, 4 or 8 samples a side.
    pub(crate) const fn of(size: usize) -> &'static Self {
        const OF_1: Selection = Selection::new(0b0000_0001, 0);
        const OF_2: Selection = Selection::new(0b1010_1011, 63);
        const OF_4: Selection = Selection::new(0b1110_1111, 63);
        const OF_8: Selection = Selection::new(0b1111_1111, 63);
        match size {
            1 => &OF_1,
            2 => &OF_2,
            4 => &OF_4,
            _ => &OF_8,
        }
    }

    /// The coefficients up to `limit` in the rows and columns whose bits are set in `frequencies`.
    const fn new(frequencies: u8, limit: u8) -> Self {
        let mut selection = Self {
            last: 0,
            slots: [None; 64],
            count: 0,
        };
        let mut index = 0;
        while index <= limit {
            #[expect(
                clippy::indexing_slicing,
                reason = "evaluated at compile time, where it cannot fail later"
            )]
            let place = ZIGZAG[index as usize];
            if frequencies >> (place & 7) & frequencies >> (place >> 3) & 1 != 0 {
                #[expect(
                    clippy::indexing_slicing,
                    clippy::cast_possible_truncation,
                    reason = "evaluated at compile time; at most 64"
                )]
                {
                    selection.slots[index as usize] = Some(selection.count as u8);
                }
                selection.count += 1;
                selection.last = index;
            }
            index += 1;
        }
        selection
    }

    /// The index among the selected coefficients of the one with this index in the file, if it is selected.
    #[inline]
    pub(crate) fn slot(&self, index: usize) -> Option<usize> {
        self.slots.get(index).copied().flatten().map(usize::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_one_sample_needs_the_dc_coefficient_alone() {
        let selection = Selection::of(1);
        assert_eq!((selection.last, selection.count), (0, 1));
        assert_eq!(selection.slot(0), Some(0));
        assert!((1..64).all(|index| selection.slot(index).is_none()));
    }

    #[test]
    fn a_full_block_needs_all_coefficients() {
        let selection = Selection::of(8);
        assert!((0..64).all(|index| selection.slot(index) == Some(index)));
        assert_eq!((selection.last, selection.count), (63, 64));
    }
}

//! The order in which a file contains the coefficients of a block.

/// For each index in the file, the place in a block of 8 rows (T.81, figure A.6).
pub(crate) const ZIGZAG: [u8; 64] = along_the_diagonals();

/// From the top left to the bottom right corner, along the diagonals, in turns up and down.
const fn along_the_diagonals() -> [u8; 64] {
    let mut order = [0; 64];
    let (mut column, mut row) = (0_u8, 0_u8);
    let mut index = 0;
    while index < order.len() {
        #[expect(
            clippy::indexing_slicing,
            reason = "evaluated at compile time, where it cannot fail later"
        )]
        {
            order[index] = row * 8 + column;
        }
        let upwards = (row + column).is_multiple_of(2);
        match (upwards, column, row) {
            (true, 7, _) | (false, 1..=7, 7) => {
                if upwards {
                    row += 1;
                } else {
                    column += 1;
                }
            }
            (true, _, 0) | (false, 0, 7) => column += 1,
            (false, 0, _) => row += 1,
            (true, ..) => {
                column += 1;
                row -= 1;
            }
            (false, ..) => {
                column -= 1;
                row += 1;
            }
        }
        index += 1;
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_standard() {
        // T.81, figure A.6: the index of each place, row by row.
        let figure: [usize; 64] = [
            0, 1, 5, 6, 14, 15, 27, 28, 2, 4, 7, 13, 16, 26, 29, 42, 3, 8, 12, 17, 25, 30, 41, 43,
            9, 11, 18, 24, 31, 40, 44, 53, 10, 19, 23, 32, 39, 45, 52, 54, 20, 22, 33, 38, 46, 51,
            55, 60, 21, 34, 37, 47, 50, 56, 59, 61, 35, 36, 48, 49, 57, 58, 62, 63,
        ];
        for (place, index) in figure.into_iter().enumerate() {
            assert_eq!(usize::from(ZIGZAG[index]), place, "index {index}");
        }
    }
}

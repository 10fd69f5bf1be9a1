//! The orientation of a picture: how its stored pixels are to be seen (EXIF 2.32, tag 0x0112).

/// How the upright picture is found in the stored one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Rows are columns.
    pub(crate) is_transposed: bool,
    /// In the stored picture, right is left.
    pub(crate) is_mirrored: bool,
    /// In the stored picture, down is up.
    pub(crate) is_flipped: bool,
}

impl Orientation {
    /// The orientation with this value of the tag; another value than 1 to 8 is none.
    #[must_use]
    pub const fn from_exif(value: u16) -> Self {
        let (is_transposed, is_mirrored, is_flipped) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, false, true),
            7 => (true, true, true),
            8 => (true, true, false),
            _ => (false, false, false),
        };
        Self {
            is_transposed,
            is_mirrored,
            is_flipped,
        }
    }

    /// Whether the stored picture is upright.
    #[must_use]
    pub const fn is_upright(self) -> bool {
        !self.is_transposed && !self.is_mirrored && !self.is_flipped
    }

    /// Width and height of the upright picture from those of the stored one, or the other way round.
    #[must_use]
    pub const fn turn(self, width: u32, height: u32) -> (u32, u32) {
        if self.is_transposed {
            (height, width)
        } else {
            (width, height)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_orientations_from_5_to_8_swap_the_sides() {
        for value in 0..=9 {
            let expected = if (5..=8).contains(&value) {
                (2, 3)
            } else {
                (3, 2)
            };
            assert_eq!(
                Orientation::from_exif(value).turn(3, 2),
                expected,
                "{value}"
            );
        }
    }
}

//! The scales at which a file can be decoded.

/// The size of the decoded picture relative to the size in the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scale {
    /// 1/8: one sample for each block.
    Eighth,
    /// 1/4: 2 × 2 samples for each block.
    Quarter,
    /// 1/2: 4 × 4 samples for each block.
    Half,
    /// 1/1.
    Full,
}

impl Scale {
    /// All scales, the smallest first.
    pub const ALL: [Self; 4] = [Self::Eighth, Self::Quarter, Self::Half, Self::Full];

    /// The width and height, in samples, that a block of 8 × 8 samples has at this scale: 1, 2, 4 or 8.
    #[must_use]
    pub const fn block_size(self) -> u8 {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Full => 8,
        }
    }

    /// The size of the output for a width or height in the header, in pixels, rounded up.
    #[must_use]
    pub const fn apply(self, length: u32) -> u32 {
        let scaled = (length as u64 * self.block_size() as u64).div_ceil(8);
        // At most `length`.
        #[expect(clippy::cast_possible_truncation, reason = "at most `length`, a u32")]
        {
            scaled as u32
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scaled_length_is_rounded_up() {
        let cases = [
            (Scale::Eighth, 1, 1),
            (Scale::Eighth, 8, 1),
            (Scale::Eighth, 9, 2),
            (Scale::Eighth, 2725, 341),
            (Scale::Quarter, 17, 5),
            (Scale::Half, 17, 9),
            (Scale::Full, 17, 17),
            (Scale::Full, u32::MAX, u32::MAX),
        ];
        for (scale, length, expected) in cases {
            assert_eq!(scale.apply(length), expected, "{scale:?} of {length}");
        }
    }
}

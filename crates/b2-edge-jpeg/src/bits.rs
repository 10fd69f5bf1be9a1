//! The bits of a scan: entropy-coded data without its stuffed bytes (T.81, F.1.2.3).

use crate::error::Error;
use crate::huffman::{Huffman, LOOKUP_BITS, Skip, Skips, Value, Values, extend};
use crate::segments::{has_byte_ff, marker};

/// A code that no table has.
const NO_SUCH_CODE: Error = Error::Corrupt("a code that its Huffman table does not have");
/// A block with more than 64 coefficients.
pub(crate) const TOO_MANY: Error = Error::Corrupt("a block has more than 64 coefficients");

/// How often a window that was just filled can be looked up.
const LOOKUPS: u32 = 56 / LOOKUP_BITS;

/// A reader of the bits of a scan.
///
/// Past the last bit before a marker or the end of the data it supplies zeros, so that the hot paths need not check.
/// [`Bits::check`] tells whether any were used.
///
/// The rare paths take and return it as a value: a reference to it would force it out of the registers in the hot ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    data: &'a [u8],
    /// Of the next byte that is not in the window.
    position: usize,
    /// The next bits, from the highest. Bits below `count` are those that follow, or 0.
    window: u64,
    /// The bits of the window that are valid.
    count: u32,
    /// How many bits after the end were added as zeros.
    added: u32,
}

impl<'a> Bits<'a> {
    /// The bits from a position on.
    pub(crate) fn new(data: &'a [u8], position: usize) -> Self {
        Self {
            data,
            position,
            window: 0,
            count: 0,
            added: 0,
        }
    }

    /// The position of the next byte that was not read.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Fills the window with at least 56 bits.
    #[inline]
    fn fill(&mut self) {
        let rest = self.data.get(self.position..).unwrap_or_default();
        if let Some(next) = rest.first_chunk() {
            let word = u64::from_be_bytes(*next);
            if !has_byte_ff(word) {
                self.window |= word >> self.count;
                let bytes = (63 - self.count) >> 3;
                self.position += bytes as usize;
                self.count += bytes * 8;
                return;
            }
        }
        *self = self.filled_by_byte();
    }

    #[cold]
    #[inline(never)]
    fn filled_by_byte(mut self) -> Self {
        while self.count <= 56 {
            let rest = self.data.get(self.position..).unwrap_or_default();
            let byte = match rest {
                [0xff, 0, ..] => {
                    self.position += 2;
                    0xff
                }
                [] | [0xff, ..] => {
                    self.added = self.added.saturating_add(8);
                    0
                }
                [byte, ..] => {
                    self.position += 1;
                    *byte
                }
            };
            self.window |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
        self
    }

    /// Makes the window contain at least 32 bits: a symbol and the bits that follow it.
    #[inline]
    pub(crate) fn ensure(&mut self) {
        if self.count < 32 {
            self.fill();
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most 16 bits are looked at"
    )]
    fn peek(&self, count: u32) -> usize {
        (self.window >> (64 - count)) as usize
    }

    #[inline]
    fn take(&mut self, count: u32) {
        self.window <<= count;
        self.count -= count;
    }

    /// Decodes a symbol. The window must contain 16 bits.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the table has no such code.
    #[inline]
    pub(crate) fn symbol(&mut self, table: &Huffman) -> Result<u8, Error> {
        let found = match table.short(self.peek(LOOKUP_BITS)) {
            None => table.long(self.peek(16)),
            short => short,
        };
        let (length, symbol) = found.ok_or(NO_SUCH_CODE)?;
        self.take(length);
        Ok(symbol)
    }

    /// Reads 0 to 15 bits as an unsigned number. The window must contain them.
    #[inline]
    pub(crate) fn number(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        #[expect(clippy::cast_possible_truncation, reason = "at most 15 bits")]
        let number = self.peek(count) as u32;
        self.take(count);
        number
    }

    /// Reads a coefficient of 0 to 15 bits. The window must contain them.
    #[inline]
    pub(crate) fn coefficient(&mut self, size: u32) -> i32 {
        extend(self.number(size), size)
    }

    /// Reads one bit.
    #[inline]
    pub(crate) fn bit(&mut self) -> bool {
        self.ensure();
        self.number(1) == 1
    }

    /// Decodes the difference of a DC coefficient.
    ///
    /// # Errors
    ///
    /// As [`Self::symbol`], and [`Error::Corrupt`] for a difference of more than 15 bits.
    #[inline]
    pub(crate) fn difference(&mut self, table: &Huffman) -> Result<i32, Error> {
        self.ensure();
        let size = u32::from(self.symbol(table)?);
        if size > 15 {
            return Err(Error::Corrupt("a DC coefficient of more than 15 bits"));
        }
        Ok(self.coefficient(size))
    }

    /// Decodes the AC coefficients of a block, and passes the index and value of those that are not 0 to `take`. A run of
    /// 16 that are 0 can be passed as one with the value 0.
    ///
    /// # Errors
    ///
    /// As [`Self::symbol`], and [`Error::Corrupt`] if the block has more than 64 coefficients.
    #[inline]
    pub(crate) fn each_ac(
        &mut self,
        table: &Values,
        mut take: impl FnMut(usize, i32),
    ) -> Result<(), Error> {
        let mut index = 0;
        loop {
            self.fill();
            for _ in 0..LOOKUPS {
                let value = table.get(self.peek(LOOKUP_BITS));
                let is_long = value == Value::NONE;
                let value = if is_long {
                    let (bits, value) = self.long_ac(&table.huffman);
                    *self = bits;
                    value?
                } else {
                    self.take(value.bits());
                    value
                };
                index += value.advance();
                if index >= 63 {
                    if index == 63 {
                        take(63, value.coefficient());
                    } else if index < Value::END {
                        return Err(TOO_MANY);
                    }
                    return Ok(());
                }
                take(index as usize, value.coefficient());
                if is_long {
                    break;
                }
            }
        }
    }

    /// Passes over the AC coefficients of a block.
    ///
    /// # Errors
    ///
    /// As [`Self::each_ac`].
    #[inline]
    pub(crate) fn skip_ac(&mut self, table: &Skips) -> Result<(), Error> {
        let mut index = 0;
        while index < 63 {
            self.fill();
            for _ in 0..LOOKUPS {
                let skip = table.get(self.peek(LOOKUP_BITS));
                let next = index + skip.advance();
                if next & (Skip::END - 1) >= 63 {
                    // A long code, or the last coefficients of the block, which need more care.
                    let (bits, value) = self.long_ac(&table.huffman);
                    *self = bits;
                    index += value?.advance();
                    if index >= Value::END {
                        return Ok(());
                    }
                    break;
                }
                self.take(skip.bits());
                if next >= Skip::END {
                    return Ok(());
                }
                index = next;
            }
        }
        if index > 63 {
            return Err(TOO_MANY);
        }
        Ok(())
    }

    /// Decodes a symbol and its coefficient without the combined look-up.
    #[cold]
    #[inline(never)]
    fn long_ac(mut self, table: &Huffman) -> (Self, Result<Value, Error>) {
        self.ensure();
        let value = self.symbol(table).map(|symbol| {
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            match (run, size) {
                (15, 0) => Value::new(0, 0, 16),
                (_, 0) => Value::new(0, 0, Value::END),
                _ => Value::new(self.coefficient(size), 0, run + 1),
            }
        });
        (self, value)
    }

    /// Tells whether all bits that were read were there.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if the data ended, [`Error::Corrupt`] if a marker came before.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.added <= self.count {
            Ok(())
        } else if self.position >= self.data.len().saturating_sub(1) {
            Err(Error::Truncated)
        } else {
            Err(Error::Corrupt("a scan ends before its last block"))
        }
    }

    /// The position after the last byte of which a bit was read.
    pub(crate) fn end(&self) -> usize {
        let unread = self.count.saturating_sub(self.added) / 8;
        (0..unread).fold(self.position, |end, _| {
            let read = self.data.get(..end).unwrap_or_default();
            // A byte of 0 after one of 0xff is stuffed.
            end.saturating_sub(if read.ends_with(&[0xff, 0]) { 2 } else { 1 })
        })
    }

    /// Passes over a restart marker with this number, modulo 8 (T.81, F.1.1.5.2).
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is something else.
    pub(crate) fn restart(&mut self, number: usize) -> Result<(), Error> {
        self.check()?;
        // Less than 8 bits can be padding.
        if self.count - self.added >= 8 {
            return Err(Error::Corrupt(
                "a restart marker does not follow its interval",
            ));
        }
        let rest = self.data.get(self.position..).unwrap_or_default();
        let fill = rest.iter().take_while(|&&byte| byte == 0xff).count();
        let Some(&found) = rest.get(fill) else {
            return Err(Error::Truncated);
        };
        if fill == 0 || usize::from(found) != usize::from(marker::RST0) + number % 8 {
            return Err(Error::Corrupt("a restart marker is missing"));
        }
        *self = Self::new(self.data, self.position + fill + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(data: &[u8], sizes: &[u32]) -> (Vec<u32>, Result<(), Error>) {
        let mut bits = Bits::new(data, 0);
        let read = sizes.iter().map(|&size| {
            bits.ensure();
            bits.number(size)
        });
        (read.collect(), bits.check())
    }

    #[test]
    fn stuffed_bytes_are_no_bits() {
        let data = b"\x12\xff\x00\x34\x56\x78\x9a\xbc\xde\xf0\xff\x00\xff\x00";
        let (read, all) = numbers(data, &[8, 12, 4, 8, 8, 8, 8, 8, 8, 8, 8]);
        assert_eq!(
            read,
            [
                0x12, 0xff3, 0x4, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0xff, 0xff
            ]
        );
        assert_eq!(all, Ok(()));
    }

    #[test]
    fn the_end_is_after_the_last_bit_that_was_read() {
        let data = b"\x12\xff\x00\x34\xff\x00\x56\xff\xd9";
        for (count, end) in [
            (0, 0),
            (1, 1),
            (8, 1),
            (9, 3),
            (17, 4),
            (25, 6),
            (33, 7),
            (40, 7),
        ] {
            let mut bits = Bits::new(data, 0);
            for _ in 0..count {
                bits.bit();
            }
            assert_eq!(bits.end(), end, "{count} bits");
        }
    }

    #[test]
    fn bits_that_are_not_there_are_zeros_and_an_error() {
        let early = Err(Error::Corrupt("a scan ends before its last block"));
        let cases: [(&[u8], u32, Result<(), Error>); 5] = [
            (b"\xab\xcd", 16, Ok(())),
            (b"\xab", 9, Err(Error::Truncated)),
            (b"\xab\xff", 9, Err(Error::Truncated)),
            (b"\xab\xff\xd9", 9, early),
            (b"", 9, Err(Error::Truncated)),
        ];
        for (data, count, all) in cases {
            let ones = vec![1; count as usize];
            let byte = data.first().copied().unwrap_or_default();
            let (read, outcome) = numbers(data, &ones);
            let highest = read.iter().take(8).fold(0, |all, bit| all << 1 | bit);
            assert_eq!(highest, u32::from(byte), "{data:x?}");
            assert_eq!(outcome, all, "{count} bits of {data:x?}");
        }
    }

    #[test]
    fn a_restart_marker_must_follow_with_its_number() {
        let missing = Err(Error::Corrupt("a restart marker is missing"));
        let extra = Err(Error::Corrupt(
            "a restart marker does not follow its interval",
        ));
        let cases: [(&[u8], usize, Result<(), Error>); 7] = [
            (b"\xab\xff\xd0\x00", 0, Ok(())),
            (b"\xab\xff\xff\xd3\x00", 11, Ok(())),
            (b"\xab\xff\xd1\x00", 0, missing),
            (b"\xab\xff\xd9", 0, missing),
            (b"\xab\xcd\xff\xd0", 0, extra),
            (b"\xab", 0, Err(Error::Truncated)),
            (b"\xab\xff", 0, Err(Error::Truncated)),
        ];
        for (data, number, expected) in cases {
            let mut bits = Bits::new(data, 0);
            bits.ensure();
            bits.number(4);
            assert_eq!(bits.restart(number), expected, "{data:x?}");
        }
    }
}

//! Huffman tables (T.81, annex C and B.2.4.2), as look-up tables for the next bits of a scan.

#![expect(
    clippy::indexing_slicing,
    reason = "arrays of a power of two, indexed with as many bits"
)]

use crate::error::Error;

/// The bits with which the tables are looked up. Longer codes are rare.
pub(crate) const LOOKUP_BITS: u32 = 13;
const ENTRIES: usize = 1 << LOOKUP_BITS;
const LONGEST: u32 = 16;

type Lookup<T> = Box<[T; ENTRIES]>;

/// A code as a DHT segment defines it. Look-up tables are built from it only if a scan uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Code {
    /// The number of codes of each length from 1 bit.
    counts: [u8; 16],
    /// By length.
    symbols: Vec<u8>,
}

/// The codes that have been defined so far, by destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Codes {
    dc: [Option<Code>; 4],
    ac: [Option<Code>; 4],
}

impl Codes {
    /// Reads a DHT segment, which can define several codes.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the segment is too short, or has a class or destination that does not exist.
    pub(crate) fn read(&mut self, mut payload: &[u8]) -> Result<(), Error> {
        const SHORT: Error = Error::Corrupt("a Huffman table is too short");
        while let Some((&head, rest)) = payload.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>().ok_or(SHORT)?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(total).ok_or(SHORT)?;
            if total > 256 {
                return Err(Error::Corrupt("a Huffman table has more than 256 symbols"));
            }
            let tables = match head >> 4 {
                0 => &mut self.dc,
                1 => &mut self.ac,
                _ => return Err(Error::Corrupt("a Huffman table has no such class")),
            };
            let table = tables
                .get_mut(usize::from(head & 15))
                .ok_or(Error::Corrupt("a Huffman table has no such place"))?;
            *table = Some(Code {
                counts: *counts,
                symbols: symbols.to_vec(),
            });
            payload = rest;
        }
        Ok(())
    }

    /// The code of DC coefficients at a destination.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if none was defined.
    pub(crate) fn dc(&self, destination: u8) -> Result<&Code, Error> {
        defined(&self.dc, destination)
    }

    /// The code of AC coefficients at a destination.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if none was defined.
    pub(crate) fn ac(&self, destination: u8) -> Result<&Code, Error> {
        defined(&self.ac, destination)
    }
}

fn defined(codes: &[Option<Code>; 4], destination: u8) -> Result<&Code, Error> {
    let code = codes.get(usize::from(destination));
    code.and_then(Option::as_ref).ok_or(Error::Corrupt(
        "a scan needs a Huffman table that is missing",
    ))
}

/// A table that decodes one symbol.
#[derive(Clone, Debug)]
pub(crate) struct Huffman {
    /// For the next bits: the length of the code in the upper byte, the symbol in the lower; 0 for a longer code.
    short: Lookup<u16>,
    /// For each length: the end of its codes (exclusive), and the index of its first symbol less its first code.
    long: [(usize, isize); LONGEST as usize + 1],
    symbols: Vec<u8>,
}

impl Huffman {
    /// The table of a code.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the code has more codes of a length than there can be.
    pub(crate) fn new(code: &Code) -> Result<Self, Error> {
        let mut table = Self {
            short: lookup(0),
            long: [(0, 0); LONGEST as usize + 1],
            symbols: code.symbols.clone(),
        };
        let mut next = 0_usize;
        let mut symbols = code.symbols.iter();
        let mut index = 0_isize;
        for ((length, &count), long) in (1..).zip(&code.counts).zip(table.long.iter_mut().skip(1)) {
            let first = next;
            next += usize::from(count);
            // A code of ones alone is not allowed.
            if next >= 1 << length {
                return Err(Error::Corrupt("a Huffman table has too many codes"));
            }
            *long = (next, index - first.cast_signed());
            index += isize::from(i16::from(count));
            for (code, &symbol) in (first..next).zip(symbols.by_ref()) {
                if length <= LOOKUP_BITS {
                    let start = code << (LOOKUP_BITS - length);
                    let entries = 1 << (LOOKUP_BITS - length);
                    let filled = table.short.iter_mut().skip(start).take(entries);
                    #[expect(clippy::cast_possible_truncation, reason = "a length is at most 16")]
                    filled.for_each(|entry| *entry = (length as u16) << 8 | u16::from(symbol));
                }
            }
            next <<= 1;
        }
        Ok(table)
    }

    /// The length of the code and the symbol for the next bits, if the code has at most [`LOOKUP_BITS`].
    #[inline]
    pub(crate) fn short(&self, bits: usize) -> Option<(u32, u8)> {
        let entry = self.short[bits & (ENTRIES - 1)];
        let [length, symbol] = entry.to_be_bytes();
        (entry != 0).then_some((u32::from(length), symbol))
    }

    /// The length of the code and the symbol for the next 16 bits, if [`Self::short`] has none.
    #[cold]
    pub(crate) fn long(&self, bits: usize) -> Option<(u32, u8)> {
        (LOOKUP_BITS + 1..=LONGEST).find_map(|length| {
            let (end, offset) = self.long[length as usize];
            let code = bits >> (LONGEST - length);
            if code >= end {
                return None;
            }
            let index = code.checked_add_signed(offset)?;
            self.symbols.get(index).map(|&symbol| (length, symbol))
        })
    }
}

/// A symbol with the coefficient that follows it, or the end of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Value(u32);

impl Value {
    /// More bits than [`LOOKUP_BITS`], or a run of zeros without a coefficient: the symbol must be decoded alone.
    pub(crate) const NONE: Self = Self(0);
    /// The advance at the end of a block.
    pub(crate) const END: u32 = 128;

    /// The coefficient has at most 16 bits.
    #[inline]
    pub(crate) const fn new(coefficient: i32, bits: u32, advance: u32) -> Self {
        Self(coefficient.cast_unsigned() << 16 | advance << 8 | bits)
    }

    /// The bits of the symbol and the coefficient.
    #[inline]
    pub(crate) fn bits(self) -> u32 {
        self.0 & 15
    }

    /// The coefficients to advance by: those that are 0, and this one. Or [`Self::END`].
    #[inline]
    pub(crate) fn advance(self) -> u32 {
        self.0 >> 8 & 255
    }

    /// The coefficient; 0 at the end of a block.
    #[inline]
    pub(crate) fn coefficient(self) -> i32 {
        self.0.cast_signed() >> 16
    }
}

/// As many symbols, with their coefficients, as fit in [`LOOKUP_BITS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Skip(u16);

impl Skip {
    /// The advance that never fits in a block: the next symbol must be decoded alone.
    const NONE: Self = Self(63 << 4);
    /// In the advance, says that the last symbol ends the block.
    pub(crate) const END: u32 = Value::END;

    /// The bits of the symbols and coefficients.
    #[inline]
    pub(crate) fn bits(self) -> u32 {
        u32::from(self.0 & 15)
    }

    /// The coefficients to advance by, plus [`Self::END`] if the block ends.
    #[inline]
    pub(crate) fn advance(self) -> u32 {
        u32::from(self.0 >> 4)
    }
}

/// A table of AC coefficients that are wanted.
#[derive(Clone, Debug)]
pub(crate) struct Values {
    pub(crate) huffman: Huffman,
    values: Lookup<Value>,
}

impl Values {
    /// The table of a code.
    ///
    /// # Errors
    ///
    /// As [`Huffman::new`].
    pub(crate) fn new(code: &Code) -> Result<Self, Error> {
        let huffman = Huffman::new(code)?;
        let mut values = lookup(Value::NONE);
        for (bits, value) in values.iter_mut().enumerate() {
            *value = huffman.value(bits);
        }
        Ok(Self { huffman, values })
    }

    /// What the next bits begin with.
    #[inline]
    pub(crate) fn get(&self, bits: usize) -> Value {
        self.values[bits & (ENTRIES - 1)]
    }
}

/// A table of AC coefficients that are skipped.
#[derive(Clone, Debug)]
pub(crate) struct Skips {
    pub(crate) huffman: Huffman,
    skips: Lookup<Skip>,
}

impl Skips {
    /// The table of a code.
    ///
    /// # Errors
    ///
    /// As [`Huffman::new`].
    pub(crate) fn new(code: &Code) -> Result<Self, Error> {
        let huffman = Huffman::new(code)?;
        let mut skips = lookup(Skip::NONE);
        for (bits, skip) in skips.iter_mut().enumerate() {
            *skip = huffman.skip(bits);
        }
        Ok(Self { huffman, skips })
    }

    /// What can be skipped of the next bits.
    #[inline]
    pub(crate) fn get(&self, bits: usize) -> Skip {
        self.skips[bits & (ENTRIES - 1)]
    }
}

impl Huffman {
    fn value(&self, bits: usize) -> Value {
        let Some((length, symbol)) = self.short(bits) else {
            return Value::NONE;
        };
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        let total = length + size;
        if size == 0 && run != 15 {
            return Value::new(0, length, Value::END);
        }
        if size == 0 || total > LOOKUP_BITS {
            return Value::NONE;
        }
        let raw = bits >> (LOOKUP_BITS - total) & ((1 << size) - 1);
        #[expect(clippy::cast_possible_truncation, reason = "less than 13 bits")]
        let coefficient = extend(raw as u32, size);
        Value::new(coefficient, total, run + 1)
    }

    fn skip(&self, bits: usize) -> Skip {
        let (mut used, mut advance) = (0, 0);
        let mut end = 0;
        while let Some((length, symbol)) = self.short(bits << used) {
            let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
            let is_end = size == 0 && run != 15;
            let total = used + length + size;
            if total > LOOKUP_BITS || (!is_end && advance + run + 1 >= 63) {
                break;
            }
            used = total;
            if is_end {
                end = Skip::END;
                break;
            }
            advance += run + 1;
        }
        if used == 0 {
            return Skip::NONE;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "4 bits, 6 bits and a flag above them"
        )]
        Skip((used | (advance | end) << 4) as u16)
    }
}

/// The coefficient with these bits (T.81, table F.1 and figure F.12): the lower half is negative.
#[inline]
pub(crate) fn extend(raw: u32, size: u32) -> i32 {
    let raw = raw.cast_signed();
    if size > 0 && raw < 1 << (size - 1) {
        raw - (1 << size) + 1
    } else {
        raw
    }
}

#[expect(
    clippy::unnecessary_box_returns,
    reason = "64 KB do not belong on the stack"
)]
fn lookup<T: Copy>(empty: T) -> Lookup<T> {
    let entries = vec![empty; ENTRIES].into_boxed_slice();
    // A slice of this length always converts.
    entries
        .try_into()
        .unwrap_or_else(|_| Box::new([empty; ENTRIES]))
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::unusual_byte_groupings,
        reason = "the groups are codes and the bits that follow them"
    )]

    use super::*;

    /// T.81, table K.3: the code of the DC coefficients of luma.
    fn of_dc() -> Code {
        Code {
            counts: [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            symbols: (0..=11).collect(),
        }
    }

    /// `00` is the end of a block, `01` a coefficient of 1 bit, `100` one of 2 bits after 15 of 0, and one code of
    /// 16 bits.
    fn of_ac() -> Code {
        Code {
            counts: [0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            symbols: vec![0x00, 0x01, 0xf2, 0x23],
        }
    }

    #[test]
    fn the_codes_are_those_of_the_standard() {
        let table = Huffman::new(&of_dc()).expect("a table");
        // The code words of table K.3.
        let words = [
            ("00", 0),
            ("010", 1),
            ("011", 2),
            ("100", 3),
            ("101", 4),
            ("110", 5),
            ("1110", 6),
            ("11110", 7),
            ("111110", 8),
            ("1111110", 9),
            ("11111110", 10),
            ("111111110", 11),
        ];
        for (word, symbol) in words {
            let length = u32::try_from(word.len()).expect("short");
            let bits = usize::from_str_radix(word, 2).expect("bits") << (LOOKUP_BITS - length);
            assert_eq!(table.short(bits), Some((length, symbol)), "{word}");
        }
        assert_eq!(table.short(ENTRIES - 1), None);
        assert_eq!(table.long(0xffff), None);
    }

    #[test]
    fn a_code_longer_than_the_look_up_is_found() {
        let table = Huffman::new(&of_ac()).expect("a table");
        assert_eq!(table.short(0b1010_0000_0000_0), None);
        assert_eq!(table.long(0b1010_0000_0000_0000), Some((16, 0x23)));
        assert_eq!(table.long(0b1010_0000_0000_0001), None);
    }

    #[test]
    fn a_coefficient_comes_with_its_symbol() {
        let table = Values::new(&of_ac()).expect("a table");
        let cases = [
            (0b01_0_0000000000, Value::new(-1, 3, 1)),
            (0b01_1_0000000000, Value::new(1, 3, 1)),
            (0b100_00_00000000, Value::new(-3, 5, 16)),
            (0b100_10_00000000, Value::new(2, 5, 16)),
            (0b00_00000000000, Value::new(0, 2, Value::END)),
            (0b101_0000000000, Value::NONE),
        ];
        for (bits, expected) in cases {
            assert_eq!(table.get(bits), expected, "{bits:013b}");
        }
        let value = table.get(0b100_00_00000000);
        assert_eq!(
            (value.coefficient(), value.bits(), value.advance()),
            (-3, 5, 16)
        );
    }

    #[test]
    fn symbols_are_skipped_up_to_the_end_of_the_block() {
        let table = Skips::new(&of_ac()).expect("a table");
        let cases = [
            ("four coefficients of 1 bit", 0b010_011_010_011_0, (12, 4)),
            ("two, and the end", 0b010_011_00_11111, (8, 2 + Skip::END)),
            ("the end alone", 0b00_01000000000, (2, Skip::END)),
            ("one that is cut off", 0b010_010_100_1010, (11, 18)),
            ("a long code", 0b101_0000000000, (0, 63)),
        ];
        for (name, bits, expected) in cases {
            let skip = table.get(bits);
            assert_eq!((skip.bits(), skip.advance()), expected, "{name}");
        }
    }

    #[test]
    fn a_table_that_cannot_be_is_corrupt() {
        // Three codes of one bit; two, one of which is of ones alone; three of two bits.
        for (length, count, is_possible) in [(1, 3, false), (1, 2, false), (2, 3, true)] {
            let mut payload = [0; 17 + 3];
            payload[length] = count;
            let mut codes = Codes::default();
            assert_eq!(codes.read(&payload[..17 + usize::from(count)]), Ok(()));
            let table = Huffman::new(codes.dc(0).expect("a code"));
            assert_eq!(table.is_ok(), is_possible, "{count} codes of {length} bits");
        }
        let cases: [(&str, &[u8]); 4] = [
            ("no counts", &[0; 16]),
            (
                "no symbols",
                &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            ),
            ("a third class", &[0x20; 600]),
            ("a fifth destination", &[0x04; 17 + 64]),
        ];
        for (name, payload) in cases {
            let read = Codes::default().read(payload);
            assert!(matches!(read, Err(Error::Corrupt(_))), "{name}: {read:?}");
        }
    }

    #[test]
    fn the_lower_half_of_the_bits_is_negative() {
        let cases = [
            (0, 0, 0),
            (0, 1, -1),
            (1, 1, 1),
            (0, 3, -7),
            (3, 3, -4),
            (4, 3, 4),
            (7, 3, 7),
            (0, 15, -32767),
        ];
        for (raw, size, value) in cases {
            assert_eq!(extend(raw, size), value, "{raw} of {size} bits");
        }
    }
}

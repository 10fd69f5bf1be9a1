//! The binary form of cache entries: numbers in little-endian order, and byte strings after their length.
//!
//! A record begins with a checksum, so that one that was changed is no record. What is not a record is a miss.

use std::ops::Range;

use bytes::Bytes;

/// The bytes of the checksum and of the length that follows it.
const HEAD_BYTES: usize = 8 + 4;

/// Writes a record.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new() -> Self {
        Self(vec![0; HEAD_BYTES])
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    pub(super) fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// A byte string. One of more than 4 GiB, which nothing stores, is cut.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0
            .extend_from_slice(bytes.get(..length as usize).unwrap_or(bytes));
    }

    /// The record.
    pub(super) fn finish(mut self) -> Vec<u8> {
        let length = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        if let Some(place) = self.0.get_mut(8..HEAD_BYTES) {
            place.copy_from_slice(&length.to_le_bytes());
        }
        let checksum = checksum(self.0.get(8..).unwrap_or_default());
        if let Some(place) = self.0.get_mut(..8) {
            place.copy_from_slice(&checksum.to_le_bytes());
        }
        self.0
    }
}

/// Reads a record, in the order in which it was written.
pub(super) struct Reader<'r> {
    record: &'r Bytes,
    position: usize,
}

impl<'r> Reader<'r> {
    /// Begins to read; `None` if the bytes are no record.
    pub(super) fn new(record: &'r Bytes) -> Option<Self> {
        let expected = u64::from_le_bytes(*record.first_chunk()?);
        let mut reader = Self {
            record,
            position: 8,
        };
        let is_whole = reader.length()? == record.len();
        (is_whole && checksum(record.get(8..)?) == expected).then_some(reader)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        let [byte] = self.chunk()?;
        Some(byte)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        self.chunk().map(u64::from_le_bytes)
    }

    /// A byte string, where it is in the record.
    pub(super) fn range(&mut self) -> Option<Range<usize>> {
        let length = self.length()?;
        let range = self.position..self.position.checked_add(length)?;
        self.record.get(range.clone())?;
        self.position = range.end;
        Some(range)
    }

    /// A byte string, which shares the memory of the record.
    pub(super) fn bytes(&mut self) -> Option<Bytes> {
        let range = self.range()?;
        Some(self.record.slice(range))
    }

    /// A byte string that is UTF-8.
    pub(super) fn text(&mut self) -> Option<String> {
        let range = self.range()?;
        let text = std::str::from_utf8(self.record.get(range)?).ok()?;
        Some(text.to_owned())
    }

    /// Whether all of it was read.
    pub(super) fn is_at_end(&self) -> bool {
        self.position == self.record.len()
    }

    fn length(&mut self) -> Option<usize> {
        let length = u32::from_le_bytes(self.chunk()?);
        usize::try_from(length).ok()
    }

    fn chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        let chunk = *self.record.get(self.position..)?.first_chunk()?;
        self.position += N;
        Some(chunk)
    }
}

/// A checksum that notices any change within eight bytes, and almost any other: each step is a bijection. It is not meant
/// to withstand anybody.
fn checksum(bytes: &[u8]) -> u64 {
    // An odd number with as many ones as zeros: the golden ratio.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |sum: u64, word: u64| (sum.rotate_left(5) ^ word).wrapping_mul(FACTOR);
    let (words, rest) = bytes.as_chunks();
    let sum = words
        .iter()
        .fold(0, |sum, word| step(sum, u64::from_le_bytes(*word)));
    let rest = rest
        .iter()
        .fold(0, |word, byte| word << 8 | u64::from(*byte));
    step(sum, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Vec<u8> {
        let mut writer = Writer::new();
        writer.byte(7);
        writer.number(u64::MAX - 1);
        writer.bytes(b"a text");
        writer.bytes(b"");
        writer.finish()
    }

    #[test]
    fn what_was_written_is_read_in_the_same_order() {
        let record = Bytes::from(record());
        let mut reader = Reader::new(&record).expect("a record");
        assert_eq!(reader.byte(), Some(7));
        assert_eq!(reader.number(), Some(u64::MAX - 1));
        assert!(!reader.is_at_end());
        assert_eq!(reader.text().as_deref(), Some("a text"));
        assert_eq!(reader.bytes().as_deref(), Some(&b""[..]));
        assert!(reader.is_at_end());
        assert_eq!(reader.byte(), None);
        assert_eq!(reader.number(), None);
        assert_eq!(reader.bytes(), None);
    }

    #[test]
    fn a_record_that_was_changed_cut_or_extended_is_none() {
        let whole = record();
        for index in 0..whole.len() {
            for bit in 0..8 {
                let mut changed = whole.clone();
                changed[index] ^= 1 << bit;
                let changed = Bytes::from(changed);
                assert!(Reader::new(&changed).is_none(), "bit {bit} of byte {index}");
            }
            let cut = Bytes::copy_from_slice(&whole[..index]);
            assert!(Reader::new(&cut).is_none(), "{index} bytes of it");
        }
        let extended = Bytes::from([whole.as_slice(), b"\0"].concat());
        assert!(Reader::new(&extended).is_none());
    }

    #[test]
    fn a_length_beyond_the_end_is_none() {
        let mut writer = Writer::new();
        // Read as the length of a byte string.
        writer.number(u64::MAX);
        let record = Bytes::from(writer.finish());
        let mut reader = Reader::new(&record).expect("a record");
        assert_eq!(reader.bytes(), None);
    }
}

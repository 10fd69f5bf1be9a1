//! The parts of files: segments, chunks and blocks. Each is an iterator that goes through a file without decoding
//! anything, and finds out whether the file is complete. What the parts mean is for `inspect`, `strip` and `decode`.

pub(crate) mod gif;
pub(crate) mod jpeg;
pub(crate) mod png;
pub(crate) mod riff;

/// The file ends before its last part, or a part has an impossible length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Incomplete;

/// The two bytes at an offset, as a number in network order.
pub(crate) fn be16(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u16::from_be_bytes(*bytes))
}

/// The four bytes at an offset, as a number in network order.
pub(crate) fn be32(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

/// The two bytes at an offset, as a number with the low byte first.
pub(crate) fn le16(data: &[u8], at: usize) -> Option<u16> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u16::from_le_bytes(*bytes))
}

/// The three bytes at an offset, as a number with the low byte first.
pub(crate) fn le24(data: &[u8], at: usize) -> Option<u32> {
    let [low, middle, high] = *data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([low, middle, high, 0]))
}

/// The four bytes at an offset, as a number with the low byte first.
pub(crate) fn le32(data: &[u8], at: usize) -> Option<u32> {
    let bytes = data.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*bytes))
}

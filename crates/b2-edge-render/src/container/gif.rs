//! The blocks of a GIF (`GIF89a`, sections 12 to 27).

use super::{Incomplete, le16};

/// The bytes of the header and of the logical screen descriptor.
const HEADER: usize = 13;

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block<'a> {
    /// What it is.
    pub(crate) kind: BlockKind<'a>,
    /// The block as it is in the file, with its data.
    pub(crate) bytes: &'a [u8],
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockKind<'a> {
    /// The header, with the global colour table.
    Header,
    /// A frame, with its colour table.
    Frame {
        /// Pixels in a row.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// An extension with this label, and its first sub-block.
    Extension(u8, &'a [u8]),
    /// The end of the file.
    Trailer,
}

/// The blocks, up to the trailer, which is the last one.
pub(crate) struct Blocks<'a> {
    /// What follows the last block. `None` after the end.
    rest: Option<&'a [u8]>,
    is_start: bool,
}

impl<'a> Blocks<'a> {
    /// The blocks of a file that starts with `GIF87a` or `GIF89a`.
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self {
            rest: Some(data),
            is_start: true,
        }
    }

    fn read(&mut self, rest: &'a [u8]) -> Option<Block<'a>> {
        let (kind, length) = if self.is_start {
            let &flags = rest.get(10)?;
            (BlockKind::Header, HEADER + color_table(flags))
        } else {
            match rest.first()? {
                0x3b => (BlockKind::Trailer, 1),
                0x2c => {
                    let kind = BlockKind::Frame {
                        width: le16(rest, 5)?,
                        height: le16(rest, 7)?,
                    };
                    let &flags = rest.get(9)?;
                    // The colour table is followed by a byte for the code size.
                    let start = 10 + color_table(flags) + 1;
                    (kind, start + sub_blocks(rest.get(start..)?)?)
                }
                0x21 => {
                    let &label = rest.get(1)?;
                    let &size = rest.get(2)?;
                    let first = rest.get(3..3 + usize::from(size))?;
                    let length = 2 + sub_blocks(rest.get(2..)?)?;
                    (BlockKind::Extension(label, first), length)
                }
                _ => return None,
            }
        };
        self.is_start = false;
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.rest = (kind != BlockKind::Trailer).then_some(rest);
        Some(Block { kind, bytes })
    }
}

impl<'a> Iterator for Blocks<'a> {
    type Item = Result<Block<'a>, Incomplete>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        Some(self.read(rest).ok_or(Incomplete))
    }
}

/// The bytes of a colour table.
const fn color_table(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// The bytes of the sub-blocks that the data starts with, and of the block terminator after them.
fn sub_blocks(data: &[u8]) -> Option<usize> {
    let mut position = 0;
    loop {
        let size = usize::from(*data.get(position)?);
        position += size + 1;
        if size == 0 {
            return Some(position);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_with_the_trailer() {
        let mut data = b"GIF89a\x02\0\x01\0\x80\0\0".to_vec();
        data.extend([0; 6]);
        data.extend(b"\x21\xfe\x02hi\0");
        data.extend(b"\x2c\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0");
        data.extend(b"\x3bafter");
        let blocks: Vec<_> = Blocks::new(&data).map(Result::unwrap).collect();
        let kinds: Vec<_> = blocks.iter().map(|block| block.kind).collect();
        assert_eq!(
            kinds,
            [
                BlockKind::Header,
                BlockKind::Extension(0xfe, b"hi"),
                BlockKind::Frame {
                    width: 2,
                    height: 1
                },
                BlockKind::Trailer
            ]
        );
        let length: usize = blocks.iter().map(|block| block.bytes.len()).sum();
        assert_eq!(length, data.len() - "after".len());
        for length in 0..length {
            assert_eq!(
                Blocks::new(&data[..length]).last(),
                Some(Err(Incomplete)),
                "{length} bytes"
            );
        }
    }
}

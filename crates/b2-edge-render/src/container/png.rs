//! The chunks of a PNG (<https://www.w3.org/TR/png-3/#5Chunk-layout>).

use super::{Incomplete, be32};

/// The first bytes of a PNG.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    /// Its type.
    pub(crate) kind: [u8; 4],
    /// Its content.
    pub(crate) data: &'a [u8],
    /// The chunk as it is in the file, from its length to its checksum.
    pub(crate) bytes: &'a [u8],
}

/// The chunks, up to `IEND`, which is the last one.
pub(crate) struct Chunks<'a> {
    /// What follows the last chunk. `None` after the end.
    rest: Option<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    /// The chunks of a file that starts with [`SIGNATURE`].
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data.strip_prefix(SIGNATURE),
        }
    }

    fn read(&mut self, rest: &'a [u8]) -> Option<Chunk<'a>> {
        let length = usize::try_from(be32(rest, 0)?).ok()?;
        let end = length.checked_add(12)?;
        let (bytes, rest) = rest.split_at_checked(end)?;
        let kind = *bytes.get(4..)?.first_chunk()?;
        let data = bytes.get(8..end - 4)?;
        self.rest = (&kind != b"IEND").then_some(rest);
        Some(Chunk { kind, data, bytes })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Incomplete>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        Some(self.read(rest).ok_or(Incomplete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_with_iend() {
        let mut data = SIGNATURE.to_vec();
        data.extend(b"\0\0\0\x02tEXthi1234\0\0\0\0IEND5678after");
        let chunks: Vec<_> = Chunks::new(&data).map(Result::unwrap).collect();
        assert_eq!(chunks.len(), 2);
        assert_eq!((&chunks[0].kind, chunks[0].data), (b"tEXt", &b"hi"[..]));
        assert_eq!(chunks[0].bytes, b"\0\0\0\x02tEXthi1234");
        assert_eq!(&chunks[1].kind, b"IEND");
        for length in SIGNATURE.len()..data.len() - "after".len() {
            assert_eq!(
                Chunks::new(&data[..length]).last(),
                Some(Err(Incomplete)),
                "{length} bytes"
            );
        }
    }
}

//! The chunks of a WebP (RFC 9649, section 2.3).

use super::{Incomplete, le32};

/// The bytes before the first chunk: `RIFF`, the size of what follows, and `WEBP`.
const HEADER: usize = 12;

/// A chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chunk<'a> {
    /// Its type.
    pub(crate) kind: [u8; 4],
    /// Its content.
    pub(crate) data: &'a [u8],
    /// The chunk as it is in the file, with its padding.
    pub(crate) bytes: &'a [u8],
}

/// The chunks of a WebP.
pub(crate) struct Chunks<'a> {
    /// What follows the last chunk, or that the file is shorter than its header says.
    rest: Result<&'a [u8], Incomplete>,
}

impl<'a> Chunks<'a> {
    /// The chunks of a file that starts with `RIFF....WEBP`.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        let of = || {
            let size = usize::try_from(le32(data, 4)?).ok()?;
            // What follows the size in the header is not part of the picture.
            data.get(HEADER..size.checked_add(8)?)
        };
        Self {
            rest: of().ok_or(Incomplete),
        }
    }

    fn read(&mut self, rest: &'a [u8]) -> Option<Chunk<'a>> {
        let kind = *rest.first_chunk()?;
        let length = usize::try_from(le32(rest, 4)?).ok()?;
        let end = length.checked_add(8)?;
        let data = rest.get(8..end)?;
        // The last chunk of some files lacks its padding.
        let padded = (end + (length & 1)).min(rest.len());
        let (bytes, rest) = rest.split_at_checked(padded)?;
        self.rest = Ok(rest);
        Some(Chunk { kind, data, bytes })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, Incomplete>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = match std::mem::replace(&mut self.rest, Ok(&[])) {
            Ok([]) => return None,
            Ok(rest) => rest,
            Err(incomplete) => return Some(Err(incomplete)),
        };
        Some(self.read(rest).ok_or(Incomplete))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_end_where_the_header_says() {
        let data = b"RIFF\x18\0\0\0WEBPVP8 \x03\0\0\0abc\0EXIF\0\0\0\0after";
        let chunks: Vec<_> = Chunks::new(data).map(Result::unwrap).collect();
        assert_eq!(chunks.len(), 2);
        assert_eq!((&chunks[0].kind, chunks[0].data), (b"VP8 ", &b"abc"[..]));
        assert_eq!(chunks[0].bytes.len(), 12);
        assert_eq!(&chunks[1].kind, b"EXIF");
        for length in 12..data.len() - "after".len() {
            assert_eq!(
                Chunks::new(&data[..length]).last(),
                Some(Err(Incomplete)),
                "{length} bytes"
            );
        }
    }
}

//! The marker segments of a file (T.81, annex B.1).

use crate::error::Error;

/// Markers, by the second byte.
pub(crate) mod marker {
    pub(crate) const TEM: u8 = 0x01;
    pub(crate) const SOF0: u8 = 0xc0;
    pub(crate) const SOF2: u8 = 0xc2;
    pub(crate) const DHT: u8 = 0xc4;
    pub(crate) const SOF15: u8 = 0xcf;
    pub(crate) const DAC: u8 = 0xcc;
    pub(crate) const RST0: u8 = 0xd0;
    pub(crate) const RST7: u8 = 0xd7;
    pub(crate) const SOI: u8 = 0xd8;
    pub(crate) const EOI: u8 = 0xd9;
    pub(crate) const SOS: u8 = 0xda;
    pub(crate) const DQT: u8 = 0xdb;
    pub(crate) const DRI: u8 = 0xdd;
    pub(crate) const DHP: u8 = 0xde;
    pub(crate) const APP0: u8 = 0xe0;
    pub(crate) const APP14: u8 = 0xee;
}

/// A marker with the parameters that follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    /// The second byte of the marker, such as `0xe1` for APP1.
    pub marker: u8,
    /// The parameters, without their length.
    pub payload: &'a [u8],
}

/// A reader of the segments of a file, one after the other.
///
/// A caller that needs metadata, such as EXIF in APP1 or an ICC profile in APP2, can read segments up to SOS (`0xda`),
/// where entropy-coded data begins.
#[derive(Clone, Debug)]
pub struct Segments<'a> {
    data: &'a [u8],
    position: usize,
}

impl<'a> Segments<'a> {
    /// The segments of a file.
    ///
    /// # Errors
    ///
    /// [`Error::NotJpeg`] if the file does not start with SOI and another marker.
    pub fn new(data: &'a [u8]) -> Result<Self, Error> {
        match data {
            [0xff, marker::SOI, 0xff, ..] => Ok(Self { data, position: 2 }),
            [] | [0xff] | [0xff, marker::SOI] => Err(Error::Truncated),
            _ => Err(Error::NotJpeg),
        }
    }

    /// The next segment, or `None` at the end of the image (EOI). Bytes before the marker that belong to no segment are
    /// passed over, as libjpeg does.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if the data ends before EOI; [`Error::Corrupt`] for an impossible length.
    #[expect(
        clippy::should_implement_trait,
        reason = "it returns a Result of an Option, for `?`"
    )]
    pub fn next(&mut self) -> Result<Option<Segment<'a>>, Error> {
        loop {
            let marker = self.marker()?;
            match marker {
                marker::EOI => return Ok(None),
                // Without parameters. `0` is a byte of entropy-coded data.
                0 | marker::TEM | marker::RST0..=marker::RST7 | marker::SOI => {}
                _ => {
                    let payload = self.parameters()?;
                    return Ok(Some(Segment { marker, payload }));
                }
            }
        }
    }

    /// Where the next segment is looked for, in bytes from the start.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// Continues at another place.
    pub(crate) fn seek(&mut self, position: usize) {
        self.position = position;
    }

    /// Passes over entropy-coded data with its restart markers, up to the next other marker. Returns the bytes that it
    /// passed over.
    ///
    /// # Errors
    ///
    /// [`Error::Truncated`] if there is no other marker.
    pub(crate) fn skip_scan(&mut self) -> Result<usize, Error> {
        let start = self.position;
        loop {
            let rest = self.data.get(self.position..).unwrap_or_default();
            let offset = byte_ff(rest).ok_or(Error::Truncated)?;
            self.position += offset;
            match rest.get(offset + 1) {
                None => return Err(Error::Truncated),
                Some(0 | marker::RST0..=marker::RST7) => self.position += 2,
                Some(0xff) => self.position += 1,
                Some(_) => return Ok(self.position - start),
            }
        }
    }

    /// Reads a marker with its fill bytes.
    fn marker(&mut self) -> Result<u8, Error> {
        let rest = self.data.get(self.position..).unwrap_or_default();
        let mut bytes = rest
            .iter()
            .enumerate()
            .skip_while(|(_, byte)| **byte != 0xff);
        let (index, &marker) = bytes
            .find(|(_, byte)| **byte != 0xff)
            .ok_or(Error::Truncated)?;
        self.position += index + 1;
        Ok(marker)
    }

    fn parameters(&mut self) -> Result<&'a [u8], Error> {
        let rest = self.data.get(self.position..).unwrap_or_default();
        let (length, _) = rest.split_first_chunk::<2>().ok_or(Error::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length < 2 {
            return Err(Error::Corrupt("the length of a segment is below 2"));
        }
        let payload = rest.get(2..length).ok_or(Error::Truncated)?;
        self.position += length;
        Ok(payload)
    }
}

/// The index of the first byte that is `0xff`. Eight bytes are compared at once: most of a file can be skipped.
fn byte_ff(data: &[u8]) -> Option<usize> {
    let (words, _) = data.as_chunks();
    let before = words
        .iter()
        .take_while(|&word| !has_byte_ff(u64::from_be_bytes(*word)))
        .count()
        * 8;
    let rest = data.get(before..).unwrap_or_default();
    let offset = rest.iter().position(|&byte| byte == 0xff)?;
    Some(before + offset)
}

/// Whether a byte of the word is `0xff`.
#[inline]
pub(crate) const fn has_byte_ff(word: u64) -> bool {
    const ONES: u64 = u64::from_be_bytes([0x01; 8]);
    const HIGHEST: u64 = u64::from_be_bytes([0x80; 8]);
    // A byte of 0 in the complement borrows from the next.
    (!word).wrapping_sub(ONES) & word & HIGHEST != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(data: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, Error> {
        let mut segments = Segments::new(data)?;
        let mut read = Vec::new();
        while let Some(segment) = segments.next()? {
            read.push((segment.marker, segment.payload.to_vec()));
        }
        Ok(read)
    }

    #[test]
    fn segments_are_read_up_to_the_end_of_the_image() {
        type Read = Result<Vec<(u8, Vec<u8>)>, Error>;
        let cases: [(&str, &[u8], Read); 11] = [
            ("empty", b"", Err(Error::Truncated)),
            ("another type", b"\x89PNG", Err(Error::NotJpeg)),
            ("no segment", b"\xff\xd8\xff\xd9", Ok(vec![])),
            (
                "a comment",
                b"\xff\xd8\xff\xfe\0\x04hi\xff\xd9",
                Ok(vec![(0xfe, b"hi".to_vec())]),
            ),
            (
                "fill bytes",
                b"\xff\xd8\xff\xff\xff\xfe\0\x03a\xff\xd9",
                Ok(vec![(0xfe, b"a".to_vec())]),
            ),
            (
                "bytes between segments",
                b"\xff\xd8\xff\xfe\0\x02--\xff\xd9",
                Ok(vec![(0xfe, vec![])]),
            ),
            (
                "markers without parameters",
                b"\xff\xd8\xff\x01\xff\xd3\xff\xfe\0\x02\xff\xd9",
                Ok(vec![(0xfe, vec![])]),
            ),
            (
                "bytes after the end",
                b"\xff\xd8\xff\xd9\xff\xfe",
                Ok(vec![]),
            ),
            (
                "a length of 1",
                b"\xff\xd8\xff\xfe\0\x01\xff\xd9",
                Err(Error::Corrupt("the length of a segment is below 2")),
            ),
            (
                "an end in a segment",
                b"\xff\xd8\xff\xfe\0\x04h",
                Err(Error::Truncated),
            ),
            (
                "an end before a marker",
                b"\xff\xd8\xff\xfe\0\x02\xff",
                Err(Error::Truncated),
            ),
        ];
        for (name, data, expected) in cases {
            assert_eq!(read(data), expected, "{name}");
        }
    }

    #[test]
    fn a_scan_ends_at_a_marker_that_is_not_part_of_it() {
        let data = b"\xff\xd8\xffab\xff\0c\xff\xd0d\xff\xff\xda";
        let mut segments = Segments::new(data).expect("a file");
        segments.seek(3);
        assert_eq!(segments.skip_scan(), Ok(9));
        assert_eq!(segments.position(), 12);
        segments.seek(14);
        assert_eq!(segments.skip_scan(), Err(Error::Truncated));
    }

    #[test]
    fn a_word_with_a_byte_ff_is_found() {
        for shift in (0..64).step_by(8) {
            assert!(has_byte_ff(0xff << shift), "{shift}");
            assert!(!has_byte_ff(0xfe << shift), "{shift}");
            assert!(!has_byte_ff(0x7f << shift), "{shift}");
        }
    }
}

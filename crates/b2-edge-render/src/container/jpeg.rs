//! The segments of a JPEG (ITU-T T.81, annex B).

use super::{Incomplete, be16};

/// Start of image.
pub(crate) const SOI: u8 = 0xd8;
/// End of image.
pub(crate) const EOI: u8 = 0xd9;
/// Start of scan.
pub(crate) const SOS: u8 = 0xda;
/// Application segment 0, with JFIF.
pub(crate) const APP0: u8 = 0xe0;
/// Application segment 1, with EXIF or XMP.
pub(crate) const APP1: u8 = 0xe1;
/// Application segment 2, with a colour profile or a list of further pictures.
pub(crate) const APP2: u8 = 0xe2;
/// Application segment 14, with Adobe's colour transform.
pub(crate) const APP14: u8 = 0xee;
/// Application segment 15.
pub(crate) const APP15: u8 = 0xef;
/// Comment.
pub(crate) const COM: u8 = 0xfe;
/// What a payload in [`APP1`] with EXIF starts with (EXIF 2.32, section 4.7.2).
pub(crate) const EXIF: &[u8] = b"Exif\0\0";
/// What a payload in [`APP2`] with a part of a colour profile starts with (ICC.1:2022, annex B.4).
pub(crate) const ICC: &[u8] = b"ICC_PROFILE\0";

/// A marker with what belongs to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    /// The second byte of the marker.
    pub(crate) marker: u8,
    /// What follows the length.
    pub(crate) payload: &'a [u8],
    /// The segment as it is in the file, from its marker to before the next one: with the entropy-coded data after it.
    pub(crate) bytes: &'a [u8],
}

/// The segments after SOI, up to EOI, which is the last one.
pub(crate) struct Segments<'a> {
    /// What follows the last segment. `None` after the end.
    rest: Option<&'a [u8]>,
}

impl<'a> Segments<'a> {
    /// The segments of a file that starts with SOI.
    pub(crate) fn new(data: &'a [u8]) -> Self {
        Self {
            rest: data.strip_prefix(&[0xff, SOI]),
        }
    }

    fn read(&mut self, rest: &'a [u8]) -> Option<Segment<'a>> {
        let start = rest.iter().position(|&byte| byte == 0xff)?;
        let rest = rest.get(start..)?;
        let fill = rest.iter().position(|&byte| byte != 0xff)?;
        let &marker = rest.get(fill)?;
        let length = match marker {
            // Markers without parameters: TEM, RSTn, SOI and EOI.
            0x01 | 0xd0..=EOI => 0,
            _ => usize::from(be16(rest, fill + 1)?),
        };
        let end = fill + 1 + length;
        let payload = rest.get(fill + 1..end)?.get(2..).unwrap_or_default();
        let end = if marker == SOS {
            end + entropy_coded(rest.get(end..)?)
        } else {
            end
        };
        let (bytes, rest) = rest.split_at_checked(end)?;
        self.rest = (marker != EOI).then_some(rest);
        Some(Segment {
            marker,
            payload,
            bytes,
        })
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, Incomplete>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        Some(self.read(rest).ok_or(Incomplete))
    }
}

/// The bytes before the next marker that is not part of a scan.
fn entropy_coded(data: &[u8]) -> usize {
    let mut position = 0;
    while let Some(offset) = data
        .get(position..)
        .and_then(|rest| rest.iter().position(|&byte| byte == 0xff))
    {
        position += offset;
        match data.get(position + 1) {
            // A stuffed byte, or a restart marker.
            Some(0 | 0xd0..=0xd7) => position += 2,
            // A fill byte.
            Some(0xff) => position += 1,
            Some(_) => return position,
            None => break,
        }
    }
    data.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markers(data: &[u8]) -> (Vec<(u8, usize)>, bool) {
        let mut found = Vec::new();
        for segment in Segments::new(data) {
            match segment {
                Ok(segment) => found.push((segment.marker, segment.bytes.len())),
                Err(Incomplete) => return (found, false),
            }
        }
        (found, true)
    }

    #[test]
    fn segments_end_at_the_end_of_the_image() {
        let data = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x021\xff\0\xff\xd02\xff\xd9after";
        assert_eq!(markers(data), (vec![(APP0, 6), (SOS, 10), (EOI, 2)], true));
    }

    #[test]
    fn what_is_cut_off_is_incomplete() {
        let data = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x021\xff\0\xff\xd02\xff\xd9";
        for length in 2..data.len() {
            assert!(!markers(&data[..length]).1, "{length} bytes");
        }
    }

    #[test]
    fn fill_bytes_belong_to_the_segment() {
        assert_eq!(
            markers(b"\xff\xd8\xff\xff\xfe\0\x02\xff\xd9"),
            (vec![(COM, 5), (EOI, 2)], true)
        );
    }
}

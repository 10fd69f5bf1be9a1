//! The orientation in EXIF (EXIF 2.32, section 4.6), which is a TIFF file without pictures.

use crate::orientation::Orientation;

/// The tag of the orientation.
const ORIENTATION: u16 = 0x0112;
/// The type of a number with 16 bits.
const SHORT: u16 = 3;
/// The bytes of an entry in a directory.
const ENTRY: usize = 12;

/// The orientation that a TIFF structure says. None, or one that is not right, is upright.
pub(super) fn orientation(tiff: &[u8]) -> Orientation {
    value(tiff).map_or_else(Orientation::default, Orientation::from_exif)
}

fn value(tiff: &[u8]) -> Option<u16> {
    let read = match tiff.first_chunk()? {
        b"II*\0" => Endian::Little,
        b"MM\0*" => Endian::Big,
        _ => return None,
    };
    let directory = usize::try_from(read.u32(tiff, 4)?).ok()?;
    let entries = tiff.get(directory..)?;
    let count = usize::from(read.u16(entries, 0)?);
    let entry = entries
        .get(2..)?
        .chunks_exact(ENTRY)
        .take(count)
        .find(|entry| read.u16(entry, 0) == Some(ORIENTATION))?;
    (read.u16(entry, 2)? == SHORT).then(|| read.u16(entry, 8))?
}

enum Endian {
    Little,
    Big,
}

impl Endian {
    fn u16(&self, data: &[u8], at: usize) -> Option<u16> {
        let bytes = *data.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn u32(&self, data: &[u8], at: usize) -> Option<u32> {
        let bytes = *data.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LITTLE: &[u8] = b"II*\0\x08\0\0\0\x02\0\
        \x0f\x01\x02\0\x04\0\0\0abc\0\
        \x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    const BIG: &[u8] = b"MM\0*\0\0\0\x08\0\x01\
        \x01\x12\0\x03\0\0\0\x01\0\x08\0\0\0\0\0\0";

    #[test]
    fn the_orientation_is_read_in_both_byte_orders() {
        assert_eq!(value(LITTLE), Some(6));
        assert_eq!(value(BIG), Some(8));
    }

    #[test]
    fn what_is_not_right_is_upright() {
        let mut other_type = BIG.to_vec();
        other_type[13] = 4;
        let mut beyond = BIG.to_vec();
        beyond[7] = 200;
        let mut other_tag = BIG.to_vec();
        other_tag[11] = 0x13;
        for (name, tiff) in [
            ("another type of number", &other_type[..]),
            ("a directory beyond the end", &beyond),
            ("another tag", &other_tag),
            ("no byte order", b"XX*\0\x08\0\0\0"),
            ("nothing", b""),
        ] {
            assert!(orientation(tiff).is_upright(), "{name}");
        }
        for length in 0..BIG.len() - 8 {
            assert!(orientation(&BIG[..length]).is_upright(), "{length} bytes");
        }
    }
}

//! A JPEG without its metadata.

use crate::container::Incomplete;
use crate::container::jpeg::{APP0, APP2, APP14, APP15, COM, ICC, SOI, Segments};

/// What a payload in `APP0` starts with (JFIF 1.02).
const JFIF: &[u8] = b"JFIF\0";
/// The bytes in it from the version to the density.
const JFIF_FIELDS: usize = 7;

/// Of the application segments, only JFIF, a colour profile and Adobe's colour transform remain.
pub(super) fn strip(source: &[u8]) -> Result<Vec<u8>, Incomplete> {
    let mut result = vec![0xff, SOI];
    for segment in Segments::new(source) {
        let segment = segment?;
        match segment.marker {
            APP0 => result.extend(jfif(segment.payload)),
            APP2 if segment.payload.starts_with(ICC) => result.extend(segment.bytes),
            APP14 => result.extend(segment.bytes),
            APP0..=APP15 | COM => {}
            _ => result.extend(segment.bytes),
        }
    }
    Ok(result)
}

/// JFIF without its thumbnail.
fn jfif(payload: &[u8]) -> Vec<u8> {
    let fields = payload
        .strip_prefix(JFIF)
        .and_then(|fields| fields.get(..JFIF_FIELDS));
    let Some(fields) = fields else {
        return Vec::new();
    };
    [&[0xff, APP0, 0, 16], JFIF, fields, &[0, 0]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_picture_needs_remains() {
        let segment = |marker: u8, payload: &[u8]| {
            let length = u16::try_from(payload.len() + 2).unwrap().to_be_bytes();
            [&[0xff, marker], &length[..], payload].concat()
        };
        let jfif = segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0");
        let with_thumbnail = segment(APP0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01abc");
        let icc = segment(APP2, b"ICC_PROFILE\0\x01\x01profile");
        let adobe = segment(APP14, b"Adobe\0\x64\0\0\0\0\x01");
        let table = segment(0xdb, &[0; 65]);
        let scan = b"\xff\xda\0\x02data\xff\0\xff\xd9";
        let source = [
            b"\xff\xd8",
            &with_thumbnail[..],
            &segment(APP0, b"JFXX\0thumbnail"),
            &segment(0xe1, b"Exif\0\0place"),
            &icc,
            &segment(APP2, b"MPF\0more pictures"),
            &segment(0xed, b"Photoshop 3.0\0names"),
            &adobe,
            &segment(COM, b"comment"),
            &table,
            scan,
            b"a second picture",
        ]
        .concat();
        let expected = [b"\xff\xd8", &jfif[..], &icc, &adobe, &table, scan].concat();
        assert_eq!(strip(&source).unwrap(), expected);
        assert_eq!(strip(&expected).unwrap(), expected);
        assert_eq!(strip(&source[..200]), Err(Incomplete));
    }
}

//! A WebP without its metadata.

use crate::container::Incomplete;
use crate::container::riff::Chunks;

/// The chunks that the picture needs: pixels, alpha, colours and frames.
const NEEDED: [&[u8; 4]; 7] = [
    b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ICCP", b"ANIM", b"ANMF",
];
/// The bits of `VP8X` that say that there is EXIF and XMP (RFC 9649, section 2.7.1).
const METADATA_FLAGS: u8 = 0x0c;
/// Where the flags are in the chunk `VP8X`.
const FLAGS: usize = 8;

/// Only the chunks of [`NEEDED`] remain.
pub(super) fn strip(source: &[u8]) -> Result<Vec<u8>, Incomplete> {
    let mut body = b"WEBP".to_vec();
    for chunk in Chunks::new(source) {
        let chunk = chunk?;
        if !NEEDED.contains(&&chunk.kind) {
            continue;
        }
        let start = body.len();
        body.extend(chunk.bytes);
        if &chunk.kind == b"VP8X"
            && let Some(flags) = body.get_mut(start + FLAGS)
        {
            *flags &= !METADATA_FLAGS;
        }
        if chunk.bytes.len() % 2 == 1 {
            body.push(0);
        }
    }
    let size = u32::try_from(body.len()).map_err(|_| Incomplete)?;
    Ok([b"RIFF", &size.to_le_bytes()[..], &body].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_picture_needs_remains() {
        let file = |chunks: &[&[u8]]| {
            let body = chunks.concat();
            let size = u32::try_from(body.len() + 4).unwrap().to_le_bytes();
            [b"RIFF", &size[..], b"WEBP", &body].concat()
        };
        let source = file(&[
            b"VP8X\x0a\0\0\0\x2c\0\0\0\x01\0\0\x01\0\0",
            b"ICCP\x02\0\0\0cc",
            b"VP8L\x03\0\0\0abc\0",
            b"EXIF\x02\0\0\0aa",
            b"XMP \x02\0\0\0bb",
            b"what\x02\0\0\0dd",
        ]);
        let expected = file(&[
            b"VP8X\x0a\0\0\0\x20\0\0\0\x01\0\0\x01\0\0",
            b"ICCP\x02\0\0\0cc",
            b"VP8L\x03\0\0\0abc\0",
        ]);
        assert_eq!(strip(&source).unwrap(), expected);
        assert_eq!(strip(&source[..source.len() - 1]), Err(Incomplete));
    }
}

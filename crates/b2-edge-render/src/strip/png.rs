//! A PNG without its metadata.

use crate::container::Incomplete;
use crate::container::png::{Chunks, SIGNATURE};

/// The ancillary chunks that the picture needs: transparency, colours and frames.
const NEEDED: [&[u8; 4]; 11] = [
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI", b"acTL", b"fcTL",
    b"fdAT",
];

/// Of the ancillary chunks, only [`NEEDED`] remain.
pub(super) fn strip(source: &[u8]) -> Result<Vec<u8>, Incomplete> {
    let mut result = SIGNATURE.to_vec();
    for chunk in Chunks::new(source) {
        let chunk = chunk?;
        // Critical chunks start with an upper-case letter.
        let is_critical = chunk.kind.first().is_some_and(u8::is_ascii_uppercase);
        if is_critical || NEEDED.contains(&&chunk.kind) {
            result.extend(chunk.bytes);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_picture_needs_remains() {
        let chunk = |kind: &[u8; 4]| [b"\0\0\0\x02", &kind[..], b"ab1234"].concat();
        let source = [
            SIGNATURE,
            &chunk(b"IHDR"),
            &chunk(b"iCCP"),
            &chunk(b"tEXt"),
            &chunk(b"eXIf"),
            &chunk(b"acTL"),
            &chunk(b"pHYs"),
            &chunk(b"IDAT"),
            &chunk(b"zTXt"),
            &chunk(b"fdAT"),
            &chunk(b"IEND"),
            b"after",
        ]
        .concat();
        let expected = [
            SIGNATURE,
            &chunk(b"IHDR"),
            &chunk(b"iCCP"),
            &chunk(b"acTL"),
            &chunk(b"IDAT"),
            &chunk(b"fdAT"),
            &chunk(b"IEND"),
        ]
        .concat();
        assert_eq!(strip(&source).unwrap(), expected);
        assert_eq!(strip(&expected[..expected.len() - 1]), Err(Incomplete));
    }
}

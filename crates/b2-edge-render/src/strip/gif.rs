//! A GIF without its metadata.

use crate::container::Incomplete;
use crate::container::gif::{BlockKind, Blocks};

/// The label of comments (`GIF89a`, section 24).
const COMMENT: u8 = 0xfe;
/// The label of applications' own data (`GIF89a`, section 26).
const APPLICATION: u8 = 0xff;
/// The applications whose data say how often an animation is repeated.
const LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

/// Without comments, and of the applications' data only how often the animation is repeated.
pub(super) fn strip(source: &[u8]) -> Result<Vec<u8>, Incomplete> {
    let mut result = Vec::with_capacity(source.len());
    for block in Blocks::new(source) {
        let block = block?;
        let is_needed = match block.kind {
            BlockKind::Extension(COMMENT, _) => false,
            BlockKind::Extension(APPLICATION, name) => LOOPS.contains(&name),
            _ => true,
        };
        if is_needed {
            result.extend(block.bytes);
        }
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_picture_needs_remains() {
        let header = b"GIF89a\x01\0\x01\0\0\0\0";
        let repeat = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0";
        let control = b"\x21\xf9\x04\0\0\0\0\0";
        let frame = b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0";
        let source = [
            &header[..],
            b"\x21\xfe\x02hi\0",
            repeat,
            b"\x21\xff\x0bXMP DataXMP\x03abc\0",
            control,
            frame,
            b"\x3bafter",
        ]
        .concat();
        let expected = [&header[..], repeat, control, frame, b"\x3b"].concat();
        assert_eq!(strip(&source).unwrap(), expected);
        assert_eq!(strip(&expected[..expected.len() - 1]), Err(Incomplete));
    }
}

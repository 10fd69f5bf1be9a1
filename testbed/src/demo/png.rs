//! A minimal PNG encoder: 8-bit RGB in stored (uncompressed) deflate blocks.
//!
//! With it, the sample site has pictures without binary files in the repository.

/// The maximum length of a stored block (RFC 1951 §3.2.4).
const MAX_STORED: usize = 0xffff;

/// A picture of `width` by `height` pixels, each the RGB colour that `pixel(x, y)` returns.
pub(crate) fn encode(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        // Filter type 0: none.
        rows.push(0);
        rows.extend((0..width).flat_map(|x| pixel(x, y)));
    }

    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // Bit depth 8, colour type 2 (RGB), deflate, adaptive filtering, not interlaced.
    header.extend([8, 2, 0, 0, 0]);

    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut png, *b"IHDR", &header);
    chunk(&mut png, *b"IDAT", &zlib_stored(&rows));
    chunk(&mut png, *b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    png.extend(length(data).to_be_bytes());
    let checked = png.len();
    png.extend(kind);
    png.extend(data);
    let crc = s3s::crypto::Crc32::checksum_u32(png.get(checked..).unwrap_or_default());
    png.extend(crc.to_be_bytes());
}

/// A zlib stream (RFC 1950) of stored deflate blocks (RFC 1951).
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let mut zlib = vec![0x78, 0x01];
    let mut blocks = data.chunks(MAX_STORED).peekable();
    while let Some(block) = blocks.next() {
        zlib.push(u8::from(blocks.peek().is_none()));
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        zlib.extend(length.to_le_bytes());
        zlib.extend((!length).to_le_bytes());
        zlib.extend(block);
    }
    zlib.extend(adler32(data).to_be_bytes());
    zlib
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1, 0), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65521;
        (a, (b + a) % 65521)
    });
    b << 16 | a
}

fn length(data: &[u8]) -> u32 {
    u32::try_from(data.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_signature_and_the_checksums_of_a_png() {
        let png = encode(1, 1, |_, _| [0xff, 0, 0]);
        assert_eq!(png.get(..8), Some(b"\x89PNG\r\n\x1a\n".as_slice()));
        // The IEND chunk is the same in every PNG, checksum included.
        assert!(png.ends_with(b"\x00\x00\x00\x00IEND\xae\x42\x60\x82"));
        // RFC 1950's Adler-32 of "Wikipedia", from its Wikipedia article.
        assert_eq!(adler32(b"Wikipedia"), 0x11E6_0398);
    }
}

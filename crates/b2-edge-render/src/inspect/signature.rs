//! The type of a file, by its first bytes.

use crate::container::png::SIGNATURE as PNG;
use crate::error::{NoImage, RenderError};
use crate::media_type::Kind;

/// How far a document is searched for `<svg`.
const SVG_PREFIX: usize = 1024;

/// The type of a source.
///
/// # Errors
///
/// [`RenderError::Unsupported`], with the type if it is one that clients may send as an image.
pub(super) fn recognize(source: &[u8]) -> Result<Kind, RenderError> {
    match source {
        [] => Err(RenderError::Unsupported(NoImage::Empty)),
        [0xff, 0xd8, 0xff, ..] => Ok(Kind::Jpeg),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Ok(Kind::Webp),
        _ if source.starts_with(PNG) => Ok(Kind::Png),
        _ if source.starts_with(b"GIF87a") || source.starts_with(b"GIF89a") => Ok(Kind::Gif),
        _ => Err(RenderError::Unsupported(unread(source))),
    }
}

/// The type of a content that is not read.
fn unread(source: &[u8]) -> NoImage {
    match source {
        [_, _, _, _, b'f', b't', b'y', b'p', brands @ ..] => base_media(brands),
        [b'B', b'M', ..] => NoImage::Bmp,
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => NoImage::Tiff,
        [0, 0, 1 | 2, 0, ..] => NoImage::Ico,
        [0xff, 0x0a, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => NoImage::Jxl,
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            NoImage::Jpeg2000
        }
        _ if is_svg(source) => NoImage::Svg,
        _ => NoImage::Unknown,
    }
}

/// A file of the ISO base media format, by its brands (ISO/IEC 14496-12, section 4.3).
fn base_media(brands: &[u8]) -> NoImage {
    // The major brand, and a minor version before the compatible brands; some encoders write `mif1` as the major one.
    let brands: Vec<&[u8]> = brands.chunks_exact(4).take(12).collect();
    let has = |names: &[&[u8; 4]]| {
        brands
            .iter()
            .any(|brand| names.iter().any(|name| brand == *name))
    };
    if has(&[b"avif", b"avis"]) {
        NoImage::Avif
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        NoImage::Heic
    } else {
        NoImage::Unknown
    }
}

fn is_svg(source: &[u8]) -> bool {
    let source = source.strip_prefix(b"\xef\xbb\xbf").unwrap_or(source);
    let start = source.trim_ascii_start();
    start.starts_with(b"<")
        && start
            .get(..SVG_PREFIX)
            .unwrap_or(start)
            .windows(4)
            .any(|window| window == b"<svg")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_is_recognized_by_its_first_bytes() {
        for (source, expected) in [
            (&b"\xff\xd8\xff\xe0"[..], Ok(Kind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n", Ok(Kind::Png)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Ok(Kind::Webp)),
            (b"GIF87a", Ok(Kind::Gif)),
            (b"GIF89a", Ok(Kind::Gif)),
            (b"", Err(NoImage::Empty)),
            (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Err(NoImage::Heic)),
            (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Err(NoImage::Heic)),
            (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", Err(NoImage::Avif)),
            (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", Err(NoImage::Avif)),
            (b"\0\0\0\x18ftypisom\0\0\0\0mp42avc1", Err(NoImage::Unknown)),
            (b"<svg xmlns=''/>", Err(NoImage::Svg)),
            (
                b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- --><svg/>",
                Err(NoImage::Svg),
            ),
            (b"<html><p>not found", Err(NoImage::Unknown)),
            (b"II*\0", Err(NoImage::Tiff)),
            (b"MM\0*", Err(NoImage::Tiff)),
            (b"BM\0\0", Err(NoImage::Bmp)),
            (b"\0\0\x01\0", Err(NoImage::Ico)),
            (b"\xff\x0a", Err(NoImage::Jxl)),
            (b"\0\0\0\x0cjP  \r\n\x87\n", Err(NoImage::Jpeg2000)),
            (b"RIFF\0\0\0\0WAVE", Err(NoImage::Unknown)),
            (b"\xff\xd8", Err(NoImage::Unknown)),
            (b"hello", Err(NoImage::Unknown)),
        ] {
            let expected = expected.map_err(RenderError::Unsupported);
            assert_eq!(recognize(source), expected, "{source:?}");
        }
    }
}

//! The header of a WebP: of the simple formats, the header of the picture; of the extended one, `VP8X`.

use super::exif;
use super::info::{Info, broken};
use crate::container::riff::Chunks;
use crate::container::{le16, le24, le32};
use crate::error::RenderError;
use crate::media_type::Kind;
use crate::orientation::Orientation;

/// What EXIF starts with in files of some encoders, though it belongs into JPEG.
const EXIF: &[u8] = b"Exif\0\0";

/// Reads the header.
pub(super) fn inspect(source: &[u8]) -> Result<Info, RenderError> {
    let mut header = None;
    let mut orientation = Orientation::default();
    let mut frames = 0;
    let mut is_lossy = false;
    for chunk in Chunks::new(source) {
        let chunk = chunk.map_err(|_| broken(Kind::Webp, "it ends within a chunk"))?;
        match &chunk.kind {
            b"VP8X" => header = header.or_else(|| extended(chunk.data)),
            b"VP8 " => {
                is_lossy = true;
                header = header.or_else(|| lossy(chunk.data));
            }
            b"VP8L" => header = header.or_else(|| lossless(chunk.data)),
            b"ANMF" => {
                // The frame has its own chunks, after its place and time.
                is_lossy |= frames == 0 && chunk.data.get(16..20) != Some(b"VP8L");
                frames += 1;
            }
            b"EXIF" => {
                let tiff = chunk.data.strip_prefix(EXIF).unwrap_or(chunk.data);
                orientation = exif::orientation(tiff);
            }
            _ => {}
        }
    }
    let header = header.ok_or_else(|| broken(Kind::Webp, "it has no picture"))?;
    Ok(Info {
        kind: Kind::Webp,
        width: header.width,
        height: header.height,
        orientation,
        is_animated: frames > 1,
        is_lossy,
        is_progressive: false,
        channels: if header.has_alpha { 4 } else { 3 },
    })
}

struct Header {
    width: u32,
    height: u32,
    has_alpha: bool,
}

/// RFC 9649, section 2.7.1.
fn extended(data: &[u8]) -> Option<Header> {
    Some(Header {
        width: le24(data, 4)? + 1,
        height: le24(data, 7)? + 1,
        has_alpha: data.first()? & 0x10 != 0,
    })
}

/// RFC 6386, section 9.1.
fn lossy(data: &[u8]) -> Option<Header> {
    if data.get(3..6)? != [0x9d, 0x01, 0x2a] {
        return None;
    }
    // The two upper bits scale the picture when it is shown.
    let side = |at| Some(u32::from(le16(data, at)? & 0x3fff));
    Some(Header {
        width: side(6)?,
        height: side(8)?,
        has_alpha: false,
    })
}

/// RFC 9649, section 3.4.
fn lossless(data: &[u8]) -> Option<Header> {
    if data.first()? != &0x2f {
        return None;
    }
    let bits = le32(data, 1)?;
    Some(Header {
        width: (bits & 0x3fff) + 1,
        height: (bits >> 14 & 0x3fff) + 1,
        has_alpha: bits >> 28 & 1 == 1,
    })
}

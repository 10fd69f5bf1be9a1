//! Pixels to PNG, with the crate `png`.

use std::borrow::Cow;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Info};

use crate::error::{Excess, RenderError};
use crate::pixels::{Layout, Pixels};

/// How hard it is tried to make the file small.
const COMPRESSION: Compression = if cfg!(feature = "full") {
    Compression::Balanced
} else {
    Compression::Fast
};

/// Encodes a picture, with 8 bits a sample.
pub(super) fn encode(pixels: &Pixels, profile: Option<&[u8]>) -> Result<Vec<u8>, RenderError> {
    let mut info = Info::with_size(pixels.width, pixels.height);
    info.bit_depth = BitDepth::Eight;
    info.color_type = match pixels.layout {
        Layout::Grey => ColorType::Grayscale,
        Layout::GreyAlpha => ColorType::GrayscaleAlpha,
        Layout::Rgb => ColorType::Rgb,
        Layout::Rgba | Layout::Cmyk => ColorType::Rgba,
    };
    info.icc_profile = profile.map(Cow::Borrowed);
    let mut bytes = Vec::new();
    let mut encoder = Encoder::with_info(&mut bytes, info).map_err(|error| failure(&error))?;
    encoder.set_compression(COMPRESSION);
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(&pixels.data)?;
            writer.finish()
        })
        .map_err(|error| failure(&error))?;
    Ok(bytes)
}

/// Writing into memory fails only for sizes that PNG does not have.
const fn failure(_: &EncodingError) -> RenderError {
    RenderError::TooLarge(Excess::Sides)
}

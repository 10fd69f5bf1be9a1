//! The first frame of a GIF to pixels, with the crate `gif`.

use gif::{ColorOutput, DecodeOptions, DecodingError, MemoryLimit};

use super::decoded::Decoded;
use crate::color::Profile;
use crate::container::gif::Blocks;
use crate::error::{Excess, RenderError};
use crate::inspect::Info;
use crate::limits::Limits;
use crate::media_type::Kind;
use crate::number::index;
use crate::pixels::{Layout, Pixels};

/// Decodes the first frame, on a transparent screen. The other frames are not decoded, but a file that ends before its
/// trailer is an error.
pub(super) fn decode(source: &[u8], info: &Info, limits: &Limits) -> Result<Decoded, RenderError> {
    if Blocks::new(source).any(|block| block.is_err()) {
        return Err(broken("it ends before its trailer"));
    }
    let mut options = DecodeOptions::new();
    options.set_color_output(ColorOutput::RGBA);
    // The frame is checked below.
    options.set_memory_limit(MemoryLimit::Unlimited);
    let mut decoder = options.read_info(source).map_err(|error| failure(&error))?;
    let frame = decoder
        .next_frame_info()
        .map_err(|error| failure(&error))?
        .ok_or_else(|| broken("it has no frame"))?;
    let pixels = u64::from(frame.width) * u64::from(frame.height);
    if pixels > limits.gif_pixels {
        return Err(RenderError::TooLarge(Excess::Pixels));
    }
    let (left, top) = (usize::from(frame.left), usize::from(frame.top));
    let width = usize::from(frame.width);
    let mut frame = vec![0; decoder.buffer_size()];
    decoder
        .read_into_buffer(&mut frame)
        .map_err(|error| failure(&error))?;

    let channels = Layout::Rgba.channels();
    let stride = index(info.width) * channels;
    let mut screen = Pixels::filled(info.width, info.height, Layout::Rgba, &[0; 4]);
    let start = (left * channels).min(stride);
    for (row, source) in screen
        .rows_mut()
        .skip(top)
        .zip(frame.chunks_exact((width * channels).max(1)))
    {
        for (target, &sample) in row.iter_mut().skip(start).zip(source) {
            *target = sample;
        }
    }
    Ok(Decoded::full(screen, Profile::SRGB))
}

fn broken(detail: &str) -> RenderError {
    RenderError::Broken(Kind::Gif, detail.to_owned())
}

fn failure(error: &DecodingError) -> RenderError {
    RenderError::Broken(Kind::Gif, error.to_string())
}

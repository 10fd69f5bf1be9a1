//! PNG to pixels, with the crate `png`.

use std::io::Cursor;

use png::{ColorType, DecodeOptions, Decoder, DecodingError, Limits, Reader, Transformations};

use super::decoded::Decoded;
use crate::color::Profile;
use crate::container::png::Chunks;
use crate::error::{Excess, RenderError};
use crate::media_type::Kind;
use crate::number::index;
use crate::pixels::{Layout, Pixels};
use crate::progress::{Step, Watcher};

/// What the decoder allocates for chunks, and for a colour profile once it is decompressed. Pixels do not count.
const CHUNK_BYTES: usize = 4 << 20;

/// Decodes the picture that is shown without animation, with 8 bits a sample: 16 bits are cut to the upper 8, and a
/// palette is replaced by its colours. The file is read to its end, so that each checksum is compared.
pub(super) fn decode(source: &[u8], watcher: &mut Watcher<'_>) -> Result<Decoded, RenderError> {
    check_palette(source)?;
    let mut options = DecodeOptions::default();
    options.set_ignore_text_chunk(true);
    let mut decoder = Decoder::new_with_options(Cursor::new(source), options);
    decoder.set_limits(Limits { bytes: CHUNK_BYTES });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(|error| failure(&error))?;
    let layout = match reader.output_color_type().0 {
        ColorType::Grayscale => Layout::Grey,
        ColorType::GrayscaleAlpha => Layout::GreyAlpha,
        ColorType::Rgb | ColorType::Indexed => Layout::Rgb,
        ColorType::Rgba => Layout::Rgba,
    };
    let profile = reader.info().icc_profile.as_deref();
    let profile = Profile::new(profile, layout)?;
    let (width, height) = reader.info().size();
    let data = read(&mut reader, layout, watcher)?;
    reader.finish().map_err(|error| failure(&error))?;
    let pixels = Pixels {
        width,
        height,
        layout,
        data,
    };
    Ok(Decoded::full(pixels, profile))
}

fn read(
    reader: &mut Reader<Cursor<&[u8]>>,
    layout: Layout,
    watcher: &mut Watcher<'_>,
) -> Result<Vec<u8>, RenderError> {
    let (width, height) = reader.info().size();
    let stride = index(width) * layout.channels();
    let rows = index(height);
    let mut data = vec![0; stride * rows];
    if reader.info().interlaced {
        // Rows of all seven passes (Adam7).
        let total = rows * 15 / 8;
        let bits = u8::try_from(8 * layout.channels()).unwrap_or(u8::MAX);
        let mut done = 0;
        while let Some(row) = reader
            .next_interlaced_row()
            .map_err(|error| failure(&error))?
        {
            if let png::InterlaceInfo::Adam7(pass) = row.interlace() {
                png::expand_interlaced_row(&mut data, stride, row.data(), pass, bits);
            }
            watcher.tell(Step::Decode, done, total)?;
            done += 1;
        }
        return Ok(data);
    }
    for (done, target) in data.chunks_exact_mut(stride.max(1)).enumerate() {
        watcher.tell(Step::Decode, done, rows)?;
        match reader.next_row().map_err(|error| failure(&error))? {
            Some(row) if row.data().len() == target.len() => target.copy_from_slice(row.data()),
            _ => return Err(RenderError::Broken(Kind::Png, "a row is missing".into())),
        }
    }
    Ok(data)
}

/// Refuses a palette that does not consist of 1 to 256 colours of three bytes (section 11.2.2). The decoder panics for
/// some of them.
fn check_palette(source: &[u8]) -> Result<(), RenderError> {
    let is_palette = |length: usize| length.is_multiple_of(3) && (3..=3 * 256).contains(&length);
    let is_broken = Chunks::new(source)
        .map_while(Result::ok)
        .any(|chunk| &chunk.kind == b"PLTE" && !is_palette(chunk.data.len()));
    if is_broken {
        return Err(RenderError::Broken(
            Kind::Png,
            "its palette does not consist of colours".into(),
        ));
    }
    Ok(())
}

fn failure(error: &DecodingError) -> RenderError {
    match error {
        DecodingError::LimitsExceeded => RenderError::TooLarge(Excess::Memory),
        error => RenderError::Broken(Kind::Png, error.to_string()),
    }
}

//! Scales pixels, with the filter Lanczos3.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{InnerPixel, U8, U8x2, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use crate::decode::Decoded;
use crate::geometry::{Fraction, Size};
use crate::number::index;
use crate::pixels::{Layout, Pixels};

/// The part of the decoded picture at this size. Pixels count by their alpha, so that the colour of transparent ones
/// does not show at edges.
pub(crate) fn resize(decoded: Decoded, part: Fraction, size: Size) -> Option<Pixels> {
    let area = Area::new(&decoded, part);
    let source = decoded.pixels;
    if area.is_whole(&source) && (source.width, source.height) == (size.width, size.height) {
        return Some(source);
    }
    // Typed, so that the linker drops the code for the dozen other types of pixels.
    let data = match source.layout {
        Layout::Grey => scale::<U8>(&source, &area, size),
        Layout::GreyAlpha => scale::<U8x2>(&source, &area, size),
        Layout::Rgb => scale::<U8x3>(&source, &area, size),
        Layout::Rgba | Layout::Cmyk => scale::<U8x4>(&source, &area, size),
    }?;
    Some(Pixels {
        width: size.width,
        height: size.height,
        layout: source.layout,
        data,
    })
}

/// A part of decoded pixels, in pixels and fractions of them.
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

impl Area {
    fn new(decoded: &Decoded, part: Fraction) -> Self {
        let within = |start: f64, length: f64, whole: f64| {
            let start = (start * whole).clamp(0.0, whole);
            (start, (length * whole).min(whole - start))
        };
        // The decoded picture ends within its last row and column, if the scale is not one.
        let whole = |side: f64, stored: u32| side.min(f64::from(stored));
        let (x, width) = within(
            part.x,
            part.width,
            whole(decoded.true_width, decoded.pixels.width),
        );
        let (y, height) = within(
            part.y,
            part.height,
            whole(decoded.true_height, decoded.pixels.height),
        );
        Self {
            x,
            y,
            width,
            height,
        }
    }

    fn is_whole(&self, pixels: &Pixels) -> bool {
        let is_zero = |start: f64| start.abs() < f64::EPSILON;
        let is_all = |length: f64, side: u32| (f64::from(side) - length).abs() < 1e-9;
        is_zero(self.x)
            && is_zero(self.y)
            && is_all(self.width, pixels.width)
            && is_all(self.height, pixels.height)
    }
}

fn scale<P: PixelTrait + InnerPixel>(source: &Pixels, area: &Area, size: Size) -> Option<Vec<u8>> {
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .use_alpha(source.layout.has_alpha())
        .crop(area.x, area.y, area.width, area.height);
    let view = TypedImageRef::<P>::from_buffer(source.width, source.height, &source.data).ok()?;
    let mut data = vec![0; index(size.width) * index(size.height) * source.layout.channels()];
    let mut target = TypedImage::<P>::from_buffer(size.width, size.height, &mut data).ok()?;
    Resizer::new()
        .resize_typed(&view, &mut target, &options)
        .ok()?;
    Some(data)
}

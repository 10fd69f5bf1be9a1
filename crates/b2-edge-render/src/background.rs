//! Puts pictures on a background: for `contain`, and for formats without alpha.

use crate::geometry::Canvas;
use crate::number::{index, scaled};
use crate::pixels::{Layout, Pixels};

/// The picture on the canvas. It gets alpha if the background is not opaque, and colour if the background is not grey.
/// Where the picture is, its own transparency remains.
pub(crate) fn put_on(pixels: Pixels, canvas: &Canvas) -> Pixels {
    if (pixels.width, pixels.height) == (canvas.size.width, canvas.size.height) {
        return pixels;
    }
    let [red, green, blue, alpha] = canvas.background.0;
    let pixels = if alpha == u8::MAX {
        pixels
    } else {
        pixels.into_alpha()
    };
    let pixels = if red == green && green == blue {
        pixels
    } else {
        pixels.into_color()
    };
    let color: &[u8] = match pixels.layout {
        Layout::Grey => &[red],
        Layout::GreyAlpha => &[red, alpha],
        Layout::Rgb => &[red, green, blue],
        Layout::Rgba | Layout::Cmyk => &[red, green, blue, alpha],
    };
    let mut result = Pixels::filled(canvas.size.width, canvas.size.height, pixels.layout, color);
    let start = index(canvas.x) * pixels.layout.channels();
    for (row, source) in result.rows_mut().skip(index(canvas.y)).zip(pixels.rows()) {
        for (target, &sample) in row.iter_mut().skip(start).zip(source) {
            *target = sample;
        }
    }
    result
}

/// The picture on white, without alpha.
pub(crate) fn flatten(pixels: Pixels) -> Pixels {
    let layout = match pixels.layout {
        Layout::GreyAlpha => Layout::Grey,
        Layout::Rgba => Layout::Rgb,
        Layout::Grey | Layout::Rgb | Layout::Cmyk => return pixels,
    };
    pixels.convert(layout, |pixel, data| {
        if let Some((&alpha, samples)) = pixel.split_last() {
            let white = u8::MAX - alpha;
            data.extend(
                samples
                    .iter()
                    .map(|&sample| scaled(sample, alpha).saturating_add(white)),
            );
        }
    })
}

/// The picture without alpha, if every pixel is opaque.
pub(crate) fn drop_opaque_alpha(pixels: Pixels) -> Pixels {
    if pixels.layout.has_alpha() && !pixels.is_translucent() {
        flatten(pixels)
    } else {
        pixels
    }
}

#[cfg(test)]
mod tests {
    use b2_edge_core::images::preset::Background;

    use super::*;
    use crate::geometry::Size;

    fn canvas(width: u32, height: u32, background: [u8; 4]) -> Canvas {
        Canvas {
            size: Size { width, height },
            x: 1,
            y: 0,
            background: Background(background),
        }
    }

    #[test]
    fn the_picture_is_where_the_canvas_says_and_the_background_around_it() {
        let picture = Pixels::filled(1, 1, Layout::Rgb, &[1, 2, 3]);
        let result = put_on(picture, &canvas(3, 2, [9, 8, 7, 255]));
        assert_eq!(
            result.data,
            [9, 8, 7, 1, 2, 3, 9, 8, 7, 9, 8, 7, 9, 8, 7, 9, 8, 7]
        );
    }

    #[test]
    fn a_grey_picture_stays_grey_only_on_grey() {
        for (background, layout) in [
            ([5, 5, 5, 255], Layout::Grey),
            ([5, 5, 5, 0], Layout::GreyAlpha),
            ([5, 6, 5, 255], Layout::Rgb),
            ([5, 6, 5, 9], Layout::Rgba),
        ] {
            let picture = Pixels::filled(1, 1, Layout::Grey, &[1]);
            let result = put_on(picture, &canvas(3, 1, background));
            assert_eq!(result.layout, layout, "{background:?}");
        }
    }

    #[test]
    fn transparency_becomes_white() {
        for (pixel, expected) in [
            ([10, 20, 30, 255], [10, 20, 30]),
            ([10, 20, 30, 0], [255, 255, 255]),
            ([0, 100, 200, 128], [127, 177, 227]),
        ] {
            let picture = Pixels::filled(1, 1, Layout::Rgba, &pixel);
            assert_eq!(flatten(picture).data, expected, "{pixel:?}");
        }
    }
}

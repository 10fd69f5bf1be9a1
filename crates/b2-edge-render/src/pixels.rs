//! Pixels in memory.

use crate::number::index;

/// What the samples of a pixel are, in their order. Each has 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Grey.
    Grey,
    /// Grey and alpha, not premultiplied.
    GreyAlpha,
    /// Red, green and blue.
    Rgb,
    /// Red, green, blue and alpha, not premultiplied.
    Rgba,
    /// Cyan, magenta, yellow and black; 0 is no ink.
    Cmyk,
}

impl Layout {
    /// The samples of a pixel.
    pub(crate) const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba | Self::Cmyk => 4,
        }
    }

    /// Whether the last sample is alpha.
    pub(crate) const fn has_alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}

/// A picture: rows from top to bottom, without gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pixels {
    /// Pixels in a row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// The samples of each pixel.
    pub(crate) layout: Layout,
    /// `width × height × layout.channels()` samples.
    pub(crate) data: Vec<u8>,
}

impl Pixels {
    /// A picture of one colour, whose samples are those of the layout.
    pub(crate) fn filled(width: u32, height: u32, layout: Layout, color: &[u8]) -> Self {
        Self {
            width,
            height,
            layout,
            data: color.repeat(index(width) * index(height)),
        }
    }

    /// The samples of each row.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.data.chunks_exact(self.row_length())
    }

    /// The samples of a row, for each row.
    pub(crate) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [u8]> {
        let length = self.row_length();
        self.data.chunks_exact_mut(length)
    }

    /// The samples of each pixel.
    pub(crate) fn pixels(&self) -> impl Iterator<Item = &[u8]> {
        self.data.chunks_exact(self.layout.channels())
    }

    /// Whether a pixel is not opaque.
    pub(crate) fn is_translucent(&self) -> bool {
        self.layout.has_alpha() && self.pixels().any(|pixel| pixel.last() != Some(&u8::MAX))
    }

    /// The same picture with other samples for each pixel, which `convert` appends.
    pub(crate) fn convert(&self, layout: Layout, convert: impl Fn(&[u8], &mut Vec<u8>)) -> Self {
        let pixels = index(self.width) * index(self.height);
        let mut data = Vec::with_capacity(pixels * layout.channels());
        for pixel in self.pixels() {
            convert(pixel, &mut data);
        }
        Self {
            layout,
            data,
            ..*self
        }
    }

    /// The same picture with three samples for the colour.
    pub(crate) fn into_color(self) -> Self {
        match self.layout {
            Layout::Grey => self.convert(Layout::Rgb, |pixel, data| {
                if let &[grey] = pixel {
                    data.extend([grey; 3]);
                }
            }),
            Layout::GreyAlpha => self.convert(Layout::Rgba, |pixel, data| {
                if let &[grey, alpha] = pixel {
                    data.extend([grey, grey, grey, alpha]);
                }
            }),
            Layout::Rgb | Layout::Rgba | Layout::Cmyk => self,
        }
    }

    /// The same picture with alpha: opaque, where it had none.
    pub(crate) fn into_alpha(self) -> Self {
        let layout = match self.layout {
            Layout::Grey => Layout::GreyAlpha,
            Layout::Rgb => Layout::Rgba,
            Layout::GreyAlpha | Layout::Rgba | Layout::Cmyk => return self,
        };
        self.convert(layout, |pixel, data| {
            data.extend_from_slice(pixel);
            data.push(u8::MAX);
        })
    }

    const fn row_length(&self) -> usize {
        let length = index(self.width) * self.layout.channels();
        // `chunks_exact` panics for 0, and a picture without pixels has no rows.
        if length == 0 { 1 } else { length }
    }
}

//! Conversions to sRGB, with the crate `moxcms`.

use std::sync::Arc;

use moxcms::{ColorProfile, RenderingIntent, Transform8BitExecutor, TransformOptions};

use super::black_point::BlackPoint;
use super::icc::ColorSpace;
use super::press;
use super::relevance::{relevant, space};
use crate::error::RenderError;
use crate::pixels::{Layout, Pixels};

/// What is done about the colours of a source.
#[derive(Clone)]
pub(crate) enum Profile {
    /// The samples are sRGB.
    Srgb,
    /// The samples are converted to sRGB.
    Convert(Conversion),
    /// The samples are inks of an unknown press.
    Inks,
}

impl Profile {
    /// What to do about samples without a profile.
    pub(crate) const SRGB: Self = Self::Srgb;

    /// What to do about samples with this profile. A profile that is broken, or for other samples, counts as none.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "without the feature `full`, it has errors"
    )]
    pub(crate) fn new(icc: Option<&[u8]>, layout: Layout) -> Result<Self, RenderError> {
        let conversion = relevant(icc, layout).and_then(|icc| Conversion::new(icc, layout));
        Ok(match conversion {
            Some(conversion) => Self::Convert(conversion),
            None if layout == Layout::Cmyk => Self::Inks,
            None => Self::Srgb,
        })
    }

    /// The pixels as they are in the variant.
    pub(crate) fn apply(&self, pixels: Pixels) -> Pixels {
        match self {
            Self::Srgb => pixels,
            Self::Convert(conversion) => conversion.apply(&pixels).unwrap_or(pixels),
            Self::Inks => press::to_srgb(&pixels),
        }
    }

    /// The profile that pixels get in a file: none, because all are sRGB.
    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "without the feature `full`, it has errors, and a profile"
    )]
    pub(crate) const fn for_file(&self, _: Layout) -> Result<Option<&[u8]>, RenderError> {
        Ok(None)
    }
}

/// A conversion of pixels of one layout to sRGB.
#[derive(Clone)]
pub(crate) struct Conversion {
    transform: Arc<Transform8BitExecutor>,
    /// The layout of what the transform returns.
    result: Layout,
    /// What becomes of each sample that the transform returns, for inks.
    from_ink: Option<BlackPoint>,
}

impl Conversion {
    /// The conversion from a profile, with the perceptual intent. `None` for a profile that is broken.
    fn new(icc: &[u8], layout: Layout) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let (source, target, result) = match layout {
            Layout::Grey => (moxcms::Layout::Gray, moxcms::Layout::Rgb, Layout::Rgb),
            Layout::GreyAlpha => (
                moxcms::Layout::GrayAlpha,
                moxcms::Layout::Rgba,
                Layout::Rgba,
            ),
            Layout::Rgb => (moxcms::Layout::Rgb, moxcms::Layout::Rgb, Layout::Rgb),
            Layout::Rgba => (moxcms::Layout::Rgba, moxcms::Layout::Rgba, Layout::Rgba),
            Layout::Cmyk => (moxcms::Layout::Rgba, moxcms::Layout::Rgb, Layout::Rgb),
        };
        let options = TransformOptions {
            rendering_intent: RenderingIntent::Perceptual,
            // Of more precision, above all for dark colours, and fast enough for pictures of this size.
            prefer_fixed_point: false,
            ..TransformOptions::default()
        };
        let srgb = ColorProfile::new_srgb();
        let transform = profile
            .create_transform_8bit(source, &srgb, target, options)
            .ok()?;
        let from_ink = if layout == Layout::Cmyk {
            let mut black = [0; 3];
            transform.transform(&[u8::MAX; 4], &mut black).ok()?;
            Some(BlackPoint::new(black))
        } else {
            None
        };
        Some(Self {
            transform,
            result,
            from_ink,
        })
    }

    /// The pixels in sRGB: in grey, if they were.
    fn apply(&self, pixels: &Pixels) -> Option<Pixels> {
        let mut result = Pixels::filled(
            pixels.width,
            pixels.height,
            self.result,
            [0; 4].get(..self.result.channels())?,
        );
        self.transform
            .transform(&pixels.data, &mut result.data)
            .ok()?;
        if let Some(black_point) = &self.from_ink {
            black_point.compensate(&mut result.data);
        }
        if space(pixels.layout) != ColorSpace::Grey {
            return Some(result);
        }
        // Red, green and blue are the same.
        Some(result.convert(pixels.layout, |pixel, data| {
            data.extend(pixel.first());
            if pixels.layout.has_alpha() {
                data.extend(pixel.last());
            }
        }))
    }
}

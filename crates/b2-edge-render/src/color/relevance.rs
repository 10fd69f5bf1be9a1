//! Whether a profile matters.

use super::icc::{ColorSpace, Icc};
use crate::pixels::Layout;

/// The profile, if it says something else than sRGB. One that is broken, or for other samples, counts as none.
pub(super) fn relevant(icc: Option<&[u8]>, layout: Layout) -> Option<&[u8]> {
    icc.filter(|icc| {
        Icc::parse(icc).is_some_and(|profile| is_for(&profile, layout) && !profile.is_srgb())
    })
}

/// Whether a profile is for samples of this layout.
pub(super) fn is_for(profile: &Icc<'_>, layout: Layout) -> bool {
    profile.space() == Some(space(layout))
}

/// The space of the samples of a layout.
pub(super) const fn space(layout: Layout) -> ColorSpace {
    match layout {
        Layout::Grey | Layout::GreyAlpha => ColorSpace::Grey,
        Layout::Rgb | Layout::Rgba => ColorSpace::Rgb,
        Layout::Cmyk => ColorSpace::Cmyk,
    }
}

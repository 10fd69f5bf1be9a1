//! What the samples of a source mean, and how a variant says it.
//!
//! A source without a colour profile is sRGB, and so is each variant without one. A profile for sRGB is dropped. With
//! the feature `full`, everything else is converted to sRGB. Without it, a small profile is passed on.

#[cfg(feature = "full")]
mod black_point;
#[cfg(feature = "full")]
mod convert;
mod curve;
mod icc;
#[cfg(not(feature = "full"))]
mod pass_on;

#[cfg(feature = "full")]
mod press;

#[cfg(feature = "full")]
pub(crate) use self::convert::Profile;
use self::icc::{ColorSpace, Icc};
#[cfg(not(feature = "full"))]
pub(crate) use self::pass_on::Profile;
use crate::pixels::Layout;

/// The profile, if it says something else than sRGB. One that is broken, or for other samples, counts as none.
fn relevant(icc: Option<&[u8]>, layout: Layout) -> Option<&[u8]> {
    icc.filter(|icc| {
        Icc::parse(icc).is_some_and(|profile| is_for(&profile, layout) && !profile.is_srgb())
    })
}

fn is_for(profile: &Icc<'_>, layout: Layout) -> bool {
    profile.space() == Some(space(layout))
}

const fn space(layout: Layout) -> ColorSpace {
    match layout {
        Layout::Grey | Layout::GreyAlpha => ColorSpace::Grey,
        Layout::Rgb | Layout::Rgba => ColorSpace::Rgb,
        Layout::Cmyk => ColorSpace::Cmyk,
    }
}

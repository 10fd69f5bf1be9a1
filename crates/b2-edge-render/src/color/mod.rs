//! What the samples of a source mean, and how a variant says it.
//!
//! A source without a colour profile is sRGB, and so is each variant without one. A profile for sRGB is dropped. With
//! the feature `full`, everything else is converted to sRGB. Without it, a small profile is passed on.

mod icc;

use self::icc::{ColorSpace, Icc};
use crate::error::{Lack, RenderError};
use crate::pixels::Layout;

/// The largest profile that is passed on, in bytes. Profiles for displays, with a matrix and curves, are smaller; what
/// is larger would be most of a thumbnail.
const PASSED_ON_BYTES: usize = 4096;

/// What is done about the colours of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// The samples are sRGB.
    Srgb,
    /// The variant gets the profile of the source.
    PassOn(Vec<u8>),
}

impl Profile {
    /// What to do about the colours of samples with this profile. A profile that is broken, or for other samples, counts
    /// as none.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotHere`] for CMYK, and for a profile that is too large to be passed on.
    pub(crate) fn new(icc: Option<&[u8]>, layout: Layout) -> Result<Self, RenderError> {
        let profile = icc
            .and_then(Icc::parse)
            .filter(|profile| profile.space() == Some(space(layout)));
        if layout == Layout::Cmyk {
            return Err(RenderError::NotHere(Lack::Cmyk));
        }
        match (profile, icc) {
            (Some(profile), Some(icc)) if !profile.is_srgb() => {
                if icc.len() > PASSED_ON_BYTES {
                    return Err(RenderError::NotHere(Lack::ColorProfile));
                }
                Ok(Self::PassOn(icc.to_vec()))
            }
            _ => Ok(Self::Srgb),
        }
    }

    /// The profile that pixels of this layout get in a file.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotHere`] if the profile is for grey, and the pixels have become coloured by their background.
    pub(crate) fn for_file(&self, layout: Layout) -> Result<Option<&[u8]>, RenderError> {
        match self {
            Self::Srgb => Ok(None),
            Self::PassOn(icc) => {
                let profile = Icc::parse(icc);
                if profile.and_then(|profile| profile.space()) == Some(space(layout)) {
                    Ok(Some(icc))
                } else {
                    Err(RenderError::NotHere(Lack::ColorProfile))
                }
            }
        }
    }
}

const fn space(layout: Layout) -> ColorSpace {
    match layout {
        Layout::Grey | Layout::GreyAlpha => ColorSpace::Grey,
        Layout::Rgb | Layout::Rgba => ColorSpace::Rgb,
        Layout::Cmyk => ColorSpace::Cmyk,
    }
}

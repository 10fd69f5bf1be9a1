//! Colours without a conversion: a variant has the profile of its source.

use super::icc::Icc;
use super::relevance::{is_for, relevant};
use crate::error::{Lack, RenderError};
use crate::pixels::{Layout, Pixels};

/// The largest profile that is passed on, in bytes. Profiles for displays, with a matrix and curves, are smaller; what
/// is larger would be most of a thumbnail.
const MAX_BYTES: usize = 4096;

/// What is done about the colours of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Profile {
    /// The profile that the variant gets. `None`: its samples are sRGB.
    icc: Option<Vec<u8>>,
}

impl Profile {
    /// What to do about samples without a profile.
    pub(crate) const SRGB: Self = Self { icc: None };

    /// What to do about samples with this profile. A profile that is broken, or for other samples, counts as none.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotHere`] for CMYK, and for a profile that is too large to be passed on.
    pub(crate) fn new(icc: Option<&[u8]>, layout: Layout) -> Result<Self, RenderError> {
        match relevant(icc, layout) {
            _ if layout == Layout::Cmyk => Err(RenderError::NotHere(Lack::Cmyk)),
            Some(icc) if icc.len() > MAX_BYTES => Err(RenderError::NotHere(Lack::ColorProfile)),
            icc => Ok(Self {
                icc: icc.map(<[u8]>::to_vec),
            }),
        }
    }

    /// The pixels as they are in the variant.
    #[expect(clippy::unused_self, reason = "the feature `full` needs it")]
    pub(crate) const fn apply(&self, pixels: Pixels) -> Pixels {
        pixels
    }

    /// The profile that pixels of this layout get in a file.
    ///
    /// # Errors
    ///
    /// [`RenderError::NotHere`] if the profile is for grey, and the pixels have become coloured by their background.
    pub(crate) fn for_file(&self, layout: Layout) -> Result<Option<&[u8]>, RenderError> {
        match &self.icc {
            None => Ok(None),
            Some(icc) if Icc::parse(icc).is_some_and(|profile| is_for(&profile, layout)) => {
                Ok(Some(icc))
            }
            Some(_) => Err(RenderError::NotHere(Lack::ColorProfile)),
        }
    }
}

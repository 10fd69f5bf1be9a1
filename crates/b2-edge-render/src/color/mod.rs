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
mod relevance;

#[cfg(feature = "full")]
pub(crate) use self::convert::Profile;
#[cfg(not(feature = "full"))]
pub(crate) use self::pass_on::Profile;

//! Image variants: the bytes of a picture and a [`Preset`] to the bytes of a variant.
//!
//! Pure: no I/O, no clock, no environment. Who calls [`render()`] watches the time through a callback, and stops the
//! rendering through it.
//!
//! Without the feature `full`, the crate has what fits into a Compute application: JPEG and PNG are written, and small
//! colour profiles are passed on. With it, pictures are converted to sRGB, CMYK included, and WebP and AVIF are written.
//!
//! From top to bottom: `render` is the sequence of steps; `inspect` and `decode` read a source, whose parts
//! `container` finds; `geometry`, `resize`, `orient`, `color` and `background` change its pixels; `encode` writes them, and
//! `strip` removes the metadata of a source that is passed on.

#![forbid(unsafe_code)]

mod background;
mod color;
mod container;
mod decode;
mod encode;
mod error;
mod estimate;
mod geometry;
mod inspect;
mod limits;
mod media_type;
mod number;
mod orient;
mod orientation;
mod pixels;
mod progress;
mod render;
mod resize;
mod strip;

#[doc(no_inline)]
pub use b2_edge_core::images::format::Format;
#[doc(no_inline)]
pub use b2_edge_core::images::preset::Preset;

pub use self::encode::can_encode;
pub use self::error::{Excess, Lack, NoImage, RenderError};
pub use self::estimate::{Estimate, estimate};
pub use self::inspect::{Info, inspect};
pub use self::limits::Limits;
pub use self::media_type::{Kind, MediaType};
pub use self::orientation::Orientation;
pub use self::progress::{Progress, Step};
pub use self::render::{Rendered, Request, render};

//! Image variants: which paths are variants, their presets, and every decision about them. It has no codecs;
//! the crate `b2-edge-render` makes the bytes.

pub mod format;
pub mod preset;

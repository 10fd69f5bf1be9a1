//! The limits of an engine. They are checked with what the header says, before pixels are allocated.

use crate::error::{Excess, RenderError};
use crate::inspect::Info;
use crate::media_type::Kind;

/// What an engine reads and decodes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a source.
    pub source_bytes: usize,
    /// Pixels of a JPEG, at full size.
    pub jpeg_pixels: u64,
    /// Pixels of a PNG.
    pub png_pixels: u64,
    /// Pixels of a WebP.
    pub webp_pixels: u64,
    /// Pixels of a GIF: of its screen, and of its first frame.
    pub gif_pixels: u64,
    /// Pixels that are decoded. A JPEG that is decoded at 1/8 has 1/64 of its pixels.
    pub decoded_pixels: u64,
    /// Scans of a progressive JPEG.
    pub jpeg_scans: u32,
    /// Bytes of memory for decoding a JPEG.
    pub jpeg_memory: usize,
}

const MEGA: u64 = 1_000_000;

impl Limits {
    /// For the guest engine, which has 50 ms of CPU and 128 MB.
    #[must_use]
    pub const fn guest() -> Self {
        Self {
            source_bytes: 16 << 20,
            jpeg_pixels: 100 * MEGA,
            png_pixels: MEGA,
            webp_pixels: MEGA / 2,
            gif_pixels: MEGA,
            decoded_pixels: 10 * MEGA,
            jpeg_scans: 100,
            jpeg_memory: 64 << 20,
        }
    }

    /// For the service.
    #[must_use]
    pub const fn service() -> Self {
        let pixels = 50 * MEGA;
        Self {
            source_bytes: 100 << 20,
            // The most that a JPEG can have: what is decoded counts.
            jpeg_pixels: 65_535 * 65_535,
            png_pixels: pixels,
            webp_pixels: pixels,
            gif_pixels: pixels,
            decoded_pixels: pixels,
            jpeg_scans: 100,
            jpeg_memory: 1 << 30,
        }
    }

    /// Checks the bytes of a source.
    pub(crate) const fn check_bytes(&self, bytes: usize) -> Result<(), RenderError> {
        if bytes > self.source_bytes {
            return Err(RenderError::TooLarge(Excess::Bytes));
        }
        Ok(())
    }

    /// Checks the pixels of a source, from its header.
    pub(crate) const fn check_source(&self, info: &Info) -> Result<(), RenderError> {
        let limit = match info.kind {
            Kind::Jpeg => self.jpeg_pixels,
            Kind::Png => self.png_pixels,
            Kind::Webp => self.webp_pixels,
            Kind::Gif => self.gif_pixels,
        };
        if info.pixels() > limit {
            return Err(RenderError::TooLarge(Excess::Pixels));
        }
        Ok(())
    }

    /// Checks the pixels that are about to be decoded.
    pub(crate) const fn check_decoded(&self, pixels: u64) -> Result<(), RenderError> {
        if pixels > self.decoded_pixels {
            return Err(RenderError::TooLarge(Excess::Pixels));
        }
        Ok(())
    }
}

//! What can be known before pixels are allocated.

use crate::adobe::Application;
use crate::color::Color;
use crate::error::Error;
use crate::frame::{self, Frame};
use crate::layout::Layout;
use crate::scale::Scale;
use crate::segments::{Segments, marker};

/// What a file says before its first scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// In pixels, 1 to 65,535.
    pub width: u32,
    /// In pixels, 1 to 65,535.
    pub height: u32,
    /// The number of components: 1, 3 or 4.
    pub components: u8,
    /// Whether scans add to each other, so that all coefficients have to be stored.
    pub is_progressive: bool,
    /// What the components are.
    pub color: Color,
    frame: Frame,
}

/// Reads a file up to its first scan.
///
/// # Errors
///
/// [`Error::NotJpeg`], [`Error::Unsupported`], [`Error::Truncated`] or [`Error::Corrupt`].
pub fn read_header(data: &[u8]) -> Result<Header, Error> {
    let mut segments = Segments::new(data)?;
    let mut application = Application::default();
    let mut frame = None;
    while let Some(segment) = segments.next()? {
        application.read(&segment);
        match (segment.marker, frame) {
            (marker::SOS, Some(frame)) => return Ok(Header::new(frame, application)),
            (marker::SOS, None) => return Err(Error::Corrupt("a scan comes before the frame")),
            (start, None) if frame::is_start(start) => frame = Some(Frame::read(&segment)?),
            (_, unchanged) => frame = unchanged,
        }
    }
    Err(Error::Corrupt("there is no scan"))
}

/// The memory in bytes that decoding needs at a scale, with the output and without the file. It is an upper bound.
#[must_use]
pub fn memory(header: &Header, scale: Scale) -> usize {
    let bytes = Layout::new(&header.frame, scale).memory(header.is_progressive);
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl Header {
    fn new(frame: Frame, application: Application) -> Self {
        Self {
            width: frame.width.into(),
            height: frame.height.into(),
            components: match frame.components.len() {
                1 => 1,
                3 => 3,
                _ => 4,
            },
            is_progressive: frame.is_progressive,
            color: Color::of(&frame, application),
            frame,
        }
    }
}

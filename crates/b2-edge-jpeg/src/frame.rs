//! The frame header (T.81, B.2.2): size, components and process.

use crate::error::Error;
use crate::segments::{Segment, marker};

/// One component of a frame, such as luma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: u8,
    /// The horizontal sampling factor, 1 to 4.
    pub(crate) horizontal: u8,
    /// The vertical sampling factor, 1 to 4.
    pub(crate) vertical: u8,
    /// The destination of its quantization table, 0 to 3.
    pub(crate) table: u8,
}

/// A frame header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    /// In pixels, at least 1.
    pub(crate) width: u16,
    /// In pixels, at least 1.
    pub(crate) height: u16,
    pub(crate) is_progressive: bool,
    /// 1, 3 or 4.
    pub(crate) components: Vec<Component>,
}

/// Whether a marker begins a frame, of any process.
pub(crate) const fn is_start(marker: u8) -> bool {
    matches!(marker, marker::SOF0..=marker::SOF15) && !matches!(marker, marker::DHT | marker::DAC)
}

impl Frame {
    /// Reads the segment of a marker for which [`is_start`] is true.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for a process or a number of components that the decoder does not implement;
    /// [`Error::Corrupt`] for impossible values.
    pub(crate) fn read(segment: &Segment<'_>) -> Result<Self, Error> {
        let is_progressive = match segment.marker {
            0xc0 | 0xc1 => false,
            marker::SOF2 => true,
            0xc3 | 0xc7 | 0xcb | 0xcf => return Err(Error::Unsupported("lossless JPEG")),
            0xc5 | 0xc6 | 0xcd | 0xce => return Err(Error::Unsupported("hierarchical JPEG")),
            0xc9 | 0xca => return Err(Error::Unsupported("arithmetic coding")),
            _ => return Err(Error::Unsupported("an extension of JPEG")),
        };
        let &[
            precision,
            height0,
            height1,
            width0,
            width1,
            count,
            ref specifications @ ..,
        ] = segment.payload
        else {
            return Err(Error::Corrupt("the frame header is too short"));
        };
        if precision != 8 {
            return Err(Error::Unsupported("a precision other than 8 bits"));
        }
        let width = u16::from_be_bytes([width0, width1]);
        let height = u16::from_be_bytes([height0, height1]);
        if height == 0 {
            return Err(Error::Unsupported("a height that follows the first scan"));
        }
        if width == 0 {
            return Err(Error::Corrupt("the width is 0"));
        }
        if !matches!(count, 1 | 3 | 4) {
            return Err(Error::Unsupported(
                "a number of components other than 1, 3 and 4",
            ));
        }
        let specifications = specifications.as_chunks().0;
        let components: Result<Vec<_>, _> = specifications
            .iter()
            .take(usize::from(count))
            .map(|specification| component(*specification))
            .collect();
        let mut components = components?;
        if components.len() != usize::from(count) {
            return Err(Error::Corrupt("the frame header is too short"));
        }
        // A single component has no other to be sampled relative to.
        if let [only] = components.as_mut_slice() {
            (only.horizontal, only.vertical) = (1, 1);
        }
        Ok(Self {
            width,
            height,
            is_progressive,
            components,
        })
    }

    /// The largest horizontal sampling factor.
    pub(crate) fn max_horizontal(&self) -> u8 {
        let factors = self.components.iter().map(|c| c.horizontal);
        factors.max().unwrap_or(1)
    }

    /// The largest vertical sampling factor.
    pub(crate) fn max_vertical(&self) -> u8 {
        let factors = self.components.iter().map(|c| c.vertical);
        factors.max().unwrap_or(1)
    }
}

fn component([id, factors, table]: [u8; 3]) -> Result<Component, Error> {
    let (horizontal, vertical) = (factors >> 4, factors & 15);
    if !matches!((horizontal, vertical), (1..=4, 1..=4)) {
        return Err(Error::Corrupt("a sampling factor is not 1 to 4"));
    }
    if table > 3 {
        return Err(Error::Corrupt("a component has no such quantization table"));
    }
    Ok(Component {
        id,
        horizontal,
        vertical,
        table,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(marker: u8, payload: &[u8]) -> Result<Frame, Error> {
        Frame::read(&Segment { marker, payload })
    }

    #[test]
    fn size_and_components_are_read() {
        let payload = b"\x08\x01\x02\x03\x04\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01";
        let frame = read(0xc2, payload).expect("a frame");
        assert_eq!((frame.height, frame.width), (0x102, 0x304));
        assert!(frame.is_progressive);
        assert_eq!((frame.max_horizontal(), frame.max_vertical()), (2, 2));
        let factors: Vec<_> = frame
            .components
            .iter()
            .map(|c| (c.id, c.horizontal, c.vertical, c.table))
            .collect();
        assert_eq!(factors, [(1, 2, 2, 0), (2, 1, 1, 1), (3, 1, 1, 1)]);
    }

    #[test]
    fn the_factors_of_a_single_component_do_not_matter() {
        let frame = read(0xc0, b"\x08\0\x01\0\x01\x01\x01\x24\0").expect("a frame");
        assert_eq!((frame.max_horizontal(), frame.max_vertical()), (1, 1));
    }

    #[test]
    fn what_is_not_implemented_is_named() {
        let grey = b"\x08\0\x01\0\x01\x01\x01\x11\0";
        let cases: [(u8, &[u8], Error); 12] = [
            (0xc3, grey, Error::Unsupported("lossless JPEG")),
            (0xc5, grey, Error::Unsupported("hierarchical JPEG")),
            (0xc9, grey, Error::Unsupported("arithmetic coding")),
            (0xca, grey, Error::Unsupported("arithmetic coding")),
            (0xc8, grey, Error::Unsupported("an extension of JPEG")),
            (
                0xc1,
                b"\x0c\0\x01\0\x01\x01\x01\x11\0",
                Error::Unsupported("a precision other than 8 bits"),
            ),
            (
                0xc0,
                b"\x08\0\0\0\x01\x01\x01\x11\0",
                Error::Unsupported("a height that follows the first scan"),
            ),
            (
                0xc0,
                b"\x08\0\x01\0\0\x01\x01\x11\0",
                Error::Corrupt("the width is 0"),
            ),
            (
                0xc0,
                b"\x08\0\x01\0\x01\x02\x01\x11\0\x02\x11\0",
                Error::Unsupported("a number of components other than 1, 3 and 4"),
            ),
            (
                0xc0,
                b"\x08\0\x01\0\x01\x03\x01\x11\0\x02\x11\0",
                Error::Corrupt("the frame header is too short"),
            ),
            (
                0xc0,
                b"\x08\0\x01\0\x01\x01\x01\x51\0",
                Error::Corrupt("a sampling factor is not 1 to 4"),
            ),
            (
                0xc0,
                b"\x08\0\x01\0\x01\x01\x01\x11\x04",
                Error::Corrupt("a component has no such quantization table"),
            ),
        ];
        for (marker, payload, error) in cases {
            assert_eq!(read(marker, payload), Err(error), "{marker:x} {payload:?}");
        }
    }

    #[test]
    fn tables_among_the_frame_markers_are_no_frames() {
        let starts: Vec<u8> = (0xbf..=0xd0).filter(|&marker| is_start(marker)).collect();
        assert_eq!(
            starts,
            [
                0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf
            ]
        );
    }
}

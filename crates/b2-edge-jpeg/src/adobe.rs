//! The application segments that determine colours: JFIF's APP0 and Adobe's APP14.

use crate::segments::{Segment, marker};

/// What the application segments say about the colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Application {
    /// Whether there is a JFIF segment. JFIF has only greyscale and YCbCr.
    pub(crate) is_jfif: bool,
    /// The transform of an Adobe segment: 0 for none, 1 for YCbCr, 2 for YCCK.
    pub(crate) adobe_transform: Option<u8>,
}

impl Application {
    /// Takes over what a segment says, if it is one of the two.
    pub(crate) fn read(&mut self, segment: &Segment<'_>) {
        match (segment.marker, segment.payload) {
            (marker::APP0, payload) if payload.starts_with(b"JFIF\0") => self.is_jfif = true,
            // Version, two words of flags, and the transform (Adobe Technical Note 5116, section 18).
            (
                marker::APP14,
                [
                    b'A',
                    b'd',
                    b'o',
                    b'b',
                    b'e',
                    _,
                    _,
                    _,
                    _,
                    _,
                    _,
                    transform,
                    ..,
                ],
            ) => {
                self.adobe_transform = Some(*transform);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_segments_of_their_marker_count() {
        let cases: [(u8, &[u8], Application); 5] = [
            (
                marker::APP0,
                b"JFIF\0\x01\x01",
                Application {
                    is_jfif: true,
                    adobe_transform: None,
                },
            ),
            (
                marker::APP14,
                b"Adobe\0\x64\0\0\0\0\x02",
                Application {
                    is_jfif: false,
                    adobe_transform: Some(2),
                },
            ),
            (
                marker::APP14,
                b"Adobe\0\x64\0\0\0\0",
                Application::default(),
            ),
            (marker::APP0, b"JFXX\0", Application::default()),
            (0xe1, b"JFIF\0", Application::default()),
        ];
        for (marker, payload, expected) in cases {
            let mut application = Application::default();
            application.read(&Segment { marker, payload });
            assert_eq!(application, expected, "{marker:x} {payload:?}");
        }
    }
}

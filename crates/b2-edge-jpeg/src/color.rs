//! From the components of a file to greyscale, RGB or CMYK.

use crate::adobe::Application;
use crate::frame::Frame;

/// How the components of a file represent colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Luma alone.
    Grey,
    /// Luma and two differences, as in JFIF.
    YCbCr,
    /// Red, green and blue.
    Rgb,
    /// Cyan, magenta, yellow and black.
    Cmyk,
    /// Black, and the others transformed like RGB to YCbCr.
    Ycck,
}

impl Color {
    /// The colours of a file: libjpeg's rules, as the standard has none.
    pub(crate) fn of(frame: &Frame, application: Application) -> Self {
        let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
        match (ids.as_slice(), application.adobe_transform) {
            ([_], _) => Self::Grey,
            ([_, _, _], _) if application.is_jfif => Self::YCbCr,
            ([_, _, _], Some(0)) | ([b'R', b'G', b'B'], None) => Self::Rgb,
            ([_, _, _], _) => Self::YCbCr,
            (_, Some(2)) => Self::Ycck,
            _ => Self::Cmyk,
        }
    }

    /// The channels of the output: 1 for greyscale, 3 for RGB, 4 for CMYK.
    #[must_use]
    pub const fn channels(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::YCbCr | Self::Rgb => 3,
            Self::Cmyk | Self::Ycck => 4,
        }
    }
}

/// Converts rows of samples to pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Converter {
    pub(crate) color: Color,
    /// Whether 255 is no ink, as Adobe's applications write CMYK.
    pub(crate) is_inverted: bool,
}

impl Converter {
    /// Converts a row of each component, which have at least the pixels of `output`. CMYK is output with 0 for no ink.
    pub(crate) fn row(self, rows: &[&[u8]], output: &mut [u8]) {
        match (self.color, rows) {
            (Color::Grey, [grey]) => {
                for (pixel, &grey) in output.iter_mut().zip(*grey) {
                    *pixel = grey;
                }
            }
            (Color::Rgb, [red, green, blue]) => {
                let pixels = output.as_chunks_mut().0.iter_mut();
                for (((pixel, &red), &green), &blue) in pixels.zip(*red).zip(*green).zip(*blue) {
                    *pixel = [red, green, blue];
                }
            }
            (Color::YCbCr, [luma, blue, red]) => {
                let pixels = output.as_chunks_mut().0.iter_mut();
                for (((pixel, &luma), &blue), &red) in pixels.zip(*luma).zip(*blue).zip(*red) {
                    *pixel = rgb(luma, blue, red);
                }
            }
            (_, [first, second, third, black]) => {
                let pixels = output.as_chunks_mut().0.iter_mut();
                let samples = first.iter().zip(*second).zip(*third).zip(*black);
                for (pixel, (((&first, &second), &third), &black)) in pixels.zip(samples) {
                    *pixel = self.cmyk([first, second, third, black]);
                }
            }
            _ => {}
        }
    }

    fn cmyk(self, [first, second, third, black]: [u8; 4]) -> [u8; 4] {
        let inks = match self.color {
            Color::Ycck => {
                // The transform is that of the complements (Adobe Technical Note 5116, section 18).
                let [red, green, blue] = rgb(first, second, third);
                [255 - red, 255 - green, 255 - blue, black]
            }
            _ => [first, second, third, black],
        };
        if self.is_inverted {
            inks.map(|ink| 255 - ink)
        } else {
            inks
        }
    }
}

/// From YCbCr to RGB (ITU-T T.871, section 7), with 16 bits of fraction.
#[inline]
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    /// A factor in fixed point.
    const fn fixed(factor: f64) -> i32 {
        #[expect(clippy::cast_possible_truncation, reason = "the factors are below 2")]
        {
            (factor * 65536.0 + 0.5) as i32
        }
    }
    let luma = (i32::from(luma) << 16) + (1 << 15);
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [
        luma + const { fixed(1.402) } * red,
        luma - const { fixed(0.344_14) } * blue - const { fixed(0.714_14) } * red,
        luma + const { fixed(1.772) } * blue,
    ]
    .map(|level| {
        #[expect(clippy::cast_sign_loss, reason = "0 to 255")]
        {
            (level >> 16).clamp(0, 255) as u8
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Component;

    fn color(ids: &[u8], is_jfif: bool, adobe_transform: Option<u8>) -> Color {
        let component = |&id| Component {
            id,
            ..Component::default()
        };
        let frame = Frame {
            width: 1,
            height: 1,
            is_progressive: false,
            components: ids.iter().map(component).collect(),
        };
        let application = Application {
            is_jfif,
            adobe_transform,
        };
        Color::of(&frame, application)
    }

    #[test]
    fn application_segments_and_identifiers_determine_the_colours() {
        let cases: [(&[u8], bool, Option<u8>, Color); 12] = [
            (&[1], false, Some(2), Color::Grey),
            (&[1, 2, 3], true, None, Color::YCbCr),
            (&[1, 2, 3], false, None, Color::YCbCr),
            (&[1, 2, 3], false, Some(1), Color::YCbCr),
            (&[1, 2, 3], false, Some(0), Color::Rgb),
            (&[1, 2, 3], true, Some(0), Color::YCbCr),
            (b"RGB", false, None, Color::Rgb),
            (b"RGB", true, None, Color::YCbCr),
            (b"RGB", false, Some(1), Color::YCbCr),
            (&[1, 2, 3, 4], false, Some(2), Color::Ycck),
            (&[1, 2, 3, 4], false, Some(0), Color::Cmyk),
            (&[1, 2, 3, 4], false, None, Color::Cmyk),
        ];
        for (ids, is_jfif, transform, expected) in cases {
            let found = color(ids, is_jfif, transform);
            assert_eq!(found, expected, "{ids:?}, {is_jfif}, {transform:?}");
        }
    }

    #[test]
    fn pixels_are_converted() {
        // By hand, from the formulas of T.871 and the inversion of Adobe.
        let cases: [(Color, bool, &[u8], &[u8]); 10] = [
            (Color::Grey, false, &[7], &[7]),
            (Color::Rgb, false, &[1, 2, 3], &[1, 2, 3]),
            (Color::YCbCr, false, &[100, 128, 128], &[100, 100, 100]),
            (Color::YCbCr, false, &[76, 85, 255], &[254, 0, 0]),
            (Color::YCbCr, false, &[100, 0, 255], &[255, 53, 0]),
            (Color::Cmyk, false, &[1, 2, 3, 4], &[1, 2, 3, 4]),
            (Color::Cmyk, true, &[255, 254, 0, 200], &[0, 1, 255, 55]),
            (
                Color::Ycck,
                true,
                &[100, 128, 128, 255],
                &[100, 100, 100, 0],
            ),
            (Color::Ycck, false, &[100, 128, 128, 9], &[155, 155, 155, 9]),
            (Color::Ycck, true, &[76, 85, 255, 0], &[254, 0, 0, 255]),
        ];
        for (color, is_inverted, samples, expected) in cases {
            let rows: Vec<_> = samples.iter().map(std::slice::from_ref).collect();
            let mut pixel = vec![0; color.channels()];
            Converter { color, is_inverted }.row(&rows, &mut pixel);
            assert_eq!(
                pixel, expected,
                "{color:?} {samples:?}, inverted: {is_inverted}"
            );
        }
    }
}

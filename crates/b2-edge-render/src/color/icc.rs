//! The parts of a colour profile that say whether it is sRGB (ICC.1:2022).

use super::curve::srgb_light;
use crate::container::{be16, be32};
use crate::number::float;

/// The bytes of the header.
const HEADER: usize = 128;
/// The bytes of an entry in the table of tags.
const ENTRY: usize = 12;
/// The most tags that are looked at. Profiles have about 20.
const MAX_TAGS: usize = 100;

/// The colours of red, green and blue in sRGB, relative to D50: X, Y and Z of each (IEC 61966-2-1, adapted with the
/// Bradford matrix as in annex E of the ICC's specification).
const SRGB_PRIMARIES: [(&str, [f64; 3]); 3] = [
    ("rXYZ", [0.4361, 0.2225, 0.0139]),
    ("gXYZ", [0.3851, 0.7169, 0.0971]),
    ("bXYZ", [0.1431, 0.0606, 0.7141]),
];
/// How far a primary may be from that of sRGB. Profiles for sRGB differ from each other by up to 0.0015, those of
/// Display P3 by 0.07.
const PRIMARY_TOLERANCE: f64 = 0.003;
/// How far a curve may be from that of sRGB, in linear light. A gamma of 2.2 differs by up to 0.008.
const CURVE_TOLERANCE: f64 = 0.003;

/// The space of the samples that a profile is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColorSpace {
    /// Grey.
    Grey,
    /// Red, green and blue.
    Rgb,
    /// Cyan, magenta, yellow and black.
    Cmyk,
}

/// A colour profile.
#[derive(Clone, Copy)]
pub(super) struct Icc<'a>(&'a [u8]);

impl<'a> Icc<'a> {
    /// A profile with a header and a table of tags.
    pub(super) fn parse(data: &'a [u8]) -> Option<Self> {
        let is_profile = data.get(36..40)? == b"acsp" && data.len() > HEADER + 4;
        is_profile.then_some(Self(data))
    }

    /// The space of the samples, if it is one that pictures have.
    pub(super) fn space(&self) -> Option<ColorSpace> {
        match self.0.get(16..20)? {
            b"RGB " => Some(ColorSpace::Rgb),
            b"GRAY" => Some(ColorSpace::Grey),
            b"CMYK" => Some(ColorSpace::Cmyk),
            _ => None,
        }
    }

    /// Whether samples mean what they mean without a profile: red, green and blue of sRGB, or grey with its curve.
    pub(super) fn is_srgb(&self) -> bool {
        let curves: &[&str] = match self.space() {
            Some(ColorSpace::Grey) => &["kTRC"],
            Some(ColorSpace::Rgb) => {
                // Tables would take precedence over the primaries.
                let is_matrix = self.tag("A2B0").is_none();
                if !is_matrix || !SRGB_PRIMARIES.iter().all(|primary| self.has(primary)) {
                    return false;
                }
                &["rTRC", "gTRC", "bTRC"]
            }
            Some(ColorSpace::Cmyk) | None => return false,
        };
        curves.iter().all(|name| {
            self.tag(name).is_some_and(|curve| {
                (0..=10).all(|tenth| {
                    let sample = f64::from(tenth) / 10.0;
                    evaluate(curve, sample)
                        .is_some_and(|light| (light - srgb_light(sample)).abs() < CURVE_TOLERANCE)
                })
            })
        })
    }

    fn has(&self, (name, expected): &(&str, [f64; 3])) -> bool {
        self.tag(name).is_some_and(|tag| {
            tag.starts_with(b"XYZ ")
                && expected.iter().zip([8, 12, 16]).all(|(expected, at)| {
                    fixed(tag, at).is_some_and(|value| (value - expected).abs() < PRIMARY_TOLERANCE)
                })
        })
    }

    /// The content of a tag.
    fn tag(&self, name: &str) -> Option<&'a [u8]> {
        let count = usize::try_from(be32(self.0, HEADER)?).ok()?;
        let entry = self
            .0
            .get(HEADER + 4..)?
            .chunks_exact(ENTRY)
            .take(count.min(MAX_TAGS))
            .find(|entry| entry.starts_with(name.as_bytes()))?;
        let start = usize::try_from(be32(entry, 4)?).ok()?;
        let length = usize::try_from(be32(entry, 8)?).ok()?;
        self.0.get(start..start.checked_add(length)?)
    }
}

/// The light that a curve has for a sample, both from 0 to 1 (sections 10.6 and 10.18).
fn evaluate(curve: &[u8], sample: f64) -> Option<f64> {
    match curve.first_chunk()? {
        b"curv" => {
            let count = be32(curve, 8)?;
            match count {
                0 => Some(sample),
                1 => Some(sample.powf(f64::from(be16(curve, 12)?) / 256.0)),
                _ => {
                    let position = sample * f64::from(count - 1);
                    let value = |index: f64| {
                        let index = crate::number::rounded(index, 0, count - 1);
                        let at = 12 + 2 * usize::try_from(index).ok()?;
                        Some(f64::from(be16(curve, at)?) / 65_535.0)
                    };
                    let below = value(position.floor())?;
                    let above = value(position.ceil())?;
                    Some(below + (above - below) * position.fract())
                }
            }
        }
        b"para" => {
            let parameter = |number: usize| fixed(curve, 12 + 4 * number);
            let gamma = parameter(0)?;
            match be16(curve, 8)? {
                0 => Some(sample.powf(gamma)),
                // As sRGB is written: a line below `d`, a power above.
                3 if sample < parameter(4)? => Some(parameter(3)? * sample),
                3 => Some((parameter(1)? * sample + parameter(2)?).powf(gamma)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// A number with 16 bits before and after the point (section 4.6).
fn fixed(data: &[u8], at: usize) -> Option<f64> {
    let bits = be32(data, at)?.cast_signed();
    Some(f64::from(bits) / float(1 << 16))
}

//! JPEG to pixels, at a scale of 1/8, 1/4, 1/2 or 1, with the crate `b2-edge-jpeg`.

use std::ops::ControlFlow;

use b2_edge_jpeg::{Color, Header, Scale, read_header};

use super::decoded::{Decoded, DecodedSize};
use crate::color::Profile;
use crate::container::jpeg::{APP2, ICC, SOS, Segments};
use crate::error::{Excess, RenderError};
use crate::geometry::{Plan, Size};
use crate::inspect::Info;
use crate::limits::Limits;
use crate::pixels::{Layout, Pixels};
use crate::progress::{Step, Watcher};

/// How much larger than its target a picture is decoded at least. What is decoded at a smaller scale is averaged over
/// blocks; the filter of the resizing needs some reserve to be as sharp as from the full size.
const RESERVE: f64 = 1.2;

/// Decodes at the smallest scale that has enough pixels for the plan.
pub(super) fn decode(
    source: &[u8],
    info: &Info,
    plan: &Plan,
    limits: &Limits,
    watcher: &mut Watcher<'_>,
) -> Result<Decoded, RenderError> {
    let header = read_header(source)?;
    let layout = layout(&header);
    let profile = Profile::new(color_profile(source).as_deref(), layout)?;
    let limits = b2_edge_jpeg::Limits {
        pixels: limits.jpeg_pixels,
        scans: limits.jpeg_scans,
        memory: limits.jpeg_memory,
    };
    let mut stopped = None;
    let decoded =
        b2_edge_jpeg::decode(
            source,
            scale(info, plan),
            &limits,
            &mut |progress| match watcher.tell(Step::Decode, progress.done, progress.total) {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    stopped = Some(error);
                    ControlFlow::Break(())
                }
            },
        );
    let decoded = decoded.map_err(|error| stopped.take().unwrap_or_else(|| error.into()))?;
    let side = |side| u32::try_from(side).map_err(|_| RenderError::TooLarge(Excess::Pixels));
    Ok(Decoded {
        pixels: Pixels {
            width: side(decoded.width)?,
            height: side(decoded.height)?,
            layout,
            data: decoded.pixels,
        },
        true_width: decoded.true_width,
        true_height: decoded.true_height,
        profile,
    })
}

/// The size at which it is decoded.
pub(super) fn size(info: &Info, plan: &Plan) -> DecodedSize {
    let scale = scale(info, plan);
    let size = Size {
        width: scale.apply(info.width),
        height: scale.apply(info.height),
    };
    let samples = u64::from(info.channels) * size.pixels();
    DecodedSize {
        size,
        // A progressive one keeps its coefficients, of two bytes each, until the last scan; both keep the samples
        // until they are converted.
        working_bytes: if info.is_progressive {
            3 * samples
        } else {
            samples
        },
    }
}

/// The smallest scale with enough pixels for the plan.
pub(super) fn scale(info: &Info, plan: &Plan) -> Scale {
    let (width, height) = info.orientation.turn(plan.scaled.width, plan.scaled.height);
    let is_enough = |side: u32, target: u32, scale: Scale| {
        let decoded = f64::from(side) * f64::from(scale.block_size()) / 8.0;
        decoded >= f64::from(target) * RESERVE
    };
    Scale::ALL
        .into_iter()
        .find(|&scale| is_enough(info.width, width, scale) && is_enough(info.height, height, scale))
        .unwrap_or(Scale::Full)
}

const fn layout(header: &Header) -> Layout {
    match header.color {
        Color::Grey => Layout::Grey,
        Color::YCbCr | Color::Rgb => Layout::Rgb,
        Color::Cmyk | Color::Ycck => Layout::Cmyk,
    }
}

/// The colour profile, put together from its parts (ICC.1:2022, annex B.4). Without all of them, there is none.
fn color_profile(source: &[u8]) -> Option<Vec<u8>> {
    let mut parts = Vec::new();
    let mut expected = 0;
    for segment in Segments::new(source).map_while(Result::ok) {
        match (segment.marker, segment.payload.strip_prefix(ICC)) {
            (SOS, _) => break,
            (APP2, Some(&[number, count, ref part @ ..])) => {
                expected = usize::from(count);
                parts.push((number, part));
            }
            _ => {}
        }
    }
    parts.sort_by_key(|&(number, _)| number);
    let is_complete = parts.len() == expected
        && parts
            .iter()
            .zip(1..)
            .all(|((number, _), expected)| *number == expected);
    let profile: Vec<u8> = parts
        .into_iter()
        .flat_map(|(_, part)| part)
        .copied()
        .collect();
    (is_complete && !profile.is_empty()).then_some(profile)
}

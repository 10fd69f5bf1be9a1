//! What a rendering will cost, from the header alone.
//!
//! The factors are fitted to measurements of the crate as wasm, of photographs in JPEG of 0.3 to 6 MB and 2 to 12
//! megapixels, and of pictures of 0.5 to 1 megapixels in the other types, and then raised by a tenth.

use b2_edge_core::images::preset::Preset;
use b2_edge_jpeg::Scale;

use crate::decode::{self, DecodedSize};
use crate::geometry::{Plan, Size};
use crate::inspect::Info;
use crate::media_type::Kind;
use crate::number::float;
use crate::progress::Costs;

/// What a rendering will cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// CPU time in a Compute application, in milliseconds. A native program takes about a third.
    pub vcpu_ms: f64,
    /// Memory beyond the source, in bytes, at the peak.
    pub memory_bytes: usize,
    /// The pixels that are decoded.
    pub pixels: u64,
}

/// Estimates the cost of a variant in JPEG or PNG.
#[must_use]
pub fn estimate(info: &Info, source_bytes: usize, preset: &Preset) -> Estimate {
    let plan = Plan::new(info.upright_size(), preset);
    let decoded = decode::size(info, &plan);
    Estimate {
        vcpu_ms: costs(info, source_bytes, &plan).total(),
        memory_bytes: memory(info, &decoded, plan.size()),
        pixels: decoded.size.pixels(),
    }
}

/// What the steps of a variant in JPEG or PNG will cost.
pub(crate) fn costs(info: &Info, source_bytes: usize, plan: &Plan) -> Costs {
    let mega = |count: u64| float(count) / 1e6;
    let decoded = decode::size(info, plan);
    let pixels = mega(decoded.size.pixels());
    let bytes = mega(source_bytes as u64);
    let result = mega(plan.size().pixels());
    let decode = match info.kind {
        // Bytes for the entropy coding, pixels for the blocks.
        Kind::Jpeg => {
            // Of a progressive one, the smallest scale needs only the first scans, and each other one all of them.
            let (of_bytes, of_pixels) = match (decode::scale(info, plan), info.is_progressive) {
                (Scale::Eighth, _) => (4.2, 0.8),
                (Scale::Quarter, false) => (7.2, 1.9),
                (Scale::Half, false) => (8.5, 3.8),
                (Scale::Full, false) => (12.0, 15.0),
                (Scale::Quarter, true) => (32.0, 5.5),
                (Scale::Half, true) => (34.0, 7.5),
                (Scale::Full, true) => (36.0, 20.0),
            };
            of_bytes * bytes + of_pixels * mega(info.pixels()) + 1.5
        }
        Kind::Png => 2.5 * bytes + 1.8 * f64::from(info.channels) * pixels,
        Kind::Webp if info.is_lossy => 20.0 * bytes + 85.0 * pixels,
        Kind::Webp => 10.0 * bytes + 25.0 * pixels,
        Kind::Gif => 8.0 * bytes + 10.0 * pixels,
    };
    Costs {
        decode,
        resize: 2.4 * pixels + 6.0 * result,
        finish: 4.5 * result,
        encode: 20.0 * result + 0.5,
    }
}

fn memory(info: &Info, decoded: &DecodedSize, result: Size) -> usize {
    let bytes = |size: Size| {
        size.pixels()
            .saturating_mul(u64::from(info.channels.clamp(1, 4)))
    };
    // The result: resized, turned, on its background, and encoded.
    let total = [
        decoded.working_bytes,
        bytes(decoded.size),
        bytes(result).saturating_mul(4),
    ];
    let total = total.into_iter().fold(0, u64::saturating_add);
    usize::try_from(total).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use b2_edge_core::images::preset::Fit;

    use super::*;
    use crate::orientation::Orientation;

    /// Measured as wasm, in Viceroy, of photographs; the machine is about as fast as Compute's.
    #[test]
    fn an_estimate_is_near_what_was_measured_and_not_below_it() {
        let jpeg = |is_progressive| (Kind::Jpeg, 4000, 3000, true, is_progressive, 3);
        let other = |kind, is_lossy, channels| (kind, 1200, 800, is_lossy, false, channels);
        for (source, bytes, width, measured) in [
            (jpeg(false), 2_469_263, 320, 24.4),
            (jpeg(false), 4_080_695, 320, 30.5),
            (jpeg(false), 6_138_002, 320, 40.1),
            (jpeg(true), 3_677_164, 320, 17.9),
            (jpeg(false), 2_469_263, 640, 49.0),
            (jpeg(false), 6_138_002, 640, 76.3),
            (jpeg(false), 4_080_695, 1280, 113.9),
            (jpeg(true), 3_677_164, 640, 190.6),
            (other(Kind::Png, false, 3), 2_721_043, 640, 19.5),
            (other(Kind::Png, false, 4), 2_847_929, 320, 19.3),
            (other(Kind::Gif, false, 4), 431_689, 320, 17.8),
        ] {
            let (kind, source_width, source_height, is_lossy, is_progressive, channels) = source;
            let info = Info {
                kind,
                width: source_width,
                height: source_height,
                orientation: Orientation::default(),
                is_animated: false,
                is_progressive,
                is_lossy,
                channels,
            };
            let preset = Preset::new(Fit::Inside {
                width: Some(width),
                height: None,
            });
            let estimate = estimate(&info, bytes, &preset).vcpu_ms;
            let name = format!("{kind:?} of {bytes} bytes to {width}: {estimate} ms");
            assert!(estimate > 0.97 * measured, "{name}, {measured} measured");
            // The first scans of a progressive one are a smaller part of its bytes, which the header does not tell.
            let most = if is_progressive { 2.0 } else { 1.3 };
            assert!(estimate < most * measured, "{name}, {measured} measured");
        }
    }
}

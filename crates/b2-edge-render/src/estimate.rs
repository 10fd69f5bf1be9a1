//! What a rendering will cost, from the header alone.

use b2_edge_core::images::preset::Preset;

use crate::decode::{self, DecodedSize};
use crate::geometry::{Plan, Size};
use crate::inspect::Info;
use crate::media_type::Kind;
use crate::number::float;
use crate::progress::Step;

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
        vcpu_ms: Costs::new(info, source_bytes, &plan).total(),
        memory_bytes: memory(info, &decoded, plan.size()),
        pixels: decoded.size.pixels(),
    }
}

/// The costs of the steps, in milliseconds as wasm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Costs {
    decode: f64,
    resize: f64,
    finish: f64,
    encode: f64,
}

impl Costs {
    pub(crate) fn new(info: &Info, source_bytes: usize, plan: &Plan) -> Self {
        let mega = |count: u64| float(count) / 1e6;
        let decoded = decode::size(info, plan);
        let pixels = mega(decoded.size.pixels());
        let bytes = mega(source_bytes as u64);
        let result = mega(plan.size().pixels());
        let decode = match info.kind {
            Kind::Jpeg => 4.6 * bytes + 0.8 * mega(info.pixels()) + 20.0 * pixels,
            Kind::Png => 12.0 * bytes + 14.0 * pixels,
            Kind::Webp => 20.0 * bytes + 60.0 * pixels,
            Kind::Gif => 20.0 * bytes + 10.0 * pixels,
        };
        Self {
            decode,
            resize: 10.0 * pixels + 10.0 * result,
            finish: 5.0 * result,
            encode: 40.0 * result,
        }
    }

    /// All of it.
    pub(crate) const fn total(&self) -> f64 {
        self.decode + self.resize + self.finish + self.encode
    }

    /// What remains when a part of a step is done.
    pub(crate) fn remaining(&self, step: Step, done: usize, total: usize) -> f64 {
        let (cost, after) = match step {
            Step::Decode => (self.decode, self.resize + self.finish + self.encode),
            Step::Resize => (self.resize, self.finish + self.encode),
            Step::Finish => (self.finish, self.encode),
            Step::Encode => (self.encode, 0.0),
        };
        let done = float(done as u64) / float(total.max(1) as u64);
        cost * (1.0 - done).max(0.0) + after
    }
}

fn memory(info: &Info, decoded: &DecodedSize, result: Size) -> usize {
    let bytes = |size: Size| size.pixels() * u64::from(info.channels.clamp(1, 4));
    // The result: resized, turned, on its background, and encoded.
    let total = decoded.working_bytes + bytes(decoded.size) + 4 * bytes(result);
    usize::try_from(total).unwrap_or(usize::MAX)
}

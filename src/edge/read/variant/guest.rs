//! The engine in this program: it renders what fits into the CPU time and the memory of an execution.

use std::ops::ControlFlow;

use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_render::{
    Limits, Progress, RenderError, Request, estimate, inspect, render as render_bytes,
};

use super::outcome::{Outcome, Rendered, Tried};
use super::source::{SourceError, SourceObject, read_bytes};
use crate::edge::context::ObjectRead;
use crate::edge::platform::sandbox::Sandbox;

/// How much of the CPU time is left for what follows, in milliseconds: the entry, the response and the log line.
const RESERVE_MS: f64 = 4.0;

/// The CPU time that a new execution has used when it begins to render, in milliseconds.
const START_MS: f64 = 2.0;

/// The CPU time that a source of many megabytes takes at least, in milliseconds for each: only JPEG has that many within the
/// limits of pixels.
const LEAST_MS_PER_MB: f64 = 4.0;

/// Renders a variant, if that fits.
pub(super) fn render(
    read: &ObjectRead<'_>,
    variant: &Variant<'_>,
    source: &SourceObject,
    attempts: &mut Vec<LoggedAttempt>,
) -> Outcome {
    let limits = Limits::guest();
    let budget = Budget::of(read);
    let length = source
        .length
        .and_then(|length| usize::try_from(length).ok());
    let Some(length) = length.filter(|length| *length <= limits.source_bytes) else {
        return Outcome::new(Tried::HandedOver, "too_many_bytes");
    };
    if !budget.would_fit(megabytes(length) * LEAST_MS_PER_MB) {
        return Outcome::new(Tried::HandedOver, "too_slow");
    }
    let before = Sandbox::total_vcpu_ms().unwrap_or_default();
    let source = match read_bytes(read, source, attempts) {
        Ok(source) => source,
        Err(SourceError::Changed) => return Outcome::new(Tried::Changed, "source_changed"),
        Err(SourceError::Unavailable) => {
            return Outcome::new(Tried::Unavailable, "source_unavailable");
        }
    };
    let cost = match inspect(&source.bytes) {
        Ok(info) => estimate(&info, source.bytes.len(), variant.preset).vcpu_ms,
        Err(error) => return failed(&error),
    };
    // Also what reading it took.
    let after = Sandbox::total_vcpu_ms().unwrap_or_default();
    if !budget.would_fit(milliseconds(after.saturating_sub(before)) + cost) {
        return Outcome::new(Tried::HandedOver, "too_slow");
    }
    if !budget.fits(cost) {
        // The client's next request is to begin a new one.
        read.context.sandbox.retire();
        return Outcome::new(Tried::OutOfTime, "out_of_time");
    }
    let is_new = budget.is_of_a_new_execution(before);
    let request = Request {
        source: &source.bytes,
        preset: variant.preset,
        format: variant.format,
        limits: &limits,
    };
    let mut watch = |progress: Progress| {
        if budget.fits(progress.remaining_vcpu_ms / 2.0) {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    };
    match render_bytes(&request, &mut watch) {
        Ok(rendered) => {
            let rendered = Rendered {
                media_type: rendered.format.as_str().to_owned(),
                bytes: rendered.bytes,
                source_etag: source.etag,
                provenance: source.provenance,
            };
            Outcome::new(Tried::Rendered(Box::new(rendered)), "rendered")
        }
        Err(error) => {
            // It has used CPU time in vain, and the next engine is not this one.
            read.context.sandbox.retire();
            match error {
                // What this execution did before took the time, which tells nothing of the picture.
                RenderError::Stopped if !is_new => Outcome::new(Tried::OutOfTime, "out_of_time"),
                error => failed(&error),
            }
        }
    }
}

/// The CPU time of this execution.
struct Budget {
    /// How much it may use, in milliseconds.
    limit_ms: f64,
}

impl Budget {
    fn of(read: &ObjectRead<'_>) -> Self {
        let limit = read.context.service.limits.vcpu_ms;
        Self {
            limit_ms: milliseconds(limit) - RESERVE_MS,
        }
    }

    /// Whether a new execution has this much time.
    fn would_fit(&self, cost_ms: f64) -> bool {
        START_MS + cost_ms <= self.limit_ms
    }

    /// Whether an execution that has used this much has just begun.
    fn is_of_a_new_execution(&self, elapsed: u64) -> bool {
        milliseconds(elapsed) <= self.limit_ms / 10.0 + START_MS
    }

    /// Whether this execution has this much time left.
    fn fits(&self, cost_ms: f64) -> bool {
        let elapsed = Sandbox::total_vcpu_ms().unwrap_or_default();
        milliseconds(elapsed) + cost_ms <= self.limit_ms
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the CPU time of an execution is far below 2^52 ms"
)]
const fn milliseconds(ms: u64) -> f64 {
    ms as f64
}

#[expect(clippy::cast_precision_loss, reason = "an estimate")]
const fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

fn failed(error: &RenderError) -> Outcome {
    let tried = match error {
        RenderError::Unsupported(_) => Tried::Failed(RenderFailure::Unsupported),
        RenderError::Broken(..) => Tried::Failed(RenderFailure::Broken),
        RenderError::TooLarge(_) => Tried::Failed(RenderFailure::TooLarge),
        RenderError::NotHere(_) | RenderError::Stopped => Tried::HandedOver,
    };
    Outcome::new(tried, error.reason())
}

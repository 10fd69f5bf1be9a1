//! Renders a variant with the first engine that can.

use std::time::Instant;

use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::images::render_response::MAX_VARIANT_BYTES;
use b2_edge_core::images::settings::Engine;
use b2_edge_core::images::variant::Variant;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::image::LoggedEngine;

use super::outcome::{Rendered, Tried};
use super::source::SourceObject;
use super::{guest, service};
use crate::edge::context::ObjectRead;

/// What came of all engines.
pub(super) enum Made {
    Rendered(Box<Rendered>, Engine),
    Failed(RenderFailure),
    /// The source is another version than it was a moment ago, or gone.
    Changed,
    /// No engine that could is available. `is_own`: only to this request.
    Unavailable {
        is_own: bool,
    },
}

/// Tries the engines in their order, and adds each to `logged`.
pub(super) fn render(
    read: &ObjectRead<'_>,
    variant: &Variant<'_>,
    source: &SourceObject,
    logged: &mut Vec<LoggedEngine>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Made {
    let (mut is_unavailable, mut is_out_of_time) = (false, false);
    let engines = read.context.service.images.engines.iter().copied();
    let can = |engine: &Engine| variant.format.is_none_or(|format| engine.makes(format));
    let mut engines = engines.filter(can).peekable();
    while let Some(engine) = engines.next() {
        let began = Instant::now();
        let outcome = match engine {
            Engine::Guest => guest::render(read, variant, source, attempts),
            Engine::Service => service::render(read, variant, source, engines.peek().is_some()),
        };
        logged.push(LoggedEngine::new(
            engine,
            outcome.label,
            outcome.status,
            began.elapsed(),
        ));
        match outcome.tried {
            Tried::Rendered(rendered) if rendered.bytes.len() as u64 > MAX_VARIANT_BYTES => {
                return Made::Failed(RenderFailure::TooLarge);
            }
            Tried::Rendered(rendered) => return Made::Rendered(rendered, engine),
            // The service may have more room.
            Tried::Failed(RenderFailure::TooLarge) | Tried::HandedOver => {}
            Tried::Failed(failure) => return Made::Failed(failure),
            Tried::Changed => return Made::Changed,
            Tried::Unavailable => is_unavailable = true,
            Tried::OutOfTime => is_out_of_time = true,
        }
    }
    if is_unavailable || is_out_of_time {
        Made::Unavailable {
            is_own: !is_unavailable,
        }
    } else {
        Made::Failed(RenderFailure::TooLarge)
    }
}

//! Renders a variant with the first engine that can.

use std::time::Instant;

use b2_edge_core::images::failure::RenderFailure;
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
    /// No source has the object any more.
    NotFound,
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
    for engine in read.context.service.images.engines.iter().copied() {
        if variant.format.is_some_and(|format| !engine.makes(format)) {
            continue;
        }
        let began = Instant::now();
        let outcome = match engine {
            Engine::Guest => guest::render(read, variant, source, attempts),
            Engine::Service => service::render(read, variant, source),
        };
        logged.push(LoggedEngine::new(
            engine,
            outcome.label,
            outcome.status,
            began.elapsed(),
        ));
        match outcome.tried {
            Tried::Rendered(rendered) => return Made::Rendered(rendered, engine),
            // The service may have more room.
            Tried::Failed(RenderFailure::TooLarge) | Tried::HandedOver => {}
            Tried::Failed(failure) => return Made::Failed(failure),
            Tried::NotFound => return Made::NotFound,
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

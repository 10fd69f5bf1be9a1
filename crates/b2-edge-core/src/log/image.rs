//! What the log says about a variant of an image.

use std::time::Duration;

use serde::Serialize;

use crate::images::settings::Engine;

/// What is known of a variant when its response is ready.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LoggedImage {
    /// Log field `preset`: its name.
    pub preset: String,
    /// Log field `engine`: what rendered the variant for this request.
    pub engine: Option<Engine>,
    /// Log field `engines`: every engine that was tried.
    pub tried: Vec<LoggedEngine>,
}

/// An element of log field `engines`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedEngine {
    engine: &'static str,
    outcome: &'static str,
    /// The status of the render service's response.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    duration: Duration,
}

impl LoggedEngine {
    /// An engine, and what came of trying it.
    #[must_use]
    pub const fn new(
        engine: Engine,
        outcome: &'static str,
        status: Option<u16>,
        duration: Duration,
    ) -> Self {
        Self {
            engine: engine.as_str(),
            outcome,
            status,
            duration,
        }
    }
}

/// Log field `store`: what became of storing a variant in the bucket.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedStore {
    /// `stored`, or why it was not.
    pub outcome: &'static str,
    /// The origin.
    pub origin: String,
    /// The status of its response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}

fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(super::milliseconds(*duration))
}

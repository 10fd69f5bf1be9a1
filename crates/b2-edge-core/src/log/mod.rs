//! The log line of a request: its fields and how they are written. Not here: where it is written to.

pub mod attempt;
#[cfg(test)]
mod labels_tests;
pub mod line;
pub mod timestamp;

use std::time::Duration;

/// A duration in milliseconds, rounded to one decimal.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

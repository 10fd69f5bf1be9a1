//! The log line of a request: its fields and how they are written. Not here: where it is written to.

pub mod attempt;
pub mod image;
mod json;
#[cfg(test)]
mod labels_tests;
pub mod line;
pub mod s3;
pub mod timestamp;

use std::time::Duration;

/// A duration in milliseconds, rounded to one decimal.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}

/// The longest text of a line that would be too long, in bytes.
const MAX_CUT_BYTES: usize = 256;

/// Cuts a text to the longest one of a line that is too long, with `…` at its end.
fn cut(text: &mut String) {
    if text.len() > MAX_CUT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_CUT_BYTES));
        text.push('…');
    }
}

//! `Server-Timing` (<https://www.w3.org/TR/server-timing/>).

use std::time::Duration;

/// A metric with its description, and its duration in milliseconds with one decimal.
///
/// The name is a token. The description needs no escape: no caller has one with `"` or `\`.
#[must_use]
pub fn metric(name: &str, description: &str, duration: Option<Duration>) -> String {
    match duration {
        Some(duration) => format!(
            "{name};desc=\"{description}\";dur={:.1}",
            duration.as_secs_f64() * 1000.0
        ),
        None => format!("{name};desc=\"{description}\""),
    }
}

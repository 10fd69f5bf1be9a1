//! `Server-Timing` (<https://www.w3.org/TR/server-timing/>).

/// A metric with its description, and its duration in milliseconds with one decimal.
///
/// The name is a token. The description needs no escape: no caller has one with `"` or `\`.
#[must_use]
pub fn metric(name: &str, description: &str, milliseconds: Option<f64>) -> String {
    match milliseconds {
        Some(milliseconds) => {
            format!("{name};desc=\"{description}\";dur={milliseconds:.1}")
        }
        None => format!("{name};desc=\"{description}\""),
    }
}

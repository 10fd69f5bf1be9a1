//! `Server-Timing` (<https://www.w3.org/TR/server-timing/>).

use std::fmt::Write as _;
use std::time::Duration;

/// Appends a metric to a list of metrics: its description, and its duration in milliseconds with one decimal.
///
/// The name is a token. The description needs no escape: no caller has one with `"` or `\`.
pub fn push_metric(
    list: &mut String,
    name: &str,
    description: &[&str],
    duration: Option<Duration>,
) {
    if !list.is_empty() {
        list.push_str(", ");
    }
    list.push_str(name);
    list.push_str(";desc=\"");
    list.extend(description.iter().copied());
    list.push('"');
    match duration {
        // Nearly always, and without a number to format.
        Some(Duration::ZERO) => list.push_str(";dur=0.0"),
        Some(duration) => {
            let milliseconds = duration.as_secs_f64() * 1000.0;
            // Cannot fail: a string grows.
            let _ = write!(list, ";dur={milliseconds:.1}");
        }
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_has_a_description_and_may_have_a_duration() {
        let mut list = String::new();
        push_metric(&mut list, "cache", &["HIT"], None);
        push_metric(&mut list, "origin", &["us_origin"], Some(Duration::ZERO));
        let took = Some(Duration::from_micros(12_345));
        push_metric(&mut list, "attempt", &["us_origin", " ", "served"], took);
        let expected = "cache;desc=\"HIT\", origin;desc=\"us_origin\";dur=0.0, \
            attempt;desc=\"us_origin served\";dur=12.3";
        assert_eq!(list, expected);
    }
}

//! `/metrics`: counters in the text format of Prometheus
//! (<https://prometheus.io/docs/instrumenting/exposition_formats/>).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::capacity::Usage;

/// The upper bounds of the histogram's buckets, in seconds.
const BUCKETS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What has been counted since the start.
#[derive(Debug, Default)]
pub(crate) struct Metrics(Mutex<Counters>);

#[derive(Debug, Default)]
struct Counters {
    requests: BTreeMap<(&'static str, u16), u64>,
    source_troubles: BTreeMap<&'static str, u64>,
    source_bytes: u64,
    pixels: u64,
    renders_in: [u64; BUCKETS.len()],
    renders: u64,
    render_seconds: f64,
    stopped: u64,
}

impl Metrics {
    /// Counts a response.
    pub(crate) fn request(&self, endpoint: &'static str, status: u16) {
        self.count(|counters| *counters.requests.entry((endpoint, status)).or_default() += 1);
    }

    /// Counts a source that failed.
    pub(crate) fn source_trouble(&self, reason: &'static str) {
        self.count(|counters| *counters.source_troubles.entry(reason).or_default() += 1);
    }

    /// Counts the bytes of an original.
    pub(crate) fn source_bytes(&self, bytes: usize) {
        self.count(|counters| counters.source_bytes += bytes as u64);
    }

    /// Counts a rendering that was stopped, because nobody waited for it any more.
    pub(crate) fn stopped(&self) {
        self.count(|counters| counters.stopped += 1);
    }

    /// Counts an image that was rendered, has failed or was stopped.
    pub(crate) fn rendered(&self, pixels: u64, time: Duration) {
        let seconds = time.as_secs_f64();
        self.count(|counters| {
            counters.pixels += pixels;
            counters.renders += 1;
            counters.render_seconds += seconds;
            for (bound, count) in BUCKETS.iter().zip(&mut counters.renders_in) {
                *count += u64::from(seconds <= *bound);
            }
        });
    }

    fn count(&self, count: impl FnOnce(&mut Counters)) {
        count(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// The text of `/metrics`.
    pub(crate) fn to_text(&self, usage: &Usage) -> String {
        let counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = Text::default();
        text.head("b2_edge_render_requests_total", "counter", "Responses.");
        for ((endpoint, status), count) in &counters.requests {
            text.line(&format!(
                "b2_edge_render_requests_total{{endpoint=\"{endpoint}\",status=\"{status}\"}} {count}"
            ));
        }
        text.head(
            "b2_edge_render_source_failures_total",
            "counter",
            "Requests to sources that failed.",
        );
        for (reason, count) in &counters.source_troubles {
            text.line(&format!(
                "b2_edge_render_source_failures_total{{reason=\"{reason}\"}} {count}"
            ));
        }
        text.value(
            "b2_edge_render_source_bytes_total",
            "counter",
            "Bytes of originals.",
            counters.source_bytes,
        );
        text.value(
            "b2_edge_render_pixels_total",
            "counter",
            "Decoded pixels.",
            counters.pixels,
        );
        text.value(
            "b2_edge_render_stopped_total",
            "counter",
            "Renderings that nobody waited for any more.",
            counters.stopped,
        );
        for (name, help, value) in [
            ("admitted", "Admitted requests.", usage.admitted),
            (
                "queued",
                "Admitted requests that no worker renders.",
                usage.queued,
            ),
            (
                "rendering",
                "Images that are being rendered.",
                usage.rendering,
            ),
            (
                "pixels_in_flight",
                "Decoded pixels in flight.",
                usage.pixels,
            ),
            (
                "source_bytes_in_flight",
                "Bytes of originals in memory.",
                usage.source_bytes,
            ),
        ] {
            text.value(&format!("b2_edge_render_{name}"), "gauge", help, value);
        }
        let name = "b2_edge_render_seconds";
        text.head(name, "histogram", "Time that rendering took.");
        for (bound, count) in BUCKETS.iter().zip(&counters.renders_in) {
            text.line(&format!("{name}_bucket{{le=\"{bound}\"}} {count}"));
        }
        text.line(&format!(
            "{name}_bucket{{le=\"+Inf\"}} {}",
            counters.renders
        ));
        text.line(&format!("{name}_sum {}", counters.render_seconds));
        text.line(&format!("{name}_count {}", counters.renders));
        text.0
    }
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn value(&mut self, name: &str, kind: &str, help: &str, value: u64) {
        self.head(name, kind, help);
        self.line(&format!("{name} {value}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::default();
        metrics.request("render", 200);
        metrics.request("render", 200);
        metrics.request("render", 503);
        metrics.source_trouble("timed_out");
        metrics.source_bytes(1000);
        metrics.rendered(12_000_000, Duration::from_millis(30));
        metrics.stopped();
        metrics.rendered(1, Duration::from_secs(20));
        let usage = Usage {
            admitted: 3,
            queued: 1,
            rendering: 2,
            pixels: 2048,
            source_bytes: 1024,
        };
        let text = metrics.to_text(&usage);
        for line in [
            "b2_edge_render_requests_total{endpoint=\"render\",status=\"200\"} 2",
            "b2_edge_render_requests_total{endpoint=\"render\",status=\"503\"} 1",
            "b2_edge_render_source_failures_total{reason=\"timed_out\"} 1",
            "b2_edge_render_source_bytes_total 1000",
            "b2_edge_render_pixels_total 12000001",
            "b2_edge_render_stopped_total 1",
            "b2_edge_render_admitted 3",
            "b2_edge_render_queued 1",
            "b2_edge_render_rendering 2",
            "b2_edge_render_pixels_in_flight 2048",
            "b2_edge_render_source_bytes_in_flight 1024",
            "b2_edge_render_seconds_bucket{le=\"0.025\"} 0",
            "b2_edge_render_seconds_bucket{le=\"0.05\"} 1",
            "b2_edge_render_seconds_bucket{le=\"10\"} 1",
            "b2_edge_render_seconds_bucket{le=\"+Inf\"} 2",
            "b2_edge_render_seconds_sum 20.03",
            "b2_edge_render_seconds_count 2",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}

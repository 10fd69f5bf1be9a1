//! The log: one JSON object a line, on standard output. A line has the host and the path of a source, never its query,
//! which has the signature.

use std::io::Write as _;
use std::time::{Instant, SystemTime};

use b2_edge_core::log::timestamp::Timestamp;
use http::Method;
use serde::Serialize;

/// The status in the log of a request whose client disconnected before the response.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// What is logged about a request. Absent values are left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Details {
    /// The host and the path of the last source that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
    /// The number of sources that were tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sources_tried: Option<usize>,
    /// Why the last source that failed has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_trouble: Option<&'static str>,
    /// The length of the original in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) source_bytes: Option<usize>,
    /// The time until the original was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fetch_ms: Option<u64>,
    /// The time for which the request waited for a worker and for memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) wait_ms: Option<u64>,
    /// The time that rendering took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) render_ms: Option<u64>,
    /// The decoded pixels that the image was counted with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pixels: Option<u64>,
    /// The width of the variant in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) width: Option<u32>,
    /// The height of the variant in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) height: Option<u32>,
    /// The length of the variant in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<usize>,
    /// What the client was told, for a request that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

#[derive(Serialize)]
struct Line<'r> {
    time: &'r str,
    method: &'r str,
    path: &'r str,
    status: u16,
    reason: &'r str,
    duration_ms: u64,
    #[serde(flatten)]
    details: &'r Details,
}

/// The log line of a request, written once: by [`Record::write`], or when it is dropped because the client has
/// disconnected.
#[derive(Debug)]
pub(crate) struct Record {
    method: Method,
    path: String,
    started: Instant,
    time: SystemTime,
    is_written: bool,
    /// Filled in by the endpoint.
    pub(crate) details: Details,
}

impl Record {
    /// Starts the record of a request. `path` is without its query.
    pub(crate) fn start(method: Method, path: &str) -> Self {
        Self {
            method,
            path: path.to_owned(),
            started: Instant::now(),
            time: SystemTime::now(),
            is_written: false,
            details: Details::default(),
        }
    }

    /// Writes the line.
    pub(crate) fn write(&mut self, status: u16, reason: &str) {
        self.is_written = true;
        let time = Timestamp::to_millisecond(self.time);
        write_line(&Line {
            time: time.as_str(),
            method: self.method.as_str(),
            path: &self.path,
            status,
            reason,
            duration_ms: millis(self.started),
            details: &self.details,
        });
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.is_written {
            self.write(CLIENT_CLOSED_REQUEST, "client_disconnected");
        }
    }
}

/// Milliseconds since `start`.
pub(crate) fn millis(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// An event of the service itself: its start, a warning, its end.
pub(crate) fn event(mut fields: serde_json::Value) {
    let time = Timestamp::to_millisecond(SystemTime::now());
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("time".to_owned(), time.as_str().into());
    }
    write_line(&fields);
}

/// Writes one line with one call, so that lines of concurrent requests do not mix.
fn write_line(line: &impl Serialize) {
    let Ok(mut text) = serde_json::to_vec(line) else {
        return;
    };
    text.push(b'\n');
    // Nobody reads the log: no reason to stop serving.
    let _ = std::io::stdout().lock().write_all(&text);
}

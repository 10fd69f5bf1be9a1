//! Writes the log lines.

use std::io::Write as _;

use b2_edge::log_line::{LOG_ENDPOINT, LogLine};
use fastly::log::Endpoint;

/// Where a sandbox writes its lines: to stdout, and to the log endpoint where there is one.
pub(crate) struct Log(Option<Endpoint>);

impl Log {
    pub(crate) fn open() -> Self {
        Self(Endpoint::try_from_name(LOG_ENDPOINT).ok())
    }

    /// Writes a line. One that cannot be written is lost: the client has its answer and must not pay for
    /// it.
    pub(crate) fn write(&mut self, line: &LogLine) {
        let mut json = line.to_json();
        if let Some(endpoint) = &mut self.0 {
            let _ = endpoint.write_all(json.as_bytes());
        }
        json.push('\n');
        // One write for the whole line: sandboxes that share a stdout do not mix theirs.
        let _ = std::io::stdout().write_all(json.as_bytes());
    }
}

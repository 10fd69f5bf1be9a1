//! Writes the log line.

use std::io::Write as _;

use b2_edge::log_line::{LOG_ENDPOINT, LogLine};
use fastly::log::Endpoint;

/// Writes a line to stdout and to the log endpoint. A line that cannot be written is lost: the
/// client has its answer and must not pay for it.
pub(crate) fn write(line: &LogLine) {
    let mut json = line.to_json();
    if let Ok(mut endpoint) = Endpoint::try_from_name(LOG_ENDPOINT) {
        let _ = endpoint.write_all(json.as_bytes());
    }
    json.push('\n');
    // One write for the whole line: sandboxes that share a stdout do not mix theirs.
    let _ = std::io::stdout().write_all(json.as_bytes());
}

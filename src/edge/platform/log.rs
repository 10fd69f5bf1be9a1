//! Writes the log lines.

use std::io::Write as _;

use b2_edge_core::log::line::{LOG_ENDPOINT, LogLine};
use fastly::log::Endpoint;

/// More than most lines take, in bytes: that of a hit has some 400.
const LINE_BYTES: usize = 1024;

/// Where a sandbox writes its lines: to stdout, and to the log endpoint where there is one.
pub(crate) struct Log {
    endpoint: Option<Endpoint>,
    /// The line that is being written: its memory serves all lines of the sandbox.
    buffer: Vec<u8>,
}

impl Log {
    pub(crate) fn open() -> Self {
        Self {
            endpoint: Endpoint::try_from_name(LOG_ENDPOINT).ok(),
            buffer: Vec::with_capacity(LINE_BYTES),
        }
    }

    /// Writes a line. One that cannot be written is lost: the client has its answer and must not pay for
    /// it.
    pub(crate) fn write(&mut self, line: &LogLine) {
        self.buffer.clear();
        line.write_to(&mut self.buffer);
        if let Some(endpoint) = &mut self.endpoint {
            let _ = endpoint.write_all(&self.buffer);
        }
        self.buffer.push(b'\n');
        // One write for the whole line: sandboxes that share a stdout do not mix theirs.
        let _ = std::io::stdout().write_all(&self.buffer);
    }
}

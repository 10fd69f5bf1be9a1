//! Where log lines are written to.

use std::io::Write as _;

use b2_edge_core::config::StandardOutput;
use b2_edge_core::log::line::{LOG_ENDPOINT, LogLine};
use fastly::log::Endpoint;

/// The size of the buffer, in bytes. The line of a hit has about 400.
const LINE_BYTES: usize = 1024;

/// The log endpoint, and standard output as configured.
pub(crate) struct Log {
    endpoint: Option<Endpoint>,
    to_stdout: bool,
    /// The line that is being written. Its memory is used for every line of the sandbox.
    buffer: Vec<u8>,
}

impl Log {
    pub(crate) fn open(stdout: StandardOutput, is_local: bool) -> Self {
        let endpoint = Endpoint::try_from_name(LOG_ENDPOINT).ok();
        Self {
            to_stdout: stdout.is_written(endpoint.is_some(), is_local),
            endpoint,
            buffer: Vec::with_capacity(LINE_BYTES),
        }
    }

    /// Writes a line. A line that cannot be written is dropped, because the response was sent already.
    pub(crate) fn write(&mut self, line: &LogLine) {
        self.buffer.clear();
        line.write_to(&mut self.buffer);
        if let Some(endpoint) = &mut self.endpoint {
            let _ = endpoint.write_all(&self.buffer);
        }
        if self.to_stdout {
            self.buffer.push(b'\n');
            // One write for the whole line: sandboxes that share standard output must not mix theirs.
            let _ = std::io::stdout().write_all(&self.buffer);
        }
    }
}

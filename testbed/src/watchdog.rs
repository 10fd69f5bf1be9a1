//! Ends a child process when this process ends, however it ends.

use std::io;
use std::process::{Child, Command, Stdio};

/// A shell that waits for the end of its standard input, which the kernel closes with this process,
/// and then kills one process. A `static` is never dropped, so tests that share a Viceroy would
/// leave it running; and no destructor runs after SIGKILL.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    pub(crate) fn over(pid: u32) -> io::Result<Self> {
        Command::new("sh")
            .args([
                "-c",
                "read -r _; kill -9 \"$0\" 2>/dev/null",
                &pid.to_string(),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(Self)
    }
}

impl Drop for Watchdog {
    /// Before the watched process is reaped: afterwards its id may be another's.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

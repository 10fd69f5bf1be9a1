//! Cleans up when this process ends, however it ends.
//!
//! A `static` is never dropped, so tests that share a Viceroy would leave it running and its files on disk;
//! and no destructor runs after SIGKILL. Child shells do it instead: they wait for the end of their standard
//! input, which the kernel closes when this process ends.

use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

/// Kills the process whose id is its argument.
const KILL: &str = r#"read -r _; kill -9 "$0" 2>/dev/null"#;

/// Removes the directories that were written to its standard input, one a line.
const REMOVE: &str =
    r#"while IFS= read -r directory; do set -- "$@" "$directory"; done; rm -rf -- "$@""#;

/// A shell that kills one process when this one has ended.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    pub(crate) fn over(pid: u32) -> io::Result<Self> {
        shell(KILL, &pid.to_string()).map(Self)
    }
}

impl Drop for Watchdog {
    /// Before the watched process is reaped: afterwards its id may be another's.
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A temporary directory that is removed after this process, even if it is never dropped.
pub(crate) fn temporary_directory(prefix: &str) -> io::Result<TempDir> {
    static SWEEPER: Mutex<Option<Child>> = Mutex::new(None);
    let directory = TempDir::with_prefix(prefix)?;
    let mut sweeper = SWEEPER.lock().unwrap_or_else(PoisonError::into_inner);
    let sweeper = match &mut *sweeper {
        Some(sweeper) => sweeper,
        none => none.insert(shell(REMOVE, "sweeper")?),
    };
    if let Some(paths) = &mut sweeper.stdin {
        let line = [directory.path().as_os_str().as_bytes(), b"\n"].concat();
        paths.write_all(&line)?;
    }
    Ok(directory)
}

/// In a process group of its own: Ctrl-C must end this process first, then the shell.
fn shell(script: &str, argument: &str) -> io::Result<Child> {
    Command::new("sh")
        .args(["-c", script, argument])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
}

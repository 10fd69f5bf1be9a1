//! A program at a pseudo-terminal. The CLI prompts for secrets only at a terminal.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process_group};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

/// The longest silence of the program before it is assumed to wait at an unknown prompt.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program with a terminal as its standard streams. It and its children are killed when it is dropped.
pub(crate) struct Terminal {
    leader: File,
    child: Child,
    ended: bool,
    written: String,
}

impl Terminal {
    pub(crate) fn start(mut command: Command) -> io::Result<Self> {
        let leader = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        fcntl_setfd(&leader, FdFlags::CLOEXEC)?;
        grantpt(&leader)?;
        unlockpt(&leader)?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let follower = open(ptsname(&leader, Vec::new())?, flags, Mode::empty())?;
        let child = command
            .stdin(follower.try_clone()?)
            .stdout(follower.try_clone()?)
            .stderr(follower)
            .process_group(0)
            .spawn()?;
        // The command holds the follower side, and while it is open, the end of the output is not reported.
        drop(command);
        Ok(Self {
            leader: File::from(leader),
            child,
            ended: false,
            written: String::new(),
        })
    }

    /// The whole output, with the echo of what was typed.
    pub(crate) fn written(&self) -> &str {
        &self.written
    }

    /// Waits for more output; `None` at its end.
    ///
    /// # Errors
    ///
    /// After 30 seconds without output.
    pub(crate) fn read(&mut self) -> io::Result<Option<()>> {
        let patience = Timespec {
            tv_sec: i64::try_from(PATIENCE.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: 0,
        };
        let mut waiting = [PollFd::new(&self.leader, PollFlags::IN)];
        if poll(&mut waiting, Some(&patience))? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!(
                    "the CLI is silent after an unknown prompt. Its output:\n{}",
                    self.written
                ),
            ));
        }
        let mut chunk = [0; 4096];
        match self.leader.read(&mut chunk) {
            Ok(0) => Ok(None),
            // How Linux reports that the other side is closed.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
                Ok(None)
            }
            Err(error) => Err(error),
            Ok(length) => {
                let chunk = chunk.get(..length).unwrap_or_default();
                self.written.push_str(&String::from_utf8_lossy(chunk));
                Ok(Some(()))
            }
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) -> io::Result<()> {
        self.leader.write_all(format!("{line}\r").as_bytes())
    }

    /// Types a line as soon as the terminal's echo is off.
    pub(crate) fn type_hidden_line(&mut self, line: &str) -> io::Result<()> {
        let begun = std::time::Instant::now();
        while tcgetattr(&self.leader)?
            .local_modes
            .contains(LocalModes::ECHO)
        {
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other(
                    "the CLI does not turn the echo off before a secret",
                ));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        self.type_line(line)
    }

    pub(crate) fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait()?;
        self.ended = true;
        Ok(status)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        if let Ok(id) = i32::try_from(self.child.id())
            && let Some(group) = Pid::from_raw(id)
        {
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.child.wait();
    }
}

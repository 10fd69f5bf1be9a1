//! Stopping a process for a while, so that it uses no CPU time.

use std::io;
use std::process::Command;

pub(crate) fn pause(pid: u32) -> io::Result<()> {
    signal("-STOP", pid)
}

pub(crate) fn resume(pid: u32) -> io::Result<()> {
    signal("-CONT", pid)
}

fn signal(signal: &str, pid: u32) -> io::Result<()> {
    let status = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()?;
    if status.success() {
        Ok(())
    } else {
        Err(io::Error::other(format!("kill {signal} failed")))
    }
}

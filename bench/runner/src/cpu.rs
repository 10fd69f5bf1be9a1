//! CPU time of a process.

use std::io;
use std::time::Duration;

/// CPU time of a process so far, user and system, from `/proc/<pid>/stat` (proc(5), fields 14 and 15, in ticks
/// of 1/100 s).
pub(crate) fn of(pid: u32) -> io::Result<Duration> {
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in parentheses, which may contain spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Ok(TICK * ticks)
}

/// CPU time of this process: the load generator and the origins.
pub(crate) fn own() -> io::Result<Duration> {
    of(std::process::id())
}

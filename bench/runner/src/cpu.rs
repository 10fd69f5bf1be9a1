//! CPU time of a process.

use std::io;
use std::time::Duration;

/// CPU time of a process so far, user and system, from `/proc/<pid>/stat` (proc(5), fields 14 and 15, in ticks
/// of 1/100 s).
pub(crate) fn of(pid: u32) -> io::Result<Duration> {
    fields(pid, 11)
}

/// The sum of two fields, after so many others from the third on.
fn fields(pid: u32, skipped: usize) -> io::Result<Duration> {
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field is the name in parentheses, which may contain spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks: u32 = fields
        .split_whitespace()
        .skip(skipped)
        .take(2)
        .filter_map(|field| field.parse::<u32>().ok())
        .sum();
    Ok(TICK * ticks)
}

/// CPU time of the threads that a process has, from `/proc/<pid>/task/<tid>/schedstat`, in nanoseconds. More precise
/// than [`of`], without the threads that have ended.
pub(crate) fn of_threads(pid: u32) -> io::Result<Duration> {
    let mut total = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let schedule = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let used = schedule.split_whitespace().next();
        total += used.and_then(|used| used.parse().ok()).unwrap_or(0);
    }
    Ok(Duration::from_nanos(total))
}

/// CPU time of the processes that this one started, and waited for: fields 16 and 17 of its `/proc/<pid>/stat`.
pub(crate) fn of_children() -> io::Result<Duration> {
    fields(std::process::id(), 13)
}

/// CPU time of this process: the load generator and the origins.
pub(crate) fn own() -> io::Result<Duration> {
    of(std::process::id())
}

//! Runs a client's program.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// Longer than any operation takes, also in a program that starts slowly.
const LIMIT: Duration = Duration::from_mins(1);

/// What is left of a program's output in a message.
const SHOWN: usize = 600;

/// Runs a program to its end.
///
/// # Errors
///
/// The end of its output when it cannot be started, fails, or takes too long.
pub(crate) async fn run(mut command: Command) -> Result<String, String> {
    command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .env("LANG", "C.UTF-8")
        .env("LC_ALL", "C.UTF-8");
    let output = match timeout(LIMIT, command.output()).await {
        Err(_) => return Err(format!("no end within {LIMIT:?}")),
        Ok(Err(error)) => return Err(error.to_string()),
        Ok(Ok(output)) => output,
    };
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let all = format!("{} {stdout} {stderr}", output.status);
    let all: Vec<char> = all.trim().chars().collect();
    let start = all.len().saturating_sub(SHOWN);
    Err(all.iter().skip(start).collect())
}

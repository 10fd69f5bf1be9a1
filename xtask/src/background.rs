//! Builds that run beside something else.

use std::process::{Child, Command, Stdio};

use anyhow::Result;

/// A build without output, which is killed when it is dropped.
pub(crate) struct BackgroundBuild(Child);

impl BackgroundBuild {
    /// Starts a cargo command that builds something.
    ///
    /// # Errors
    ///
    /// When it cannot be run.
    pub(crate) fn start(mut cargo: Command) -> Result<Self> {
        cargo
            .arg("--quiet")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        Ok(Self(cargo.spawn()?))
    }

    /// Waits for its end. Errors are ignored: whoever needs what it builds repeats the command.
    pub(crate) fn finish(mut self) {
        let _ = self.0.wait();
    }
}

impl Drop for BackgroundBuild {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The same command, which runs only when nothing else wants to.
pub(crate) fn with_low_priority(command: &Command) -> Command {
    if !cfg!(unix) {
        return copied(command, Command::new(command.get_program()));
    }
    let mut nice = Command::new("nice");
    nice.args(["-n", "19"]).arg(command.get_program());
    copied(command, nice)
}

/// Adds the arguments, the directory and the environment of `from`.
fn copied(from: &Command, mut to: Command) -> Command {
    to.args(from.get_args());
    if let Some(directory) = from.get_current_dir() {
        to.current_dir(directory);
    }
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_low_priority_differs_in_nothing_else() {
        let mut command = Command::new("/bin/sh");
        let script = "echo $(nice) $0 $SET ${PATH+is set} $PWD";
        command.args(["-c", script, "name"]).current_dir("/");
        command.env("SET", "value").env_remove("PATH");
        let output = with_low_priority(&command).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.contains("name value") && text.trim().ends_with('/'),
            "{text}"
        );
    }
}

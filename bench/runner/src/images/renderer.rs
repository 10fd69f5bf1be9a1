//! A program that renders one variant after the other, and prints a line for each.

use std::io::{self, BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use crate::cpu;
use crate::process::{pause, resume};

/// How long a line may take, on a machine that does other things, too.
const PATIENCE: Duration = Duration::from_mins(2);

/// For the lines that were written before the process stopped.
const SETTLED: Duration = Duration::from_millis(30);

/// Variants that are rendered before the first measurement.
const WARM_UP: usize = 4;

/// The process of such a program, which is stopped between its turns, and ends when this is dropped.
pub(crate) struct Renderer {
    child: Child,
    lines: Receiver<String>,
}

impl Renderer {
    /// Starts a program, and returns after some variants.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take().map(BufReader::new);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.into_iter().flat_map(BufRead::lines) {
                if line.map(|line| sender.send(line)).is_err() {
                    break;
                }
            }
        });
        let renderer = Self { child, lines };
        renderer.wait_for(WARM_UP)?;
        pause(renderer.child.id())?;
        Ok(renderer)
    }

    /// Lets the program render at least so many variants, and returns the CPU time for each, in milliseconds: user and
    /// system, of all its threads.
    pub(crate) fn turn(&self, variants: usize) -> io::Result<f64> {
        let pid = self.child.id();
        let before = cpu::of_threads(pid)?;
        resume(pid)?;
        let waited = self.wait_for(variants);
        pause(pid)?;
        waited?;
        std::thread::sleep(SETTLED);
        let rendered = variants + self.lines.try_iter().count();
        let used = cpu::of_threads(pid)?.saturating_sub(before);
        #[expect(clippy::cast_precision_loss, reason = "a small count")]
        let rendered = rendered as f64;
        Ok(used.as_secs_f64() * 1e3 / rendered)
    }

    fn wait_for(&self, lines: usize) -> io::Result<()> {
        for _ in 0..lines {
            let line = self.lines.recv_timeout(PATIENCE);
            line.map_err(|_| io::Error::other("a program that renders has stopped"))?;
        }
        Ok(())
    }
}

impl Drop for Renderer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

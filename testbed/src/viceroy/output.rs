//! The output of a child process, line by line in memory.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// The lines of one stream so far.
#[derive(Debug)]
pub(crate) struct Lines {
    texts: Mutex<Vec<String>>,
    keep: AtomicBool,
    leaks: Mutex<Vec<String>>,
    /// Which of the lines are shown: those that came since the process was renewed.
    first: AtomicUsize,
    executions: Mutex<Executions>,
    /// The number of lines; the sender is dropped at the end of the stream.
    count: watch::Receiver<usize>,
}

/// The executions of the guest, as far as Viceroy has logged them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Executions {
    pub(crate) begun: usize,
    pub(crate) ended: usize,
    /// The request that the last one began with.
    pub(crate) last: String,
}

impl Executions {
    /// Whether Viceroy logged this line about an execution; those that begin and end are counted.
    fn count(&mut self, line: &str) -> bool {
        // Viceroy 0.22 ends an execution so if the client has gone before the response.
        if line.starts_with("thread 'tokio-rt-worker'") && line.contains("/sandbox/downstream.rs:")
        {
            self.ended += 1;
            return false;
        }
        // After the time. The guest's lines begin otherwise.
        let event = line
            .split_once("  INFO request{id=")
            .filter(|(time, _)| {
                time.starts_with("20") && time.ends_with('Z') && !time.contains(' ')
            })
            .and_then(|(_, rest)| rest.split_once("}: "));
        let Some((_, event)) = event else {
            return false;
        };
        if let Some(request) = event.strip_prefix("handling request ") {
            self.begun += 1;
            request.clone_into(&mut self.last);
        }
        self.ended += usize::from(event.starts_with("request completed using "));
        true
    }
}

impl Lines {
    /// Reads `stream` to its end in a new thread, and collects the lines that contain a secret. With
    /// `counts_executions`, what Viceroy logs about executions is counted and not kept.
    pub(crate) fn capture(
        stream: impl Read + Send + 'static,
        secrets: Vec<String>,
        counts_executions: bool,
    ) -> io::Result<Arc<Self>> {
        let (sender, count) = watch::channel(0);
        let lines = Arc::new(Self {
            texts: Mutex::default(),
            keep: AtomicBool::new(true),
            leaks: Mutex::default(),
            first: AtomicUsize::new(0),
            executions: Mutex::default(),
            count,
        });
        let target = Arc::clone(&lines);
        std::thread::Builder::new()
            .name("testbed-output".to_owned())
            .spawn(move || {
                let mut stream = BufReader::new(stream);
                let mut line = Vec::new();
                while let Ok(1..) = stream.read_until(b'\n', &mut line) {
                    if target.keep.load(Ordering::Relaxed) {
                        let text = String::from_utf8_lossy(&line);
                        let text = text.trim_end_matches(['\n', '\r']);
                        let is_counted = counts_executions && lock(&target.executions).count(text);
                        if !is_counted {
                            if secrets.iter().any(|secret| text.contains(secret)) {
                                lock(&target.leaks).push(text.to_owned());
                            }
                            lock(&target.texts).push(text.to_owned());
                            sender.send_modify(|count| *count += 1);
                        }
                    }
                    line.clear();
                }
            })?;
        Ok(lines)
    }

    /// Discards all further lines, but continues to read.
    pub(crate) fn stop_keeping(&self) {
        self.keep.store(false, Ordering::Relaxed);
    }

    /// Shows none of the lines so far from now on.
    pub(crate) fn start_anew(&self) {
        self.first.store(lock(&self.texts).len(), Ordering::Relaxed);
        lock(&self.leaks).clear();
    }

    /// The executions so far.
    pub(crate) fn executions(&self) -> Executions {
        lock(&self.executions).clone()
    }

    /// The lines so far that contain a secret.
    pub(crate) fn leaks(&self) -> Vec<String> {
        lock(&self.leaks).clone()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.from(0)
    }

    /// The lines from number `first` on.
    pub(crate) fn from(&self, first: usize) -> Vec<String> {
        let first = self.first.load(Ordering::Relaxed) + first;
        let lines = lock(&self.texts);
        lines.get(first..).unwrap_or_default().to_vec()
    }

    /// Waits for a line after the first `known`; false at the end of the stream.
    pub(crate) async fn more_than(&self, known: usize) -> bool {
        let known = self.first.load(Ordering::Relaxed) + known;
        self.count
            .clone()
            .wait_for(|count| *count > known)
            .await
            .is_ok()
    }
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lines_of_viceroy_count_as_executions() {
        let mut executions = Executions::default();
        let time = "2026-11-26T13:59:37.085379Z  INFO request{id=4}: ";
        for (line, is_one) in [
            (
                format!("{time}handling request GET http://127.0.0.1:1/a\"b"),
                true,
            ),
            (format!("{time}response status: 200"), true),
            (
                format!("{time}request completed using 2.0 MiB of WebAssembly heap"),
                true,
            ),
            (
                format!("b2_edge :: {{\"path\": \"{time}handling request\"}}"),
                false,
            ),
            (format!("{{\"path\": \"{time}handling request\"}}"), false),
            (
                "2026-11-26T13:59:37.085379Z  INFO Listening on http://127.0.0.1:1".to_owned(),
                false,
            ),
        ] {
            assert_eq!(executions.count(&line), is_one, "{line}");
        }
        assert_eq!((executions.begun, executions.ended), (1, 1));
        let gone = "thread 'tokio-rt-worker' (7) panicked at viceroy-lib-0.22.0/src/sandbox/downstream.rs:72:14:";
        assert!(!executions.count(gone), "it is shown");
        assert_eq!(executions.ended, 2);
        assert_eq!(executions.last, "GET http://127.0.0.1:1/a\"b");
    }
}

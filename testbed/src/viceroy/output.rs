//! The output of a child process, line by line in memory.

use std::io::{self, BufRead as _, BufReader, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::watch;

/// The lines of one stream so far.
#[derive(Debug)]
pub(crate) struct Lines {
    texts: Mutex<Vec<String>>,
    keep: AtomicBool,
    leaks: Mutex<Vec<String>>,
    /// The number of lines; the sender is dropped at the end of the stream.
    count: watch::Receiver<usize>,
}

impl Lines {
    /// Reads `stream` to its end in a new thread, and collects the lines that contain a secret.
    pub(crate) fn capture(
        stream: impl Read + Send + 'static,
        secrets: Vec<String>,
    ) -> io::Result<Arc<Self>> {
        let (sender, count) = watch::channel(0);
        let lines = Arc::new(Self {
            texts: Mutex::default(),
            keep: AtomicBool::new(true),
            leaks: Mutex::default(),
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
                        let text = String::from_utf8_lossy(&line)
                            .trim_end_matches(['\n', '\r'])
                            .to_owned();
                        if secrets.iter().any(|secret| text.contains(secret)) {
                            let mut leaks =
                                target.leaks.lock().unwrap_or_else(PoisonError::into_inner);
                            leaks.push(text.clone());
                        }
                        target
                            .texts
                            .lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(text);
                        sender.send_modify(|count| *count += 1);
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

    /// The lines so far that contain a secret.
    pub(crate) fn leaks(&self) -> Vec<String> {
        self.leaks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.from(0)
    }

    /// The lines from number `first` on.
    pub(crate) fn from(&self, first: usize) -> Vec<String> {
        let lines = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        lines.get(first..).unwrap_or_default().to_vec()
    }

    /// Waits for a line after the first `known`; false at the end of the stream.
    pub(crate) async fn more_than(&self, known: usize) -> bool {
        self.count
            .clone()
            .wait_for(|count| *count > known)
            .await
            .is_ok()
    }
}

//! The service as a process.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

/// Long enough for a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The program under test.
const PROGRAM: &str = env!("CARGO_BIN_EXE_b2-edge-render");

/// A running service. Dropping it kills it.
pub(crate) struct Service {
    child: Child,
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Service {
    /// Starts the service on a free port, with exactly this environment and `ADDR`.
    pub(crate) async fn start(environment: &[(&str, String)]) -> Self {
        let mut child = command(environment)
            .env("ADDR", "127.0.0.1:0")
            .spawn()
            .expect("the program starts");
        let lines = Arc::<Mutex<Vec<String>>>::default();
        let stdout = child.stdout.take().expect("its output");
        let copy = Arc::clone(&lines);
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                copy.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        let mut service = Self {
            child,
            port: 0,
            lines,
        };
        let start = service.line(|line| line.get("event") == Some(&"start".into()));
        let start = start.await;
        let address = start.get("address").and_then(Value::as_str);
        let address = address.expect("an address");
        let (_, port) = address.rsplit_once(':').expect("a port");
        service.port = port.parse().expect("a number");
        service
    }

    /// Everything that was logged.
    pub(crate) fn log(&self) -> Vec<Value> {
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        let parse = |line: &String| serde_json::from_str(line).expect("each line is JSON");
        lines.iter().map(parse).collect()
    }

    /// Waits for a line of the log.
    pub(crate) async fn line(&self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let started = Instant::now();
        loop {
            if let Some(line) = self.log().into_iter().find(|line| is_wanted(line)) {
                return line;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "no such line: {:?}",
                self.log()
            );
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until the metrics have this line.
    pub(crate) async fn metric(&self, wanted: &str) {
        let started = Instant::now();
        loop {
            let text = b2_edge_testbed::get(self.port, "/metrics").await;
            let text = text.expect("a response").text();
            if text.lines().any(|line| line == wanted) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{wanted}\n{text}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Sends a signal: `TERM`, `INT`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until the process has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("its status") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "the service does not end");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// The most memory that was resident, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).expect("Linux");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kilobytes
            .expect("a peak")
            .trim()
            .parse::<u64>()
            .expect("a number")
            * 1024
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program with an environment with which it does not start.
pub(crate) fn run(environment: &[(&str, String)]) -> Output {
    let mut child = command(environment).spawn().expect("the program starts");
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("its status") {
            break status;
        }
        if started.elapsed() > PATIENCE {
            let _ = child.kill();
        }
        thread::sleep(Duration::from_millis(10));
    };
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut out = child.stdout.take().expect("its output");
    let mut err = child.stderr.take().expect("its errors");
    out.read_to_end(&mut stdout).expect("its output");
    err.read_to_end(&mut stderr).expect("its errors");
    Output {
        status,
        stdout,
        stderr,
    }
}

fn command(environment: &[(&str, String)]) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (*name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

//! The Viceroy process: Fastly's local runtime, running the application's wasm.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::time::timeout;

use super::config::{LOG_SANDBOXES, ViceroyConfig, config_file};
use super::host_calls;
use super::output::Lines;
use super::renewal;
use crate::watchdog::{Watchdog, temporary_directory};

/// Compiling the wasm takes seconds, and each backend that is down costs up to 5 s.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Errors, as by default, and the line with the number of the port, which appears when it is open.
const LOG_FILTER: &str = "viceroy=error,viceroy_lib=error,viceroy_lib::service=info";
const LISTENING: &str = "Listening on http://127.0.0.1:";

/// Viceroy's prefix of each line that the guest writes to the log endpoint `b2_edge`.
pub const LOG_ENDPOINT_PREFIX: &str = "b2_edge :: ";

/// The same for the log endpoint `b2_edge_events`.
pub const EVENT_ENDPOINT_PREFIX: &str = "b2_edge_events :: ";

/// A running Viceroy. It is killed when this value is dropped or this process ends.
#[derive(Debug)]
pub struct Viceroy {
    port: u16,
    pid: u32,
    process: Mutex<Process>,
    pub(super) stdout: Arc<Lines>,
    pub(super) stderr: Arc<Lines>,
    files: TempDir,
    /// The names of the backends, if it can be renewed.
    pub(super) renewable: Option<Vec<String>>,
}

/// The process and its watchdog, which must be dropped before the process is reaped.
#[derive(Debug)]
struct Process {
    watchdog: Option<Watchdog>,
    child: Child,
}

impl ViceroyConfig {
    /// Starts Viceroy (`B2_EDGE_VICEROY`, else `viceroy` on the `PATH`) and waits until it listens.
    ///
    /// # Errors
    ///
    /// When Viceroy or the wasm is missing, when the port is in use ([`io::ErrorKind::AddrInUse`]), or when
    /// Viceroy ends or does not listen within 60 s; the error then contains its output.
    pub async fn start(self) -> io::Result<Viceroy> {
        let mut wasm = wasm_path(self.wasm.as_deref())?;
        if self.is_renewable {
            wasm = renewal::prepared(wasm)?;
        }
        check_port(self.port)?;
        let files = temporary_directory("b2-edge-viceroy-")?;
        let (manifest, config) = (files.path().join("viceroy.toml"), config_path(&files));
        std::fs::write(&config, self.config_file())?;
        std::fs::write(&manifest, self.manifest(&config))?;

        // With port 0 the kernel chooses a free port, so no other process can bind it first.
        let mut child = spawn(&wasm, &manifest, &self)?;
        let pid = child.id();
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut process = Process {
            watchdog: None,
            child,
        };
        process.watchdog = Some(Watchdog::over(pid)?);
        let piped = || io::Error::other("Viceroy's output is not piped");
        let secrets = self.application_keys();
        let stdout = Lines::capture(
            stdout.ok_or_else(piped)?,
            secrets.clone(),
            self.is_renewable,
        )?;
        let stderr = Lines::capture(stderr.ok_or_else(piped)?, secrets, self.is_renewable)?;

        let mut viceroy = Viceroy {
            port: self.port,
            pid,
            process: Mutex::new(process),
            stdout,
            stderr,
            files,
            renewable: self.is_renewable.then(|| self.backend_names()),
        };
        viceroy.port = match timeout(START_TIMEOUT, viceroy.listening_port()).await {
            Ok(Some(port)) => port,
            Ok(None) => return Err(viceroy.failure("ended before it listened")),
            Err(_) => return Err(viceroy.failure("did not listen within 60 s")),
        };
        if !self.keep_output {
            viceroy.stdout.stop_keeping();
        }
        for probed in &self.probed {
            // When it starts, Viceroy sends `GET /` to the address of each backend. Tests ignore these requests.
            probed
                .recorder
                .forget(|seen| seen.header("host") == Some(&probed.host) && seen.raw_path == "/");
        }
        Ok(viceroy)
    }
}

impl Viceroy {
    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The exit status; `None` while the process runs.
    ///
    /// # Errors
    ///
    /// When the system does not report it.
    pub fn exited(&self) -> io::Result<Option<ExitStatus>> {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let status = process.child.try_wait()?;
        if status.is_some() {
            process.watchdog = None;
        }
        Ok(status)
    }

    /// Sets the item `config` of the config store. Viceroy reads the file each time the application opens
    /// the store.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn set_config(&self, json: &str) -> io::Result<()> {
        self.write_store(&config_file(Some(json)))
    }

    /// Replaces the file of the config store.
    pub(super) fn write_store(&self, content: &str) -> io::Result<()> {
        // Renamed into place, so that no request reads a partly written file.
        let new = self.files.path().join("config.json.new");
        std::fs::write(&new, content)?;
        std::fs::rename(new, config_path(&self.files))
    }

    /// The lines of standard output so far: the guest's output and its log endpoints.
    #[must_use]
    pub fn stdout_lines(&self) -> Vec<String> {
        self.stdout.all()
    }

    /// The lines of standard error so far.
    #[must_use]
    pub fn stderr_lines(&self) -> Vec<String> {
        self.stderr.all()
    }

    /// The lines of both outputs so far that contain an application key.
    #[must_use]
    pub fn leaked_secrets(&self) -> Vec<String> {
        [self.stdout.leaks(), self.stderr.leaks()].concat()
    }

    /// The JSON objects that the guest wrote to the log endpoint `b2_edge`, in order. In Viceroy, each service has it.
    #[must_use]
    pub fn log_lines(&self) -> Vec<Value> {
        self.lines_of(LOG_ENDPOINT_PREFIX)
    }

    /// The JSON objects that the guest wrote to its standard output, in order.
    #[must_use]
    pub fn printed_log_lines(&self) -> Vec<Value> {
        self.lines_of("")
    }

    /// The JSON objects that the guest wrote to the log endpoint `b2_edge_events`, in order.
    #[must_use]
    pub fn event_lines(&self) -> Vec<Value> {
        self.lines_of(EVENT_ENDPOINT_PREFIX)
    }

    /// The host calls that the guest has made so far, in order, as `module.function`, such as `cache.lookup`. None
    /// without [`ViceroyConfig::trace_host_calls`].
    #[must_use]
    pub fn host_calls(&self) -> Vec<String> {
        let lines = self.stdout.all();
        let calls = lines.iter().filter_map(|line| host_calls::finished(line));
        calls.collect()
    }

    fn lines_of(&self, prefix: &str) -> Vec<Value> {
        let lines = self.stdout.all();
        lines
            .iter()
            .filter_map(|line| json_object(line.strip_prefix(prefix)?))
            .collect()
    }

    /// Waits for the first log line that `wanted` accepts, also among those so far; `None` after `limit`.
    pub async fn wait_for_log(
        &self,
        wanted: impl Fn(&Value) -> bool,
        limit: Duration,
    ) -> Option<Value> {
        let search = async {
            let mut known = 0;
            loop {
                let lines = self.stdout.from(known);
                known += lines.len();
                if let Some(line) = lines
                    .iter()
                    .filter_map(|line| json_object(line.strip_prefix(LOG_ENDPOINT_PREFIX)?))
                    .find(|line| wanted(line))
                {
                    return Some(line);
                }
                if !self.stdout.more_than(known).await {
                    return None;
                }
            }
        };
        timeout(limit, search).await.ok().flatten()
    }

    /// Waits for lines of standard output after the first `known`; `None` when the process has ended.
    pub async fn next_lines(&self, known: usize) -> Option<Vec<String>> {
        self.stdout
            .more_than(known)
            .await
            .then(|| self.stdout.from(known))
    }

    async fn listening_port(&self) -> Option<u16> {
        let mut known = 0;
        loop {
            let lines = self.stdout.from(known);
            known += lines.len();
            let port = lines
                .iter()
                .find_map(|line| line.split_once(LISTENING)?.1.trim().parse().ok());
            if port.is_some() {
                return port;
            }
            if !self.stdout.more_than(known).await {
                return None;
            }
        }
    }

    fn failure(&self, what: &str) -> io::Error {
        let (stdout, stderr) = (self.stdout.all().join("\n"), self.stderr.all().join("\n"));
        io::Error::other(format!("Viceroy {what}. Its output:\n{stdout}\n{stderr}"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        self.watchdog = None;
        let _ = self.child.wait();
    }
}

fn spawn(wasm: &Path, manifest: &Path, config: &ViceroyConfig) -> io::Result<Child> {
    let mut filter = LOG_FILTER.to_owned();
    for more in &config.log_filters {
        filter = format!("{filter},{more}");
    }
    if config.is_renewable {
        filter = format!("{filter},{LOG_SANDBOXES}");
    }
    let program = std::env::var_os("B2_EDGE_VICEROY").unwrap_or_else(|| "viceroy".into());
    let mut command = Command::new(&program);
    command
        .arg("serve")
        .arg("-C")
        .arg(manifest)
        .args(["--addr", &format!("127.0.0.1:{}", config.port)])
        .arg(wasm)
        .env("RUST_LOG", filter)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let spawned = if config.is_renewable {
        renewal::spawn_with_coarse_timers(command)
    } else {
        command.spawn()
    };
    spawned.map_err(|error| {
        let program = program.to_string_lossy();
        let message = format!("{program} cannot be started ({error}): run `cargo xtask test`, which finds or installs Viceroy");
        io::Error::new(error.kind(), message)
    })
}

fn wasm_path(chosen: Option<&Path>) -> io::Result<PathBuf> {
    let path = chosen
        .map(Path::to_owned)
        .or_else(|| std::env::var_os("B2_EDGE_WASM").map(PathBuf::from));
    path.ok_or_else(|| {
        let message =
            "B2_EDGE_WASM is not set: run `cargo xtask test`, which builds the wasm and sets it";
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

/// Viceroy panics when its port is in use; this gives an error instead.
fn check_port(port: u16) -> io::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(drop)
}

fn config_path(files: &TempDir) -> PathBuf {
    files.path().join("config.json")
}

fn json_object(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok().filter(Value::is_object)
}

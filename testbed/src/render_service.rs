//! The render service as a process, in front of local origins.

use std::io::{self, BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::b2::origin::Origin;
use crate::watchdog::Watchdog;

/// The environment variable with the program: `cargo xtask` builds it and sets this.
const PROGRAM: &str = "B2_EDGE_RENDER_SERVICE";

/// The key that the edge and the service have.
const KEY: &str = "the-key-of-edge-and-service";

/// The key of those who call `/thumbnail`.
const API_KEY: &str = "the-key-of-the-webhook";

/// A running service. Dropping it kills it.
#[derive(Debug)]
pub struct RenderService {
    child: Child,
    port: u16,
    // Dropped after the process was killed.
    _watchdog: Watchdog,
}

impl RenderService {
    /// Starts the service for these origins; `/thumbnail` has the key of the first one. `more` are further variables
    /// of its environment.
    ///
    /// # Errors
    ///
    /// When the program cannot be started, or no variable names it.
    pub fn start(origins: &[&Origin], more: &[(&str, &str)]) -> io::Result<Self> {
        Self::start_on(0, origins, more)
    }

    /// The same on a port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Also when the port is in use.
    pub fn start_on(port: u16, origins: &[&Origin], more: &[(&str, &str)]) -> io::Result<Self> {
        let program = std::env::var_os(PROGRAM);
        let program = program
            .ok_or_else(|| io::Error::other(format!("{PROGRAM} is not set: use cargo xtask")))?;
        let hosts = origins.iter().map(|origin| origin.spec().host());
        let hosts: Vec<_> = hosts.collect();
        let endpoints = origins.iter().map(|origin| origin.spec().endpoint());
        let resolve = |(host, origin): (String, &&Origin)| format!("{host}={}", origin.url());
        let resolved = hosts.iter().cloned().zip(origins).map(resolve);
        let resolved: Vec<_> = resolved
            .chain(endpoints.zip(origins).map(resolve))
            .collect();
        let mut command = Command::new(program);
        if let Some(origin) = origins.first() {
            let spec = origin.spec();
            command
                .env("AWS_ACCESS_KEY_ID", &spec.key_id)
                .env("AWS_SECRET_ACCESS_KEY", &spec.application_key)
                .env("B2_ENDPOINT", format!("https://{}", spec.endpoint()));
        }
        let mut child = command
            .env("ADDR", format!("127.0.0.1:{port}"))
            .env("RENDER_KEY", KEY)
            .env("API_KEY", API_KEY)
            .env("ALLOWED_HOSTS", hosts.join(","))
            .env("RESOLVE", resolved.join(","))
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let watchdog = Watchdog::over(child.id())?;
        let stdout = child.stdout.take();
        let mut lines = BufReader::new(stdout.ok_or(io::ErrorKind::BrokenPipe)?).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let line: Value = serde_json::from_str(&line).ok()?;
            let (_, port) = line.get("address")?.as_str()?.rsplit_once(':')?;
            port.parse().ok()
        });
        let port = port.ok_or_else(|| io::Error::other("the render service did not start"))?;
        // It would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(Self {
            child,
            port,
            _watchdog: watchdog,
        })
    }

    /// Its URL on loopback.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the secret `render_key`.
    #[must_use]
    pub const fn key() -> &'static str {
        KEY
    }

    /// The value of `X-RisingCloud-Auth`.
    #[must_use]
    pub const fn api_key() -> &'static str {
        API_KEY
    }
}

impl Drop for RenderService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

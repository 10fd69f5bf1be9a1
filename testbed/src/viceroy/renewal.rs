//! Exchanges the configuration of a running Viceroy, so that tests need not start one each.
//!
//! A start takes two seconds of CPU time for compiling the module; a renewal takes milliseconds.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::cache_reset;
use super::config::{config_file, store_file};
use super::process::Viceroy;
use crate::client::request::{Request, Response};
use crate::watchdog::temporary_directory;

/// How long the executions of the last configuration may take to end.
const LAST_EXECUTIONS: Duration = Duration::from_secs(15);

/// How long the function that empties the cache may take to end after the response.
const END: Duration = Duration::from_millis(100);

const POLL: Duration = Duration::from_millis(1);

/// The surrogate key of everything that has one.
const EVERYTHING: &str = "b2-edge";

/// What the application caches without a surrogate key.
const RECORDS: [&str; 3] = [
    "b2-edge s3 last write",
    "b2-edge s3 last failed notification",
    "b2-edge images render service failed",
];

impl Viceroy {
    /// Makes this process as good as a new one with another item `config`: waits until every execution of the guest has
    /// ended, empties the cache, and forgets the output. Secrets and backends stay. No request must be sent meanwhile.
    ///
    /// # Errors
    ///
    /// When it was not started as [`renewable`](crate::ViceroyConfig::renewable), does not respond, or executions do not
    /// end within 15 s.
    pub async fn renew(&self, config: Option<&str>) -> io::Result<()> {
        let backends = self.renewable.as_deref();
        let backends = backends.ok_or_else(|| io::Error::other("it was not made renewable"))?;
        let forget = order(backends);
        self.write_store(&store_file(Some((cache_reset::ITEM, &forget))))?;
        timeout(LAST_EXECUTIONS, self.forget())
            .await
            .map_err(|_| io::Error::other("executions of the guest did not end"))??;
        self.write_store(&config_file(config))?;
        self.stdout.start_anew();
        self.stderr.start_anew();
        Ok(())
    }

    /// Stops the process until it is resumed, so that it takes no CPU time.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Continues a process that was paused.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        // Fails only if the process has ended.
        let _ = pid.map(|pid| kill_process(pid, signal));
    }

    /// Sends requests until nothing runs any more that could cache something, and the cache has been emptied after that.
    async fn forget(&self) -> io::Result<()> {
        let mut had_ended = false;
        loop {
            // Executions with the last configuration respond first, up to five times each.
            if self.request_empties_the_cache().await? {
                let have_ended = timeout(END, self.every_execution_has_ended()).await.is_ok();
                if had_ended && have_ended {
                    return Ok(());
                }
                had_ended = have_ended;
            }
        }
    }

    /// Sends a request. Whether the added function ran instead of the application; all that Viceroy logged before that
    /// has been read then.
    async fn request_empties_the_cache(&self) -> io::Result<bool> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // No path of an object, so that the application asks no origin.
        let target = format!("/%00{number}");
        let response = Request::get(target.as_str()).send(self.port()).await?;
        if !is_of_no_application(&response) {
            return Ok(false);
        }
        while !self.stdout.executions().last.ends_with(&target) {
            sleep(POLL).await;
        }
        Ok(true)
    }

    async fn every_execution_has_ended(&self) {
        let is_running = || {
            let logged = self.stdout.executions();
            logged.begun != logged.ended + self.stderr.executions().ended
        };
        while is_running() {
            sleep(POLL).await;
        }
    }
}

/// What Viceroy responds if the guest ends without a response.
fn is_of_no_application(response: &Response) -> bool {
    response.status == 200 && response.body.is_empty() && response.header("cache-control").is_none()
}

fn order(backends: &[String]) -> String {
    let each = |text: &str| {
        backends
            .iter()
            .map(|name| format!("{text}{name}"))
            .collect()
    };
    let (mut purges, refused): (Vec<_>, Vec<_>) = (
        each("b2-edge:failing:"),
        each("b2-edge images store refused\0"),
    );
    purges.push(EVERYTHING.to_owned());
    let records = RECORDS.iter().map(|key| (*key).to_owned());
    cache_reset::order(&purges, &records.chain(refused).collect::<Vec<_>>())
}

/// The module with the function that empties the cache; made once for each path.
pub(super) fn prepared(application: PathBuf) -> io::Result<PathBuf> {
    static PREPARED: Mutex<Vec<(PathBuf, PathBuf, TempDir)>> = Mutex::new(Vec::new());
    let mut all = PREPARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, prepared, _)) = all.iter().find(|(of, ..)| *of == application) {
        return Ok(prepared.clone());
    }
    let directory = temporary_directory("b2-edge-renewable-")?;
    let prepared = directory.path().join("renewable.wasm");
    let module = cache_reset::add_to(&std::fs::read(&application)?)?;
    std::fs::write(&prepared, module)?;
    all.push((application, prepared.clone(), directory));
    Ok(prepared)
}

/// Starts the process with timers that may be a millisecond late, which is as exact as Tokio's are. Viceroy sleeps for 50
/// µs at a time, to count epochs: with exact timers, that takes a tenth of a core.
#[cfg(target_os = "linux")]
pub(super) fn spawn_with_coarse_timers(mut command: Command) -> io::Result<Child> {
    const NANOSECONDS: Option<std::num::NonZeroU64> = std::num::NonZeroU64::new(1_000_000);
    // A process inherits the slack of the thread that starts it: of this one, which does nothing else.
    let spawning = std::thread::Builder::new().spawn(move || {
        rustix::thread::set_current_timer_slack(NANOSECONDS)?;
        command.spawn()
    })?;
    spawning.join().expect("it does not panic")
}

#[cfg(not(target_os = "linux"))]
pub(super) fn spawn_with_coarse_timers(mut command: Command) -> io::Result<Child> {
    command.spawn()
}

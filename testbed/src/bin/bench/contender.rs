//! One application under test: its Viceroy, and the CPU time that this has used.

use std::io;
use std::process::Command;
use std::time::Duration;

use b2_edge_testbed::{OriginSpec, Viceroy, ViceroyConfig};

use crate::load::{Load, Outcome};
use crate::plain_origin::PATH;

/// An application in a Viceroy of its own.
pub(crate) struct Contender {
    pub(crate) name: &'static str,
    viceroy: Viceroy,
}

/// One turn of load.
pub(crate) struct Turn {
    pub(crate) outcome: Outcome,
    /// CPU time that the Viceroy process used meanwhile, user and system.
    pub(crate) cpu: Duration,
}

impl Contender {
    /// Starts an application before the origin on `origin_port`, which serves as both origins.
    pub(crate) async fn start(
        name: &'static str,
        origin_port: u16,
        wasm: &str,
    ) -> io::Result<Self> {
        let mut setup = ViceroyConfig::new().wasm(wasm).discard_output();
        for spec in [
            OriginSpec::new("us_origin", "bench-us", "us-west-004"),
            OriginSpec::new("eu_origin", "bench-eu", "eu-central-003"),
        ] {
            setup = setup
                .backend(
                    &spec.backend,
                    &format!("http://127.0.0.1:{origin_port}"),
                    &spec.host(),
                )
                .secret(&format!("{}_key_id", spec.backend), &spec.key_id)
                .secret(
                    &format!("{}_application_key", spec.backend),
                    &spec.application_key,
                );
        }
        let viceroy = setup.start().await?;
        Ok(Self { name, viceroy })
    }

    pub(crate) async fn measure(&mut self, load: Load) -> io::Result<Turn> {
        let before = self.cpu()?;
        let outcome = load.run(self.viceroy.port(), PATH).await;
        let cpu = self.cpu()?.saturating_sub(before);
        Ok(Turn { outcome, cpu })
    }

    pub(crate) fn pause(&self) -> io::Result<()> {
        self.signal("-STOP")
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> io::Result<()> {
        let pid = self.viceroy.pid().to_string();
        let status = Command::new("kill").args([signal, &pid]).status()?;
        if status.success() {
            Ok(())
        } else {
            Err(io::Error::other(format!("kill {signal} failed")))
        }
    }

    /// CPU time so far, from `/proc/<pid>/stat` (proc(5), fields 14 and 15, in ticks of 1/100 s).
    fn cpu(&self) -> io::Result<Duration> {
        const TICK: Duration = Duration::from_millis(10);
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.viceroy.pid()))?;
        // The second field, the name, is in parentheses and may have spaces.
        let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let ticks: u32 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<u32>().ok())
            .sum();
        Ok(TICK * ticks)
    }
}

//! One measured application: its Viceroy, and the CPU time that this uses.

use std::io;
use std::path::Path;
use std::time::Duration;

use b2_edge_testbed::{OriginSpec, Viceroy, ViceroyConfig};

use crate::load::{Load, Outcome};
use crate::{cpu, process};

/// The platform's default: no backend times out before the application does.
const FIRST_BYTE_TIMEOUT: Duration = Duration::from_secs(15);

/// An application in its own Viceroy.
pub(crate) struct Application {
    pub(crate) name: &'static str,
    viceroy: Viceroy,
}

/// The result of one load.
pub(crate) struct Measurement {
    pub(crate) outcome: Outcome,
    /// CPU time of the Viceroy process during the load, user and system.
    pub(crate) cpu: Duration,
    /// CPU time of the load generator and the origin during the load.
    pub(crate) own_cpu: Duration,
}

impl Application {
    /// Starts an application with the origin on this port as both of its origins.
    pub(crate) async fn start(name: &'static str, wasm: &Path, origin: u16) -> io::Result<Self> {
        Self::start_between(name, wasm, [origin, origin]).await
    }

    /// Starts an application with the origins on these ports, of which it prefers the first.
    pub(crate) async fn start_between(
        name: &'static str,
        wasm: &Path,
        origins: [u16; 2],
    ) -> io::Result<Self> {
        let viceroy = setup(wasm, origins).discard_output().start().await?;
        Ok(Self::of(name, viceroy))
    }

    /// An application that runs.
    pub(crate) const fn of(name: &'static str, viceroy: Viceroy) -> Self {
        Self { name, viceroy }
    }

    pub(crate) fn port(&self) -> u16 {
        self.viceroy.port()
    }

    pub(crate) async fn measure(&self, load: Load) -> io::Result<Measurement> {
        let before = (self.cpu()?, cpu::own()?);
        let outcome = load.run(self.port()).await;
        Ok(Measurement {
            outcome,
            cpu: self.cpu()?.saturating_sub(before.0),
            own_cpu: cpu::own()?.saturating_sub(before.1),
        })
    }

    pub(crate) fn pause(&self) -> io::Result<()> {
        process::pause(self.viceroy.pid())
    }

    pub(crate) fn resume(&self) -> io::Result<()> {
        process::resume(self.viceroy.pid())
    }

    /// CPU time of the Viceroy process so far, user and system.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu::of(self.viceroy.pid())
    }
}

/// The Viceroy of an application with the origins on these ports.
pub(crate) fn setup(wasm: &Path, origins: [u16; 2]) -> ViceroyConfig {
    let specs = [
        OriginSpec::new("us_origin", "bench-us", "us-west-004"),
        OriginSpec::new("eu_origin", "bench-eu", "eu-central-003"),
    ];
    let mut setup = ViceroyConfig::new()
        .wasm(wasm)
        .first_byte_timeout(FIRST_BYTE_TIMEOUT);
    for (spec, port) in specs.iter().zip(origins) {
        setup = setup
            .backend(
                &spec.backend,
                &format!("http://127.0.0.1:{port}"),
                &spec.host(),
            )
            .secret(&format!("{}_key_id", spec.backend), &spec.key_id)
            .secret(
                &format!("{}_application_key", spec.backend),
                &spec.application_key,
            );
    }
    setup
}

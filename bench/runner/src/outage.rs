//! Cold reads while the preferred origin refuses connections or does not respond, compared with the same reads
//! without a fault.

use std::io;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};

use crate::Modules;
use crate::application::Application;
use crate::load::{Keys, Load, Outcome};
use crate::report::{Report, Unit, median, percentile};

/// The origin that refuses connections: alternating series of sequential reads.
const TURNS: usize = 8;
const READS: u64 = 40;

/// The maximum difference of the medians, in milliseconds.
const MAX_DETOUR_MS: f64 = 2.0;

/// The origin that stalls: all reads in one series. The first read of each client meets the stall, which is more
/// than one read in a hundred.
const STALLED_CLIENTS: usize = 8;
const STALLED_READS: u64 = 300;

/// The default of `failover.attempt_timeout_ms`.
const ATTEMPT_TIMEOUT_MS: f64 = 1000.0;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    // Bound, but not listening: it refuses connections, and no other process can bind the port.
    let dead = TcpSocket::new_v4()?;
    dead.bind(([127, 0, 0, 1], 0).into())?;
    let dead_port = dead.local_addr()?.port();
    let stalled_port = start_stalled().await?;

    let edge = &modules.edge;
    let healthy = Application::start("healthy", edge, origin).await?;
    let dead = Application::start_between("dead", edge, [dead_port, origin]).await?;
    let stalled = Application::start_between("stalled", edge, [stalled_port, origin]).await?;
    // As new as the one that it is compared with, because the first reads of a Viceroy are its slowest.
    let fresh = Application::start("healthy", edge, origin).await?;
    for one in [&healthy, &dead, &stalled, &fresh] {
        one.pause()?;
    }

    // Opens the circuit breaker of the first, and warms up both.
    for one in [&healthy, &dead] {
        read(one, Load::counted(1, 1, Keys::New), report).await?;
    }
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        let load = Load::counted(1, READS, Keys::New);
        without.extend(read(&healthy, load, report).await?);
        with.extend(read(&dead, load, report).await?);
    }
    report.at_most(
        &format!(
            "preferred origin dead: median of cold reads, to the healthy {:.1} ms",
            median(without.iter().copied())
        ),
        Unit::Milliseconds,
        median(with.into_iter()) - median(without.into_iter()),
        MAX_DETOUR_MS,
    );

    let load = Load::counted(STALLED_CLIENTS, STALLED_READS, Keys::New);
    let well = percentile(read(&fresh, load, report).await?.into_iter(), 99);
    let stalled = percentile(read(&stalled, load, report).await?.into_iter(), 99);
    report.at_most(
        "preferred origin stalling: 99th percentile of cold reads",
        Unit::Milliseconds,
        stalled,
        ATTEMPT_TIMEOUT_MS + well,
    );
    Ok(())
}

/// The latency of each read in milliseconds.
async fn read(application: &Application, load: Load, report: &mut Report) -> io::Result<Vec<f64>> {
    application.resume()?;
    let outcome: Outcome = load.run(application.port()).await;
    application.pause()?;
    report.no_errors(
        &format!("cold reads, preferred origin {}", application.name),
        outcome.errors,
        outcome.first_error.as_deref(),
    );
    let milliseconds = |latency: &Duration| latency.as_secs_f64() * 1e3;
    Ok(outcome.latencies.iter().map(milliseconds).collect())
}

/// Starts an origin that accepts connections and never responds, and returns its port.
async fn start_stalled() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            open.push(stream);
        }
    });
    Ok(port)
}

//! Cache misses, each of a new object that is then stored, compared with the pass-through.

use std::io;
use std::time::Duration;

use crate::Modules;
use crate::application::Application;
use crate::load::{Keys, Load};
use crate::report::{Report, Unit};
use crate::rounds::measure_alternately;
use crate::signing;

const TURN: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 12;
const CLIENTS: usize = 8;

/// The maximum CPU time of a miss, relative to the pass-through's.
const MAX_CPU: f64 = 1.4;

/// The maximum share of signing in the CPU time of a miss, in percent.
const MAX_SIGNING_PERCENT: f64 = 5.0;

const SOAK: Duration = Duration::from_mins(1);
const SOAK_CLIENTS: usize = 256;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let passthrough = Application::start("pass-through", &modules.passthrough, origin).await?;
    let edge = Application::start("b2-edge", &modules.edge, origin).await?;
    let load = Load::timed(CLIENTS, TURN, Keys::New);
    let series = measure_alternately(&[&passthrough, &edge], load, ROUNDS).await?;
    report.applications("misses, 8 connections", &series);
    if let [passthrough, edge] = series.as_slice() {
        report.at_most(
            "CPU of a miss, to the pass-through's",
            Unit::Ratio,
            edge.cpu_to(passthrough),
            MAX_CPU,
        );
        let signing_us = signing::microseconds(&modules.sign)?;
        report.at_most(
            &format!("`sign`, as wasm, {signing_us:.1} µs of a miss"),
            Unit::Percent,
            signing_us / edge.cpu_us() * 100.0,
            MAX_SIGNING_PERCENT,
        );
    }
    drop(passthrough);

    edge.resume()?;
    let soak = Load::timed(SOAK_CLIENTS, SOAK, Keys::New);
    let soak = soak.run(edge.port()).await;
    report.reads("256 clients for a minute, misses", &soak);
    Ok(())
}

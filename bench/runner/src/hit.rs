//! Cache hits, compared with the smallest application with a cache, and with the pass-through.

use std::io;
use std::time::Duration;

use crate::Modules;
use crate::application::Application;
use crate::load::{Keys, Load};
use crate::report::{Report, Unit};
use crate::rounds::measure_alternately;

const TURN: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 12;
const CLIENTS: usize = 8;

/// As many connections as the clients of a busy site keep open. Many short measurements, because everything else
/// on the machine affects requests per second.
const CROWDED_TURN: Duration = Duration::from_secs(1);
const CROWDED_ROUNDS: usize = 10;
const CROWD: usize = 400;

/// The maximum CPU time of a hit, relative to the floor's.
const MAX_CPU: f64 = 1.35;

/// The minimum of requests per second, relative to the pass-through's.
const MIN_RATE: f64 = 2.5;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let passthrough = Application::start("pass-through", &modules.passthrough, origin).await?;
    let floor = Application::start("floor", &modules.floor, origin).await?;
    let edge = Application::start("b2-edge", &modules.edge, origin).await?;
    for one in [&floor, &edge] {
        // The miss before the hits.
        one.measure(Load::counted(1, 1, Keys::Same)).await?;
    }

    let load = Load::timed(CLIENTS, TURN, Keys::Same);
    let series = measure_alternately(&[&floor, &edge], load, ROUNDS).await?;
    report.applications("hits, 8 connections", &series);
    if let [floor, edge] = series.as_slice() {
        report.at_most(
            "CPU of a hit, to the floor's",
            Unit::Ratio,
            edge.cpu_to(floor),
            MAX_CPU,
        );
    }

    let load = Load::timed(CROWD, CROWDED_TURN, Keys::Same);
    let series = measure_alternately(&[&passthrough, &floor, &edge], load, CROWDED_ROUNDS).await?;
    report.applications("the same object, 400 connections", &series);
    if let [passthrough, _, edge] = series.as_slice() {
        report.at_least(
            "requests per second of hits, to the pass-through's, 400 connections",
            Unit::Ratio,
            edge.rate_to(passthrough),
            MIN_RATE,
        );
    }
    Ok(())
}

//! A hit: b2-edge against the smallest application with a cache, and against the pass-through.

use std::io;
use std::time::Duration;

use crate::Modules;
use crate::contender::Contender;
use crate::load::{Keys, Load};
use crate::report::{Report, Unit};
use crate::rounds::take_turns;

const TURN: Duration = Duration::from_millis(1500);
const ROUNDS: usize = 12;
const CLIENTS: usize = 8;

/// What the many clients of a busy site keep open. Short turns and many: requests per second are what
/// everything else on the machine disturbs.
const CROWDED_TURN: Duration = Duration::from_secs(1);
const CROWDED_ROUNDS: usize = 10;
const CROWD: usize = 400;

/// The most that a hit may cost, in CPU time of the floor's.
const MAX_CPU: f64 = 1.25;

/// How many times the pass-through's requests per second it must serve.
const MIN_RATE: f64 = 2.5;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let passthrough = Contender::start("pass-through", &modules.passthrough, origin).await?;
    let floor = Contender::start("floor", &modules.floor, origin).await?;
    let edge = Contender::start("b2-edge", &modules.edge, origin).await?;
    for one in [&floor, &edge] {
        // The miss that the hits come after, which says so.
        one.measure(Load::counted(1, 1, Keys::Same)).await?;
    }

    let load = Load::timed(CLIENTS, TURN, Keys::Same);
    let series = take_turns(&[&floor, &edge], load, ROUNDS).await?;
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
    let series = take_turns(&[&passthrough, &floor, &edge], load, CROWDED_ROUNDS).await?;
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

//! Hits of objects of several sizes, compared with the floor's hits of the same sizes.

use std::io;
use std::time::Duration;

use super::slope::Line;
use crate::Modules;
use crate::application::Application;
use crate::load::{Keys, Load};
use crate::report::Report;
use crate::rounds::measure_alternately;

const KIB: u64 = 1024;

/// The lengths of the objects in KiB. The content of the first is in the metadata of its entry; that of the others has a
/// body of the host, which costs some calls once.
const LENGTHS: [u32; 4] = [1, 4, 64, 1024];

const CLIENTS: usize = 8;
const TURN: Duration = Duration::from_secs(1);
const ROUNDS: usize = 8;

pub(super) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let floor = Application::start("floor", &modules.floor, origin).await?;
    let edge = Application::start("b2-edge", &modules.edge, origin).await?;
    let (mut floors, mut edges) = (Vec::new(), Vec::new());
    for length in LENGTHS {
        let keys = Keys::Sized(u64::from(length) * KIB);
        for one in [&floor, &edge] {
            one.resume()?;
            // The miss before the hits.
            one.measure(Load::counted(1, 1, keys)).await?;
        }
        let load = Load::timed(CLIENTS, TURN, keys);
        let series = measure_alternately(&[&floor, &edge], load, ROUNDS).await?;
        let [floor, edge] = series.as_slice() else {
            continue;
        };
        let what = format!("CPU of a hit of {length} KiB");
        report.errors_of_scale(&what, &series);
        let value = format!(
            "{:.0} µs, to the floor's {:.0} µs: {:.2}",
            edge.cpu_us(),
            floor.cpu_us(),
            edge.cpu_to(floor)
        );
        report.scale(&what, &value, "");
        if length == 1 {
            continue;
        }
        floors.push((f64::from(length), floor.cpu_us()));
        edges.push((f64::from(length), edge.cpu_us()));
    }
    let (floor, edge) = (Line::through(&floors), Line::through(&edges));
    let slope = format!(
        "{:.2} µs for each KiB, the floor's {:.2} µs",
        edge.slope, floor.slope
    );
    report.scale("the same, from 4 KiB to 1 MiB", "", &slope);
    Ok(())
}

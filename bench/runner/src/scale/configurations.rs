//! Hits with configurations of several sizes, in a sandbox that has begun, and the start of a sandbox.
//!
//! A sandbox in Viceroy serves six requests at most, so a part of every hit's CPU time is a start. Applications that serve
//! one request with each sandbox show how much: with `s` starts for each request of an ordinary one, the ordinary hit costs
//! `hit + s × start`, and the other one `hit + start`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use b2_edge_testbed::wasm_import;
use bench_configurations::Shape;
use tempfile::TempDir;

use crate::Modules;
use crate::application::{Application, setup};
use crate::load::{Keys, Load};
use crate::report::Report;
use crate::rounds::{Series, measure_alternately};

const CLIENTS: usize = 8;
const TURN: Duration = Duration::from_secs(1);
const ROUNDS: usize = 10;

/// How many requests are sent to count the sandboxes that they start.
const COUNTED: u64 = 3000;

/// Viceroy's line about a sandbox that has ended.
const ENDED: &str = "completed using";

/// Time for the last sandbox to end.
const ALL_HAVE_ENDED: Duration = Duration::from_secs(4);

/// The configurations: a shape and its number of entries.
const CONFIGURATIONS: [(&str, Option<(Shape, usize)>); 5] = [
    ("no configuration", None),
    ("10 `cache.rules`", Some((Shape::Rules, 10))),
    ("100 `cache.rules`", Some((Shape::Rules, 100))),
    ("100 `redirects`", Some((Shape::Redirects, 100))),
    ("8,000 characters", Some((Shape::Full, 0))),
];

pub(super) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let files = TempDir::with_prefix("b2-edge-bench-")?;
    let once = one_request_for_each_sandbox(&modules.edge, &files)?;
    let starts_of_floor = starts_per_request(&modules.floor, origin).await?;
    let starts_of_edge = starts_per_request(&modules.edge, origin).await?;
    let mut applications = vec![
        Application::start("floor", &modules.floor, origin).await?,
        Application::start("floor, once", &modules.floor_once, origin).await?,
    ];
    for (_, configuration) in CONFIGURATIONS {
        let json = configuration.map(|(shape, entries)| shape.configuration(entries));
        for module in [&modules.edge, &once] {
            let mut setup = setup(module, [origin, origin]);
            if let Some(json) = &json {
                setup = setup.config(json);
            }
            let viceroy = setup.discard_output().start().await?;
            applications.push(Application::of("b2-edge", viceroy));
        }
    }
    for one in &applications {
        // The miss before the hits.
        one.measure(Load::counted(1, 1, Keys::Same)).await?;
    }
    let applications: Vec<&Application> = applications.iter().collect();
    let load = Load::timed(CLIENTS, TURN, Keys::Same);
    let series = measure_alternately(&applications, load, ROUNDS).await?;
    report.errors_of_scale("hits with configurations", &series);
    let mut pairs = series.chunks_exact(2);
    let Some(floor) = pairs
        .next()
        .and_then(|pair| Cost::of(pair, starts_of_floor))
    else {
        return Ok(());
    };
    row(report, "floor", &floor, None);
    let mut without = None;
    for (pair, (name, _)) in pairs.zip(CONFIGURATIONS) {
        if let Some(cost) = Cost::of(pair, starts_of_edge) {
            row(report, name, &cost, without.as_ref());
            without = without.or(Some(cost));
        }
    }
    Ok(())
}

/// The CPU time of a hit without the start of its sandbox, and of a start, in microseconds.
struct Cost {
    hit: f64,
    start: f64,
}

impl Cost {
    /// From the hits of an ordinary application with so many starts for each request, and of one with a start for each.
    fn of(pair: &[Series], starts: f64) -> Option<Self> {
        let [ordinary, once] = pair else { return None };
        let start = |ordinary: f64, once: f64| (once - ordinary) / (1.0 - starts);
        Some(Self {
            hit: ordinary.cpu_with(once, |ordinary, once| once - start(ordinary, once)),
            start: ordinary.cpu_with(once, start),
        })
    }
}

fn row(report: &mut Report, name: &str, cost: &Cost, without: Option<&Cost>) {
    let slope = |more: f64| without.map_or(String::new(), |_| format!("{more:+.0} µs"));
    let (hit, start) = without.map_or((0.0, 0.0), |without| {
        (cost.hit - without.hit, cost.start - without.start)
    });
    report.scale(
        &format!("CPU of a hit in a sandbox that has begun, {name}"),
        &format!("{:.0} µs", cost.hit),
        &slope(hit),
    );
    report.scale(
        &format!("CPU of the start of a sandbox, {name}"),
        &format!("{:.0} µs", cost.start),
        &slope(start),
    );
}

/// The application with a sandbox that takes no second request: the host refuses to promise one, because it takes the
/// options of the call for the promise of an earlier one.
fn one_request_for_each_sandbox(module: &Path, files: &TempDir) -> io::Result<PathBuf> {
    let renamed = wasm_import::rename(
        &fs::read(module)?,
        "fastly_http_downstream",
        "next_request",
        "next_request_wait",
    )?;
    let path = files.path().join("once.wasm");
    fs::write(&path, renamed)?;
    Ok(path)
}

/// How many sandboxes are started for each request of the load that is measured.
async fn starts_per_request(module: &Path, origin: u16) -> io::Result<f64> {
    let viceroy = setup(module, [origin, origin])
        .log_sandboxes()
        .start()
        .await?;
    Load::counted(1, 1, Keys::Same).run(viceroy.port()).await;
    let outcome = Load::counted(CLIENTS, COUNTED, Keys::Same)
        .run(viceroy.port())
        .await;
    tokio::time::sleep(ALL_HAVE_ENDED).await;
    let lines = viceroy.stdout_lines();
    let ended = lines.iter().filter(|line| line.contains(ENDED)).count();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    Ok(ended as f64 / outcome.latencies.len() as f64)
}

#[cfg(test)]
mod tests {
    use b2_edge_core::config::Config;

    use bench_configurations::{LONGEST, MOST};

    use super::*;

    #[test]
    fn every_configuration_is_valid_and_has_so_many_entries() {
        for shape in Shape::ALL {
            for entries in [0, 1, 10, MOST] {
                let json = shape.configuration(entries);
                let config = Config::parse(&json).expect(&json);
                let (rules, redirects) = (config.cache_rules.rules.len(), config.redirects.len());
                let expected = match shape {
                    Shape::Rules | Shape::RulesAndTheLastMatches => (entries, 0),
                    Shape::Full => (MOST, MOST),
                    _ => (0, entries),
                };
                assert_eq!((rules, redirects), expected, "{shape:?} {entries}");
            }
            assert_eq!(Shape::named(shape.name()), Some(shape));
        }
    }

    #[test]
    fn the_full_configuration_is_as_long_as_a_config_store_allows() {
        assert_eq!(Shape::Full.configuration(0).chars().count(), LONGEST);
    }
}

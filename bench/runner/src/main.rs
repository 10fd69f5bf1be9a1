//! What b2-edge costs and how it bears up: against the smallest applications that pass requests on or
//! keep the answers, with origins that fail, with objects of any size.
//!
//! All contenders run under one Viceroy binary before one origin, and take turns. What counts is CPU time
//! of the Viceroy process per request, and its ratio to another's in the same round; requests per
//! second depend on what else the machine does, the load generator included.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

mod contender;
mod cpu;
mod hit;
mod large;
mod load;
mod memory;
mod miss;
mod outage;
mod plain_origin;
mod prompt;
mod report;
mod rounds;
mod signing;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use report::Report;

/// The applications, built.
struct Modules {
    edge: PathBuf,
    floor: PathBuf,
    passthrough: PathBuf,
    sign: PathBuf,
}

fn main() -> ExitCode {
    match b2_edge_testbed::runtime().block_on(run()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let modules = Modules {
        edge: variable("B2_EDGE_WASM")?.into(),
        floor: variable("B2_EDGE_FLOOR_WASM")?.into(),
        passthrough: variable("B2_EDGE_PASSTHROUGH_WASM")?.into(),
        sign: variable("B2_EDGE_SIGN_WASM")?.into(),
    };
    report::machine();
    let mut report = Report::default();
    // What has been measured is told also when something else cannot be.
    if let Err(error) = measure(&modules, &mut report).await {
        report.wrong(format!("the benchmark broke off: {error}"));
    }
    Ok(report.finish()?)
}

/// Measures what the arguments name, or everything.
async fn measure(modules: &Modules, report: &mut Report) -> io::Result<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |what: &str| {
        let is_wanted = named.is_empty() || named.iter().any(|name| name == what);
        if is_wanted {
            eprintln!("{what} ...");
        }
        is_wanted
    };
    let origin = plain_origin::start().await?;
    if is_wanted("hits") {
        hit::measure(modules, origin, report).await?;
    }
    if is_wanted("misses") {
        miss::measure(modules, origin, report).await?;
    }
    if is_wanted("outages") {
        outage::measure(modules, origin, report).await?;
    }
    if is_wanted("large") {
        large::measure(modules, origin, report).await?;
    }
    if is_wanted("memory") {
        memory::measure(modules, origin, report).await?;
    }
    report.sizes(modules)
}

fn variable(name: &str) -> io::Result<String> {
    let missing = || io::Error::other(format!("{name} is not set: run `cargo xtask bench`"));
    std::env::var(name).map_err(|_| missing())
}

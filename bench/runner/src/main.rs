//! Measures b2-edge against the smallest applications that cache or pass requests on, with origins that fail, and
//! with objects of any size. Then variants of photos, compared with those of other programs.
//!
//! All applications run in the same version of Viceroy with the same origin, and are measured alternately. The
//! result is the CPU time of the Viceroy process per request, and its ratio to that of another application in the
//! same round. Requests per second depend on other load of the machine, such as the load generator's.
#![expect(clippy::print_stdout, reason = "a benchmark reports on stdout")]

mod application;
mod cpu;
mod crowd;
mod fast_origin;
mod hit;
mod images;
mod large;
mod load;
mod memory;
mod miss;
mod outage;
mod process;
mod quick_ack;
mod report;
mod rounds;
mod scale;
mod signing;
mod upload;

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use report::Report;

/// The wasm files of the applications.
struct Modules {
    edge: PathBuf,
    floor: PathBuf,
    /// The floor with a sandbox for each request.
    floor_once: PathBuf,
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
        floor_once: variable("B2_EDGE_FLOOR_ONCE_WASM")?.into(),
        passthrough: variable("B2_EDGE_PASSTHROUGH_WASM")?.into(),
        sign: variable("B2_EDGE_SIGN_WASM")?.into(),
    };
    report::machine();
    let mut report = Report::default();
    // After an error, the results so far are still reported.
    if let Err(error) = measure(&modules, &mut report).await {
        report.fail(format!("the benchmark stopped early: {error}"));
    }
    Ok(report.finish()?)
}

/// Runs the parts that the arguments name, or all.
async fn measure(modules: &Modules, report: &mut Report) -> io::Result<()> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |what: &str| {
        let is_wanted = named.is_empty() || named.iter().any(|name| name == what);
        if is_wanted {
            eprintln!("{what} ...");
        }
        is_wanted
    };
    let origin = fast_origin::start().await?;
    if is_wanted("hits") {
        hit::measure(modules, origin, report).await?;
    }
    if is_wanted("misses") {
        miss::measure(modules, origin, report).await?;
    }
    if is_wanted("outages") {
        outage::measure(modules, origin, report).await?;
    }
    if is_wanted("crowds") {
        crowd::measure(modules, report).await?;
    }
    if is_wanted("scale") {
        scale::measure(modules, origin, report).await?;
    }
    if is_wanted("large") {
        large::measure(modules, origin, report).await?;
    }
    if is_wanted("uploads") {
        upload::measure(modules, origin, report).await?;
    }
    if is_wanted("images") {
        images::measure(modules, report).await?;
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

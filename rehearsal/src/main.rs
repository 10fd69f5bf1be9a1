//! `cargo xtask deploy-rehearsal`: a deployment by the real Fastly CLI, without an account.
//!
//! The CLI sends its requests to a stand-in for Fastly's API ([`api`]), and its prompts are answered at a
//! pseudo-terminal ([`terminal`]). Then the created resources are checked ([`checks`]), and the application runs with
//! exactly these ([`edge`]) in front of the demo origins.

mod account;
mod api;
mod checks;
mod complete;
mod deployment;
mod edge;
mod edge_checks;
mod endpoints;
mod form;
mod incomplete;
mod package;
mod project;
mod prompt;
mod report;
mod terminal;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use b2_edge_testbed::demo;

use report::Report;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main]
async fn main() -> ExitCode {
    match rehearse().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn rehearse() -> Outcome<bool> {
    let wasm: PathBuf = std::env::var_os("B2_EDGE_WASM")
        .ok_or("B2_EDGE_WASM is not set: run `cargo xtask deploy-rehearsal`")?
        .into();
    let mut origins = Vec::new();
    for demo in &demo::ORIGINS {
        origins.push(demo.start_on(0).await?);
    }
    let mut report = Report::default();
    let deployed = complete::six_answers(&mut report, &wasm, &origins).await?;
    incomplete::half_finished(&mut report, &deployed, &origins).await?;
    incomplete::one_bucket(&mut report, &wasm, &origins).await?;
    incomplete::no_addresses(&mut report, &wasm, &origins).await?;
    incomplete::blank_secret(&mut report, &wasm).await?;
    Ok(report.finish())
}

//! Real S3 clients against the application, in front of the testbed's origins.
//!
//! `cargo xtask clients` runs this. It prints a table of clients and operations, and what failed. Every byte that a
//! client writes is compared with what the origin has stored, and every byte that it reads with what was stored. A
//! client that is not installed is skipped with a message, or fails if it is named in `B2_EDGE_REQUIRE_S3_CLIENTS`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "these are tests, in a crate of their own"
)]

mod command;
mod keys;
mod operation;
mod programs;
mod scripts;
mod stage;
mod store;
mod table;
mod thumbnails;
mod workflows;

use std::process::ExitCode;

use crate::operation::check_all;
use crate::programs::{Kind, PROGRAMS};
use crate::stage::{Scheme, Stage};
use crate::table::Table;

/// The names of the clients that must be installed, separated by spaces.
const REQUIRED: &str = "B2_EDGE_REQUIRE_S3_CLIENTS";

/// The argument for a bucket of `SeaweedFS`.
const SEAWEEDFS: &str = "--seaweedfs";

fn main() -> ExitCode {
    let runtime = b2_edge_testbed::runtime();
    let table = runtime.block_on(run());
    println!("\n{table}");
    if table.has_failed() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

async fn run() -> Table {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let in_seaweedfs = wanted.iter().any(|arg| arg == SEAWEEDFS);
    wanted.retain(|arg| arg != SEAWEEDFS);
    let stage = Stage::start(in_seaweedfs).await;
    let required = std::env::var(REQUIRED).unwrap_or_default();
    let mut table = Table::default();
    for program in PROGRAMS {
        let is_wanted = |wanted: &String| program.name.contains(wanted.as_str());
        if !wanted.is_empty() && !wanted.iter().any(is_wanted) {
            continue;
        }
        let Some(version) = program.version().await else {
            let is_required = required.split_whitespace().any(|name| name == program.name);
            table.skip(program.name, is_required);
            continue;
        };
        println!("== {} ({version})", program.name);
        for scheme in stage.schemes() {
            let target = stage.target(scheme, program.name);
            let row = table.row(&format!("{} {}", program.name, scheme.name()));
            match program.kind {
                Kind::Operations(perform) => {
                    let perform = |operation| perform(&target, operation);
                    check_all(&stage, &target, program, &perform, row).await;
                }
                Kind::Script(script) => {
                    let mut session = scripts::Session::start(script, &target).expect("it starts");
                    session.check_all(&stage, &target, program, row).await;
                }
                Kind::Workflow(workflow) => {
                    let result = workflow(&stage, &target).await;
                    row.add("its own work", "", result);
                }
            }
        }
    }
    if !stage.schemes().contains(&Scheme::Https) {
        table.skip("TLS, which needs openssl and socat", false);
    }
    table
}

//! The memory of the guest: with a limit of 16 MiB, the application must still serve objects of any size.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use b2_edge_testbed::{Viceroy, wasm_memory};
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::Modules;
use crate::application::setup;
use crate::fast_origin::{SMALL, path};
use crate::large::{self, whole};
use crate::report::{Report, Unit};

const MAX_MIB: u32 = 16;

const MEDIUM: u64 = 200_000_000;

/// The object that many clients request at once.
const SHARED: u64 = 20_000_000;
const CLIENTS: usize = 200;

/// The text before and after the memory of a sandbox in Viceroy's log.
const HEAP: (&str, &str) = ("completed using ", " of WebAssembly heap");

/// Time for the last sandbox to end.
const ALL_HAVE_ENDED: Duration = Duration::from_secs(6);

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let files = TempDir::with_prefix("b2-edge-bench-")?;
    let module = fs::read(&modules.edge)?;
    let pages = u64::from(MAX_MIB) * 1024 * 1024 / wasm_memory::PAGE;
    let enough = wasm_memory::limit(&module, u32::try_from(pages).ok())?;
    let enough = write(&files, "enough.wasm", &enough.module)?;
    let too_little = wasm_memory::limit(&module, None)?;
    let too_little = write(&files, "too-little.wasm", &too_little.module)?;

    let edge = setup(&enough, [origin, origin]).log_sandboxes();
    let edge = edge.start().await?;
    for (length, clients, what) in [
        (large::LENGTH, 1, "1 GB"),
        (MEDIUM, 1, "200 MB"),
        (SHARED, CLIENTS, "20 MB, 200 clients at once"),
    ] {
        let failed = read(&edge, length, clients).await;
        let what = format!("{what}, cold, with at most {MAX_MIB} MiB of memory");
        report.no_errors(
            &what,
            failed.len() as u64,
            failed.first().map(String::as_str),
        );
        report.note(&what, &format!("{} of {clients} failed", failed.len()));
    }
    tokio::time::sleep(ALL_HAVE_ENDED).await;
    let most = edge
        .stdout_lines()
        .iter()
        .filter_map(|line| heap_mib(line))
        .fold(f64::NAN, f64::max);
    report.at_most(
        "memory of the guest that used most",
        Unit::Mebibytes,
        most,
        MAX_MIB.into(),
    );
    drop(edge);

    // Proves that the limit is effective.
    let starved = setup(&too_little, [origin, origin]).start().await?;
    if read(&starved, SMALL, 1).await.is_empty() {
        report.fail("a module that may not grow its memory serves: the limit does not hold".into());
    }
    Ok(())
}

/// Reads an object with so many clients, and returns the errors of those that failed.
async fn read(edge: &Viceroy, length: u64, clients: usize) -> Vec<String> {
    let mut reads = JoinSet::new();
    for _ in 0..clients {
        let (port, path) = (edge.port(), path(length, "memory.bin"));
        reads.spawn(async move { whole(port, &path, length).await });
    }
    let mut failed = Vec::new();
    while let Some(read) = reads.join_next().await {
        match read {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failed.push(error.to_string()),
            Err(error) => failed.push(error.to_string()),
        }
    }
    failed
}

/// The memory of a sandbox in MiB, if this is Viceroy's line about it.
pub(crate) fn heap_mib(line: &str) -> Option<f64> {
    let (figure, _) = line.split_once(HEAP.0)?.1.split_once(HEAP.1)?;
    let (number, unit) = figure.split_once(' ')?;
    let number: f64 = number.parse().ok()?;
    match unit {
        "KiB" => Some(number / 1024.0),
        "MiB" => Some(number),
        "GiB" => Some(number * 1024.0),
        _ => None,
    }
}

fn write(files: &TempDir, name: &str, module: &[u8]) -> io::Result<PathBuf> {
    let path = files.path().join(name);
    fs::write(&path, module)?;
    Ok(path)
}

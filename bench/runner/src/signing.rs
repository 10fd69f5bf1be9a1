//! The CPU time of signing as wasm.

use std::io;
use std::path::Path;
use std::process::Command;

use crate::report::median;
use crate::variable;

/// The time of one signature in microseconds, as the program in `bench/sign` prints it: the median of three runs.
pub(crate) fn microseconds(wasm: &Path) -> io::Result<f64> {
    let viceroy = variable("B2_EDGE_VICEROY")?;
    let mut runs = Vec::new();
    for _ in 0..3 {
        let output = Command::new(&viceroy).arg("run").arg(wasm).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let figure = text
            .trim()
            .trim_start_matches("sign: ")
            .trim_end_matches(" µs");
        runs.push(figure.parse().map_err(io::Error::other)?);
    }
    Ok(median(runs.into_iter()))
}

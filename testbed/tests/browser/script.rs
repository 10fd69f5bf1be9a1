//! Running a script of `testbed/browser/` with Node.js.

use std::path::Path;
use std::process::{Command, Stdio};

/// Where `cargo xtask test` has installed what the scripts import.
const MODULES: &str = "B2_EDGE_BROWSER_MODULES";
const REQUIRED: &str = "B2_EDGE_REQUIRE_BROWSER";

/// Whether the scripts can run; says so when they cannot.
///
/// # Panics
///
/// When they cannot and must.
pub(crate) fn can_run() -> bool {
    let there = std::env::var_os(MODULES).is_some();
    if !there {
        assert!(
            std::env::var_os(REQUIRED).is_none(),
            "the tests in a browser must run, and need node, npm and chromium: `cargo xtask test` says what is missing"
        );
        eprintln!("skipped: {MODULES} is not set, see `cargo xtask test browser`");
    }
    there
}

/// Runs a script to its end.
///
/// # Panics
///
/// When it fails, with what it wrote: one line for each thing that it checked.
pub(crate) async fn run(name: &str, args: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("browser")
        .join(name);
    let mut node = Command::new("node");
    node.arg(script).args(args).stdin(Stdio::null());
    // A thread of its own: the origins and the application go on meanwhile.
    let output = tokio::task::spawn_blocking(move || node.output())
        .await
        .expect("the thread ends")
        .expect("node runs");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{name}:\n{stdout}\n{stderr}");
    assert!(
        stdout.contains("ok: "),
        "{name} checked nothing:\n{stdout}\n{stderr}"
    );
}

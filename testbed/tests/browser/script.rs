//! Runs scripts of `testbed/browser/` with Node.js.

use std::path::Path;
use std::process::{Command, Stdio};

/// The variable with the directory of the npm packages that `cargo xtask test` has installed.
const MODULES: &str = "B2_EDGE_BROWSER_MODULES";
const REQUIRED: &str = "B2_EDGE_REQUIRE_BROWSER";

/// Whether the scripts can run; prints a message if not.
///
/// # Panics
///
/// When they cannot, but `B2_EDGE_REQUIRE_BROWSER` is set.
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
/// When it fails, with its output: one line for each check.
pub(crate) async fn run(name: &str, args: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("browser")
        .join(name);
    let mut node = Command::new("node");
    node.arg(script).args(args).stdin(Stdio::null());
    // In a thread of its own, because the origins run meanwhile.
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

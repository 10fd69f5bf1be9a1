//! Running sharp.

use std::env;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The directory with the modules, or `None` if nothing is to be compared.
pub(crate) fn modules() -> Option<String> {
    let modules = env::var("B2_EDGE_SHARP_MODULES").ok();
    if modules.is_none() {
        assert!(
            env::var_os("B2_EDGE_REQUIRE_SHARP").is_none(),
            "B2_EDGE_SHARP_MODULES is not set"
        );
        println!("skipped: B2_EDGE_SHARP_MODULES is not set");
    }
    modules
}

/// Runs jobs as `sharp.mjs` describes them, and returns the sizes that it prints.
pub(crate) fn run(modules: &str, jobs: &[String]) -> Vec<(usize, usize)> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sharp/sharp.mjs");
    let mut child = Command::new("node")
        .arg(script)
        .arg(modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    let document = format!("[{}]", jobs.join(","));
    child
        .stdin
        .take()
        .expect("a pipe")
        .write_all(document.as_bytes())
        .expect("the jobs are written");
    let output = child.wait_with_output().expect("output");
    assert!(output.status.success(), "sharp failed");
    String::from_utf8(output.stdout)
        .expect("text")
        .lines()
        .map(|line| {
            let (width, height) = line.split_once(' ').expect("two numbers");
            (
                width.parse().expect("a width"),
                height.parse().expect("a height"),
            )
        })
        .collect()
}

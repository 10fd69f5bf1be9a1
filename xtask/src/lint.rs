//! `cargo xtask lint`: all checks of the sources that do not run the application.

use anyhow::{Result, bail};

use crate::wasm::{FLOOR, IMAGES, PASSTHROUGH, TARGET};
use crate::workspace::{NATIVE, RENDER_SERVICE, Workspace};
use crate::{imports, layout, pops, process, toolchain};

const APPLICATION: [&str; 4] = ["--package", "b2-edge", "--target", TARGET];

type Step = (&'static str, fn(&Workspace) -> Result<()>);

const STEPS: [Step; 13] = [
    ("formatting", formatting),
    ("layout", |workspace| layout::check(&workspace.root)),
    ("imports without circles", |workspace| {
        imports::check(&workspace.root)
    }),
    ("POP table", |workspace| pops::check(&workspace.root)),
    ("clippy of the application", |workspace| {
        clippy(workspace, &[&APPLICATION])
    }),
    ("clippy of the core and the native crates", |workspace| {
        clippy(workspace, &[&NATIVE[..], &["--all-targets"]])
    }),
    ("clippy of the render service", |workspace| {
        clippy(workspace, &[&RENDER_SERVICE[..], &["--all-targets"]])
    }),
    ("clippy of the applications of the benchmark", |workspace| {
        clippy(
            workspace,
            &[&[
                "--package",
                FLOOR,
                "--package",
                PASSTHROUGH,
                "--target",
                TARGET,
            ]],
        )
    }),
    ("clippy of the native benchmarks", |workspace| {
        let packages = ["sign-bench", "hit-instructions", "bench-configurations"];
        let packages = packages.map(|package| ["--package", package]).concat();
        clippy(workspace, &[&packages, &["--all-targets"]])
    }),
    ("clippy of the benchmark of variants", |workspace| {
        clippy(workspace, &[&["--package", IMAGES]])
    }),
    ("documentation of the application", |workspace| {
        doc(workspace, &[&APPLICATION])
    }),
    (
        "documentation of the core and the native crates",
        |workspace| doc(workspace, &[&NATIVE]),
    ),
    ("documentation of the render service", |workspace| {
        doc(workspace, &[&RENDER_SERVICE])
    }),
];

/// Runs every step, also after one has failed, so that one run reports all failures.
///
/// # Errors
///
/// Names the steps that failed.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("`lint` takes no argument\nusage: cargo xtask lint");
    }
    toolchain::ensure_component(workspace, "fmt", "rustfmt")?;
    toolchain::ensure_component(workspace, "clippy", "clippy")?;
    toolchain::ensure_wasm_target(workspace)?;

    let mut steps = STEPS.to_vec();
    if toolchain::has_subcommand(workspace, "deny") {
        steps.push(("licences and sources of dependencies", deny));
    } else {
        println!("skipped: licences and sources of dependencies (cargo-deny is not installed)");
    }

    let mut failed = Vec::new();
    for (name, step) in &steps {
        println!("\n== {name} ==");
        if let Err(error) = step(workspace) {
            eprintln!("error: {error:#}");
            failed.push(*name);
        }
    }
    println!();
    if !failed.is_empty() {
        bail!(
            "lint: {} of {} steps failed: {}",
            failed.len(),
            steps.len(),
            failed.join(", ")
        );
    }
    println!("lint: all {} steps passed", steps.len());
    Ok(())
}

fn formatting(workspace: &Workspace) -> Result<()> {
    process::run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    // Not a member of the workspace.
    process::run(
        workspace
            .cargo()
            .args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]),
    )
}

fn clippy(workspace: &Workspace, selection: &[&[&str]]) -> Result<()> {
    process::run(
        workspace
            .cargo()
            .args(["clippy", "--locked"])
            .args(selection.concat())
            .args(["--", "-D", "warnings"]),
    )
}

fn doc(workspace: &Workspace, selection: &[&[&str]]) -> Result<()> {
    process::run(
        workspace
            .cargo()
            .args(["doc", "--locked", "--no-deps", "--document-private-items"])
            .args(selection.concat())
            .env("RUSTDOCFLAGS", "-D warnings"),
    )
}

// Without known vulnerabilities, which appear without a change in this repository. CI has a separate job for them.
fn deny(workspace: &Workspace) -> Result<()> {
    process::run(
        workspace
            .cargo()
            .args(["deny", "--locked", "check", "bans", "licenses", "sources"]),
    )
}

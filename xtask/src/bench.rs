//! `cargo xtask bench`: the cost of a request, the effect of outages and of large objects, the cost of signing and of
//! variants of images.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{instructions, process, sharp, viceroy, wasm};

/// The package in `bench/runner`, and its program.
const RUNNER: &str = "bench-runner";

/// The part that needs no Viceroy.
const INSTRUCTIONS: &str = "instructions";

/// The part with variants of images.
const IMAGES: &str = "images";

/// The parts of the benchmark.
const PARTS: [&str; 10] = [
    INSTRUCTIONS,
    "hits",
    "misses",
    "outages",
    "crowds",
    "scale",
    "large",
    "uploads",
    IMAGES,
    "memory",
];

/// Counts the instructions of a hit, then measures the application against the floor and the pass-through in Viceroy, then
/// the signer natively, and the render service under many clients; with arguments, only these parts.
///
/// # Errors
///
/// When a build or a measurement fails, Viceroy cannot be installed, or, after all measurements, when the
/// application has missed a target.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    if let Some(unknown) = args.iter().find(|arg| !PARTS.contains(&arg.as_str())) {
        bail!(
            "`bench` has no part `{unknown}`\nusage: cargo xtask bench [{}]",
            PARTS.join("|")
        );
    }
    let counted = if args.is_empty() || args.iter().any(|arg| arg == INSTRUCTIONS) {
        instructions::run(workspace)
    } else {
        Ok(())
    };
    if args.iter().all(|arg| arg == INSTRUCTIONS) && !args.is_empty() {
        return counted;
    }
    let viceroy = viceroy::find_or_install()?;
    let application = wasm::build_application(workspace)?;
    let passthrough = wasm::build_passthrough(workspace)?;
    let floor = wasm::build_floor(workspace)?;
    let floor_once = wasm::build_floor_once(workspace)?;
    let sign = wasm::build_sign_bench(workspace)?;
    process::run(workspace.cargo().args([
        "build",
        "--profile",
        "tools",
        "--locked",
        "--package",
        RUNNER,
    ]))?;
    let mut runner = Command::new(workspace.program("tools", RUNNER));
    let measures_images = args.is_empty() || args.iter().any(|arg| arg == IMAGES);
    if measures_images {
        prepare_images(workspace, &mut runner)?;
    }
    let compared = process::run(
        runner
            .args(args)
            .env("B2_EDGE_VICEROY", viceroy)
            .env("B2_EDGE_WASM", application)
            .env("B2_EDGE_FLOOR_WASM", floor)
            .env("B2_EDGE_FLOOR_ONCE_WASM", floor_once)
            .env("B2_EDGE_PASSTHROUGH_WASM", passthrough)
            .env("B2_EDGE_SIGN_WASM", sign),
    );
    if args.is_empty() {
        process::run(
            workspace
                .cargo()
                .args(["bench", "--locked", "--package", "sign-bench"]),
        )?;
    }
    if measures_images {
        process::run(&mut service_under_load(workspace))?;
    }
    counted.and(compared)
}

/// Builds the program that renders variants, as the render service is built and as wasm, and installs sharp.
fn prepare_images(workspace: &Workspace, runner: &mut Command) -> Result<()> {
    process::run(workspace.cargo().args([
        "build",
        "--release",
        "--locked",
        "--package",
        wasm::IMAGES,
    ]))?;
    runner
        .env("B2_EDGE_IMAGES", workspace.program("release", wasm::IMAGES))
        .env("B2_EDGE_IMAGES_WASM", wasm::build_images_bench(workspace)?);
    match sharp::find_or_install()? {
        Ok(modules) => runner
            .env("B2_EDGE_SHARP_MODULES", modules.join("node_modules"))
            .env(
                "B2_EDGE_SHARP_SCRIPT",
                workspace.root.join("bench/images/sharp.cjs"),
            ),
        Err(why) => {
            eprintln!("skipped: the comparison with sharp ({why})");
            runner.env_remove("B2_EDGE_SHARP_MODULES")
        }
    };
    Ok(())
}

/// The test of the render service that is too long for `cargo xtask test`: 64 clients for a minute.
fn service_under_load(workspace: &Workspace) -> Command {
    let mut cargo = workspace.cargo();
    cargo
        .args(["test", "--profile", "tools", "--locked"])
        .args(["--package", "b2-edge-render-server", "--test", "service"])
        .args(["--", "--ignored", "--nocapture", "load"]);
    cargo
}

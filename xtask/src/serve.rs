//! `cargo xtask serve`: the application on this machine, between two private origins.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::{NATIVE, Workspace};
use crate::{process, viceroy, wasm};

const USAGE: &str = "usage: cargo xtask serve [--port N] [--origins-only] [--json]";

/// Builds what is needed and becomes the testbed's `serve`, which is given `args`.
///
/// With `--origins-only` among them, neither the application is built nor Viceroy looked for.
///
/// # Errors
///
/// When an argument is not understood, a build fails or Viceroy cannot be had.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    check(args)?;
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked"])
            .args(NATIVE)
            .args(["--bin", "serve"]),
    )?;
    // Not through `cargo run`: the program itself is to receive the Ctrl-C, and nothing else.
    let mut serve = Command::new(workspace.program("debug", "serve"));
    serve.args(args);
    if !args.iter().any(|arg| arg == "--origins-only") {
        serve
            .env("B2_EDGE_WASM", wasm::build_application(workspace)?)
            .env("B2_EDGE_VICEROY", viceroy::find_or_install()?);
    }
    process::become_program(&mut serve)
}

/// What `serve` itself would refuse, before it is built.
fn check(args: &[String]) -> Result<()> {
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let port = match arg.as_str() {
            "--origins-only" | "--json" => continue,
            "--port" => args.next().map(String::as_str),
            other => match other.strip_prefix("--port=") {
                Some(port) => Some(port),
                None => bail!("`serve` has no argument `{other}`\n{USAGE}"),
            },
        };
        port.and_then(|port| port.parse::<u16>().ok())
            .with_context(|| format!("`--port` needs a number from 0 to 65535\n{USAGE}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<()> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        check(&args)
    }

    #[test]
    fn what_serve_understands_is_let_through() {
        for args in [
            "",
            "--port 8080",
            "--port=8080 --json",
            "--origins-only --port 0",
        ] {
            checked(args).expect(args);
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_usage() {
        for args in [
            "--prot 80",
            "80",
            "--port",
            "--port=",
            "--port 65536",
            "--port --json",
            "--json=1",
        ] {
            let error = checked(args).expect_err(args);
            assert!(error.to_string().contains(USAGE), "{error}");
        }
    }
}

//! `cargo xtask serve`: the application on this machine, in front of two private origins.

use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::workspace::{NATIVE, Workspace};
use crate::{process, service, viceroy, wasm};

const USAGE: &str =
    "usage: cargo xtask serve [--port N] [--origins-only] [--json] [--webhook] [--render-service]";

/// The arguments of the command.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// The port of the application, if not the default; 0 is a free one.
    port: Option<u16>,
    origins_only: bool,
    json: bool,
    beside: Beside,
}

/// What runs beside the application.
#[derive(Debug, Default, PartialEq, Eq)]
struct Beside {
    /// A receiver of events.
    webhook: bool,
    /// The render service, whose encoders take minutes to build.
    render_service: bool,
}

/// Builds what is needed and becomes the testbed's `serve`, which gets the options in its environment.
///
/// With `--origins-only`, neither the application is built nor Viceroy looked for.
///
/// # Errors
///
/// When an argument is unknown, a build fails or Viceroy is missing and cannot be installed.
pub(crate) fn run(workspace: &Workspace, args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    process::run(
        workspace
            .cargo()
            .args(["build", "--locked"])
            .args(NATIVE)
            .args(["--bin", "serve"]),
    )?;
    // Not through `cargo run`: Ctrl-C is for the program itself alone.
    let mut serve = Command::new(workspace.program("debug", "serve"));
    options.pass_to(&mut serve);
    if !options.origins_only {
        serve
            .env("B2_EDGE_WASM", wasm::build_application(workspace)?)
            .env("B2_EDGE_VICEROY", viceroy::find_or_install()?);
        if options.beside.render_service {
            serve.env("B2_EDGE_RENDER_SERVICE", service::build(workspace)?);
        }
    }
    process::become_program(&mut serve)
}

impl Options {
    fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut args = args.iter().map(String::as_str);
        while let Some(arg) = args.next() {
            let port = match arg {
                "--origins-only" => {
                    options.origins_only = true;
                    continue;
                }
                "--json" => {
                    options.json = true;
                    continue;
                }
                "--webhook" => {
                    options.beside.webhook = true;
                    continue;
                }
                "--render-service" => {
                    options.beside.render_service = true;
                    continue;
                }
                "--port" => args.next(),
                other => match other.strip_prefix("--port=") {
                    Some(port) => Some(port),
                    None => bail!("unknown argument `{other}` of `serve`\n{USAGE}"),
                },
            };
            let port = port
                .and_then(|port| port.parse().ok())
                .with_context(|| format!("`--port` needs a number from 0 to 65535\n{USAGE}"))?;
            options.port = Some(port);
        }
        Ok(options)
    }

    /// Sets the variables that `testbed/src/bin/serve.rs` reads, and no others of them.
    fn pass_to(&self, serve: &mut Command) {
        let flag = |is_set: bool| is_set.then(|| "1".to_owned());
        for (name, value) in [
            ("B2_EDGE_SERVE_PORT", self.port.map(|port| port.to_string())),
            ("B2_EDGE_SERVE_ORIGINS_ONLY", flag(self.origins_only)),
            ("B2_EDGE_SERVE_JSON", flag(self.json)),
            ("B2_EDGE_SERVE_WEBHOOK", flag(self.beside.webhook)),
            (
                "B2_EDGE_SERVE_RENDER_SERVICE",
                flag(self.beside.render_service),
            ),
        ] {
            match value {
                Some(value) => serve.env(name, value),
                None => serve.env_remove(name),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Options> {
        let args: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&args)
    }

    #[test]
    fn what_serve_understands_is_let_through() {
        let none = Options::default;
        for (args, options) in [
            ("", none()),
            (
                "--port 8080",
                Options {
                    port: Some(8080),
                    ..none()
                },
            ),
            (
                "--port=8080 --json",
                Options {
                    port: Some(8080),
                    json: true,
                    ..none()
                },
            ),
            (
                "--origins-only --port 0",
                Options {
                    port: Some(0),
                    origins_only: true,
                    ..none()
                },
            ),
            (
                "--webhook",
                Options {
                    beside: Beside {
                        webhook: true,
                        render_service: false,
                    },
                    ..none()
                },
            ),
            (
                "--render-service",
                Options {
                    beside: Beside {
                        webhook: false,
                        render_service: true,
                    },
                    ..none()
                },
            ),
        ] {
            assert_eq!(parsed(args).expect(args), options, "{args}");
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
            let error = parsed(args).expect_err(args);
            assert!(error.to_string().contains(USAGE), "{error}");
        }
    }
}

//! `cargo xtask serve`: the application before two origins with sample content.

#![expect(clippy::print_stdout, reason = "a program for a person at a terminal")]

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use b2_edge_testbed::demo::{self, DemoOrigin};
use b2_edge_testbed::{LOG_ENDPOINT_PREFIX, Origin, Viceroy, ViceroyConfig, log_view};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: serve [--port N] [--origins-only] [--json]";

struct Options {
    port: u16,
    origins_only: bool,
    json: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let served = match Options::from_args(std::env::args().skip(1)) {
        Ok(options) => serve(&options).await,
        Err(message) => Err(format!("{message}\n{USAGE}")),
    };
    match served {
        Ok(()) => {
            println!("\nStopped.");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            port: demo::EDGE_PORT,
            origins_only: false,
            json: false,
        };
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--port" => {
                    let port = args.next().and_then(|port| port.parse().ok());
                    options.port = port.ok_or("--port needs a number from 0 to 65535")?;
                }
                "--origins-only" => options.origins_only = true,
                "--json" => options.json = true,
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(options)
    }
}

async fn serve(options: &Options) -> Result<(), String> {
    let mut origins = Vec::new();
    for demo in &demo::ORIGINS {
        origins.push(start_origin(demo, options.origins_only).await?);
    }
    if options.origins_only {
        print_origins(&origins);
        println!("\nCtrl-C stops them.");
        return wait_for_stop().await.map_err(|error| error.to_string());
    }

    println!("Starting Viceroy (compiling the wasm takes a moment) ...");
    let config = origins.iter().fold(
        ViceroyConfig::new().port(options.port),
        ViceroyConfig::origin,
    );
    let viceroy = config.start().await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} is taken: choose another one with --port",
            options.port
        ),
        _ => error.to_string(),
    })?;
    print_origins(&origins);
    print_what_to_try(&viceroy.url());
    tokio::select! {
        stopped = wait_for_stop() => stopped.map_err(|error| error.to_string()),
        () = show_log(&viceroy, options.json) => Err(describe_end(&viceroy).await),
    }
}

async fn describe_end(viceroy: &Viceroy) -> String {
    // Its output ends a moment before the process does.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let how = viceroy.exited().ok().flatten();
    let how = how.map_or_else(String::new, |status| format!(" ({status})"));
    format!(
        "Viceroy has ended{how}. {}",
        viceroy.stderr_lines().join("\n")
    )
}

/// On the port that `fastly.toml` names. Without the Fastly CLI any other port does as well.
async fn start_origin(demo: &DemoOrigin, exact_port: bool) -> Result<Origin, String> {
    let backend = demo.backend;
    match demo.start_on(demo.port).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && exact_port => Err(format!(
            "port {} is taken, and fastly.toml expects {backend} there: stop what listens on it",
            demo.port
        )),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => demo
            .start_on(0)
            .await
            .map_err(|error| format!("{backend}: {error}")),
        started => started.map_err(|error| format!("{backend}: {error}")),
    }
}

fn print_origins(origins: &[Origin]) {
    println!("\nPrivate origins");
    for origin in origins {
        let spec = origin.spec();
        println!("  {:<10} {}  {}", spec.backend, origin.url(), spec.host());
    }
}

fn print_what_to_try(url: &str) {
    println!(
        "
The edge
  {url}/index.html

Try
  curl {url}/hello.txt
  curl {url}/where-am-i.txt                    # the origin nearest to Viceroy's own POP
  curl '{url}/where-am-i.txt?pop=AMS'          # as if asked in Amsterdam
  curl -I '{url}/images/sunset.png?pop=SYD'    # X-B2-Host names the origin
  curl -r 0-99 {url}/media/clip.mp4 | wc -c    # the first 100 bytes of 24 MiB
  curl {url}/notes/with%20space.txt
  curl -i {url}/no-such-thing                  # 404

Ctrl-C stops everything. Requests:
"
    );
}

/// Shows what the guest prints, until Viceroy ends. Copies for the log endpoint say nothing new.
async fn show_log(viceroy: &Viceroy, as_json: bool) {
    let mut known = viceroy.stdout_lines().len();
    while let Some(lines) = viceroy.next_lines(known).await {
        known += lines.len();
        for line in lines {
            match serde_json::from_str::<Value>(&line) {
                Ok(log) if log.is_object() && !as_json => println!("{}", log_view::one_line(&log)),
                Err(_) if line.starts_with(LOG_ENDPOINT_PREFIX) => {}
                Ok(_) | Err(_) => println!("{line}"),
            }
        }
    }
}

async fn wait_for_stop() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

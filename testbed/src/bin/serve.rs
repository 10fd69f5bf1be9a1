//! `cargo xtask serve`: the application before two origins with sample content.

use std::io::{self, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::Duration;

use b2_edge_testbed::demo::{self, DemoOrigin};
use b2_edge_testbed::{
    CannedResponse, Fault, LOG_ENDPOINT_PREFIX, Origin, Viceroy, ViceroyConfig, log_view, sample,
};
use serde_json::Value;
use tokio::io::Interest;
use tokio::net::unix::pipe;
use tokio::signal::unix::{SignalKind, signal};

const USAGE: &str = "usage: serve [--port N] [--origins-only] [--json]";

struct Options {
    port: u16,
    origins_only: bool,
    json: bool,
}

/// Why it ends although nobody stopped it.
enum End {
    /// Nobody reads standard output any more, as after `| head`.
    Unread,
    Failed(String),
}

impl From<String> for End {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match Options::from_args(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(message) => return fail(&format!("{message}\n{USAGE}")),
    };
    let screen = Screen::new(options.json);
    let served = serve(&options, &screen).await;
    match served.and_then(|()| screen.say("\nStopped.")) {
        Ok(()) | Err(End::Unread) => ExitCode::SUCCESS,
        Err(End::Failed(message)) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// Standard output: with `--json` for programs, so that what a person reads goes to standard error.
struct Screen {
    json: bool,
    colour: bool,
}

impl Screen {
    fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR");
        let colour = log_view::is_coloured(io::stdout().is_terminal(), no_color.as_deref());
        Self { json, colour }
    }

    /// Tells a person.
    fn say(&self, text: &str) -> Result<(), End> {
        if self.json {
            // Who closes it wants to hear nothing.
            let _ = writeln!(io::stderr(), "{text}");
            return Ok(());
        }
        print(text)
    }

    /// Shows a line that Viceroy wrote. Copies for the log endpoint say nothing new.
    fn show(&self, line: &str) -> Result<(), End> {
        match serde_json::from_str::<Value>(line) {
            Ok(log) if log.is_object() && self.json => print(line),
            Ok(log) if log.is_object() => print(&log_view::readable(&log, self.colour)),
            Err(_) if line.starts_with(LOG_ENDPOINT_PREFIX) => Ok(()),
            Ok(_) | Err(_) => self.say(line),
        }
    }
}

/// Unlike `println!`, it bears that nobody reads.
fn print(line: &str) -> Result<(), End> {
    writeln!(io::stdout(), "{line}").map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => End::Unread,
        _ => End::Failed(format!("standard output: {error}")),
    })
}

impl Options {
    fn from_args(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            port: demo::EDGE_PORT,
            origins_only: false,
            json: false,
        };
        while let Some(arg) = args.next() {
            let port = match arg.as_str() {
                "--origins-only" => {
                    options.origins_only = true;
                    continue;
                }
                "--json" => {
                    options.json = true;
                    continue;
                }
                "--port" => args.next(),
                other => match other.strip_prefix("--port=") {
                    Some(port) => Some(port.to_owned()),
                    None => return Err(format!("unknown argument {other}")),
                },
            };
            options.port = port
                .and_then(|port| port.parse().ok())
                .ok_or("--port needs a number from 0 to 65535")?;
        }
        Ok(options)
    }
}

async fn serve(options: &Options, screen: &Screen) -> Result<(), End> {
    let mut origins = Vec::new();
    for demo in &demo::ORIGINS {
        origins.push(start_origin(demo, options.origins_only).await?);
    }
    let busy = Fault::Respond(CannedResponse::slow_down());
    let _busy = origins
        .iter()
        .find(|origin| origin.spec().backend == demo::US.backend)
        .map(|us| us.inject(sample::FAILOVER, busy));
    if options.origins_only {
        screen.say(&describe_origins(&origins))?;
        screen.say("\nCtrl-C stops them. Now run `fastly compute serve` in another terminal.")?;
        return tokio::select! {
            stopped = wait_for_stop() => stopped,
            unread = unread() => unread,
        };
    }

    screen.say("Starting Viceroy (compiling the wasm takes a moment) ...")?;
    let config = origins.iter().fold(
        ViceroyConfig::new()
            .port(options.port)
            .config(demo::CONFIG)
            .fastly_key(DEMO_TOKEN),
        ViceroyConfig::origin,
    );
    let viceroy = config.start().await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} is taken: choose another one with --port",
            options.port
        ),
        _ => error.to_string(),
    })?;
    screen.say(&describe_origins(&origins))?;
    screen.say(&what_to_try(&viceroy.url(), &origins, options.json))?;
    tokio::select! {
        stopped = wait_for_stop() => stopped,
        unread = unread() => unread,
        shown = show_log(&viceroy, screen) => {
            shown?;
            Err(End::Failed(describe_end(&viceroy).await))
        }
    }
}

/// Waits until nobody reads standard output any more; of a file that is never told.
async fn unread() -> Result<(), End> {
    // Only asked for its state: nothing is written through it, so it need not be non-blocking.
    let stdout = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(pipe::Sender::from_owned_fd_unchecked);
    if let Ok(stdout) = stdout
        && stdout.ready(Interest::ERROR).await.is_ok()
    {
        return Err(End::Unread);
    }
    std::future::pending().await
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

fn describe_origins(origins: &[Origin]) -> String {
    let lines = origins.iter().map(|origin| {
        let spec = origin.spec();
        format!("\n  {:<10} {}  {}", spec.backend, origin.url(), spec.host())
    });
    format!("\nPrivate origins{}", lines.collect::<String>())
}

/// What the local Viceroy takes for an API token of the account.
const DEMO_TOKEN: &str = "demo-token";

fn what_to_try(url: &str, origins: &[Origin], json: bool) -> String {
    let private = origins.first().map_or_else(String::new, |origin| {
        format!(
            "\n  curl -i -H 'Host: {}' {}/hello.txt  # 403: the bucket itself is private",
            origin.spec().host(),
            origin.url()
        )
    });
    let columns = if json { "" } else { log_view::HEADER };
    format!(
        "
In a browser
  {url}/            # a website in the two buckets
  {url}/_b2-edge/   # where requests go, and the configuration

Try
  curl {url}/hello.txt
  curl {url}/where-am-i.txt                    # unknown POP: the first origin, US
  curl '{url}/where-am-i.txt?pop=AMS'          # as if asked in Amsterdam
  curl {url}/{failover}                      # the US origin is too busy: the EU one serves
  curl -I '{url}/images/sunset.png?pop=SYD'    # X-B2-Host names the origin
  curl -r 0-99 {url}/media/clip.mp4 | wc -c    # the first 100 bytes of 24 MiB: one segment of 1 MiB is fetched
  curl -X PURGE -H 'Fastly-Key: {DEMO_TOKEN}' {url}/hello.txt  # the next read is a miss
  curl {url}/notes/with%20space.txt
  curl -i {url}/docs                           # 301 to /docs/, whose page is docs/index.html
  curl -i {url}/start                          # 301: a redirect of the configuration
  curl -i {url}/no-such-thing                  # 404, with the page 404.html{private}

Ctrl-C stops everything. Requests:

{columns}",
        failover = sample::FAILOVER,
    )
}

/// Shows what the guest prints, until Viceroy ends.
async fn show_log(viceroy: &Viceroy, screen: &Screen) -> Result<(), End> {
    let mut known = viceroy.stdout_lines().len();
    while let Some(lines) = viceroy.next_lines(known).await {
        known += lines.len();
        for line in lines {
            screen.show(&line)?;
        }
    }
    Ok(())
}

/// Waits for Ctrl-C or a kill.
async fn wait_for_stop() -> Result<(), End> {
    let stopped = async {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    };
    stopped
        .await
        .map_err(|error: io::Error| End::Failed(error.to_string()))
}

//! The program behind `cargo xtask serve`: the application in front of two origins with sample content.

use std::io::{self, IsTerminal as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use b2_edge_testbed::demo::{self, DemoOrigin, gallery};
use b2_edge_testbed::{
    CannedResponse, EVENT_ENDPOINT_PREFIX, Fault, LOG_ENDPOINT_PREFIX, Origin, RenderService,
    Viceroy, ViceroyConfig, log_view, sample,
};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Interest};
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// What `cargo xtask serve` has read from its arguments, and passes in the environment.
struct Options {
    port: u16,
    origins_only: bool,
    json: bool,
    beside: Beside,
}

/// What runs beside the application.
#[derive(Clone, Copy)]
struct Beside {
    webhook: bool,
    render_service: bool,
}

/// Why the program ends without Ctrl-C.
enum End {
    /// Standard output is closed, as after `| head`.
    OutputClosed,
    Failed(String),
}

impl From<String> for End {
    fn from(message: String) -> Self {
        Self::Failed(message)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::from_environment();
    let output = Output::new(options.json);
    let served = serve(&options, &output).await;
    match served.and_then(|()| output.say("\nStopped.")) {
        Ok(()) | Err(End::OutputClosed) => ExitCode::SUCCESS,
        Err(End::Failed(message)) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    let _ = writeln!(io::stderr(), "error: {message}");
    ExitCode::FAILURE
}

/// The output. With `--json`, standard output has log lines only, and text for people goes to standard error.
struct Output {
    json: bool,
    colour: bool,
}

impl Output {
    fn new(json: bool) -> Self {
        let no_color = std::env::var_os("NO_COLOR");
        let colour = log_view::is_coloured(io::stdout().is_terminal(), no_color.as_deref());
        Self { json, colour }
    }

    /// Writes text for people.
    fn say(&self, text: &str) -> Result<(), End> {
        if self.json {
            // A closed standard error is not a reason to end.
            let _ = writeln!(io::stderr(), "{text}");
            return Ok(());
        }
        print(text)
    }

    /// Shows a line of Viceroy's output. Events, and copies of log lines on standard output, are left out.
    fn show(&self, line: &str) -> Result<(), End> {
        let object = |text| serde_json::from_str::<Value>(text).ok();
        if let Some(json) = line.strip_prefix(LOG_ENDPOINT_PREFIX) {
            match object(json) {
                Some(log) if !self.json => print(&log_view::readable(&log, self.colour)),
                Some(_) | None => print(json),
            }
        } else if line.starts_with(EVENT_ENDPOINT_PREFIX)
            || object(line).is_some_and(|copy| copy.is_object())
        {
            Ok(())
        } else {
            self.say(line)
        }
    }
}

/// Unlike `println!`, it does not panic when standard output is closed.
fn print(line: &str) -> Result<(), End> {
    writeln!(io::stdout(), "{line}").map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => End::OutputClosed,
        _ => End::Failed(format!("standard output: {error}")),
    })
}

impl Options {
    fn from_environment() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some();
        let port = std::env::var("B2_EDGE_SERVE_PORT").ok();
        Self {
            port: port
                .and_then(|port| port.parse().ok())
                .unwrap_or(demo::EDGE_PORT),
            origins_only: is_set("B2_EDGE_SERVE_ORIGINS_ONLY"),
            json: is_set("B2_EDGE_SERVE_JSON"),
            beside: Beside {
                webhook: is_set("B2_EDGE_SERVE_WEBHOOK"),
                render_service: is_set("B2_EDGE_SERVE_RENDER_SERVICE"),
            },
        }
    }
}

async fn serve(options: &Options, output: &Output) -> Result<(), End> {
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
        output.say(&describe_origins(&origins))?;
        output.say(
            "\nPress Ctrl-C to stop them. Now run `fastly compute serve` in another terminal.",
        )?;
        return tokio::select! {
            stopped = wait_for_stop() => stopped,
            closed = output_closed() => closed,
        };
    }

    output
        .say("Starting Viceroy. It compiles the application first, which takes some seconds ...")?;
    let host = demo::s3::host();
    let beside = options.beside;
    let mut config = ViceroyConfig::new()
        .port(options.port)
        .s3_client(demo::s3::CLIENT, demo::s3::KEY_ID, demo::s3::SECRET_KEY)
        .fastly_key(DEMO_TOKEN);
    for origin in &origins {
        config = config.origin(origin).write_backend(origin, FOR_WRITES);
    }
    let mut settings = demo::CONFIG.to_owned();
    let mut service = None;
    if beside.render_service {
        service = Some(start_render_service(&origins).await?);
        settings = gallery::with_render_service(&settings);
    }
    if let Some(service) = &service {
        config = config.render_service(&service.url());
    }
    let mut receiver = None;
    if beside.webhook {
        let started = Receiver::start().map_err(|error| {
            format!(
                "the receiver of the webhook, examples/webhook_receiver.py, does not start: {error}"
            )
        })?;
        config = config
            .backend("webhook", &started.url, demo::s3::WEBHOOK_HOST)
            .secret("webhook_secret", demo::s3::WEBHOOK_SECRET);
        receiver = Some(started);
    }
    config = config.config(&demo::s3::config(&settings, host, beside.webhook));
    let viceroy = config.start().await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "port {} is in use: choose another one with --port",
            options.port
        ),
        _ => error.to_string(),
    })?;
    output.say(&describe_origins(&origins))?;
    let endpoint = format!("http://{host}:{}", viceroy.port());
    output.say(&demo::s3::what_to_try(&endpoint, &viceroy.url()))?;
    output.say(&what_to_try(&viceroy.url(), &origins, options))?;
    tokio::select! {
        stopped = wait_for_stop() => stopped,
        closed = output_closed() => closed,
        shown = show_log(&viceroy, output) => {
            shown?;
            Err(End::Failed(describe_end(&viceroy).await))
        }
        shown = show_events(receiver, output) => shown,
    }
}

/// Starts the service that renders what the application does not, and stores the page that says so.
async fn start_render_service(origins: &[Origin]) -> Result<RenderService, String> {
    let failed = |error: io::Error| format!("the render service: {error}");
    for origin in origins {
        let page = gallery::page(true);
        origin.put(gallery::KEY, page).await.map_err(failed)?;
    }
    let all: Vec<_> = origins.iter().collect();
    RenderService::start(&all, &[]).map_err(failed)
}

/// The receiver of the webhook: the example of the documentation.
struct Receiver {
    url: String,
    program: Child,
}

impl Receiver {
    fn start() -> io::Result<Self> {
        // A port that was free a moment ago.
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        drop(listener);
        let example = "../examples/webhook_receiver.py";
        let program = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(example))
            .arg(port.to_string())
            .env("WEBHOOK_SECRET", demo::s3::WEBHOOK_SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        Ok(Self {
            url: format!("http://127.0.0.1:{port}"),
            program,
        })
    }
}

/// Shows what the receiver prints until it ends; without a receiver, this never ends.
async fn show_events(receiver: Option<Receiver>, output: &Output) -> Result<(), End> {
    let Some(mut receiver) = receiver else {
        return std::future::pending().await;
    };
    if let Some(stdout) = receiver.program.stdout.take() {
        let mut lines = BufReader::new(stdout).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            output.say(&format!("event {line}"))?;
        }
    }
    let ended = "the receiver of the webhook has ended";
    Err(End::Failed(ended.to_owned()))
}

/// Waits until the reader of standard output has closed it. For a file this never happens.
async fn output_closed() -> Result<(), End> {
    // Used only to wait: nothing is written through it, so it need not be non-blocking.
    let stdout = io::stdout()
        .as_fd()
        .try_clone_to_owned()
        .and_then(pipe::Sender::from_owned_fd_unchecked);
    if let Ok(stdout) = stdout
        && stdout.ready(Interest::ERROR).await.is_ok()
    {
        return Err(End::OutputClosed);
    }
    std::future::pending().await
}

async fn describe_end(viceroy: &Viceroy) -> String {
    // Its output ends a little earlier than the process.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let how = viceroy.exited().ok().flatten();
    let how = how.map_or_else(String::new, |status| format!(" ({status})"));
    format!(
        "Viceroy ended unexpectedly{how}. {}",
        viceroy.stderr_lines().join("\n")
    )
}

/// Starts an origin on its port in `fastly.toml`, or, unless the Fastly CLI needs that one, on any other.
async fn start_origin(demo: &DemoOrigin, exact_port: bool) -> Result<Origin, String> {
    let backend = demo.backend;
    match demo.start_on(demo.port).await {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && exact_port => Err(format!(
            "port {} is in use, and fastly.toml expects {backend} there: stop the program that listens on it",
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
    format!("\nPrivate buckets{}", lines.collect::<String>())
}

/// How long an upload may take.
const FOR_WRITES: Duration = Duration::from_mins(10);

/// The API token that the local Viceroy accepts.
const DEMO_TOKEN: &str = "demo-token";

fn what_to_try(url: &str, origins: &[Origin], options: &Options) -> String {
    let private = origins.first().map_or_else(String::new, |origin| {
        format!(
            "\n  curl -i -H 'Host: {}' {}/hello.txt  # 403: the bucket refuses unsigned requests",
            origin.spec().host(),
            origin.url()
        )
    });
    let columns = if options.json { "" } else { log_view::HEADER };
    let engines = if options.beside.render_service {
        "made by b2-edge or the render service"
    } else {
        "made by b2-edge; with --render-service also AVIF, WebP and large pictures"
    };
    format!(
        "
Open in a browser
  {url}/            # the sample site, which is stored in both buckets
  {url}/gallery/    # variants of photos, {engines}
  {url}/_b2-edge/   # the status page: routes, origins, configuration

Try
  curl {url}/hello.txt
  curl {url}/where-am-i.txt                    # no POP given: us_origin, the first origin
  curl '{url}/where-am-i.txt?pop=AMS'          # as a POP in Amsterdam: eu_origin
  curl {url}/{failover}                      # us_origin responds with 503, so eu_origin serves it
  curl -I '{url}/images/sunset.png?pop=SYD'    # X-B2-Host names the bucket, X-Cache says hit or miss
  curl -r 0-99 {url}/media/clip.mp4 | wc -c    # 100 bytes of a 24 MiB video: one segment of 1 MiB is fetched
  curl -O {url}/prew/small/lake.jpg            # photo/lake.jpg at 320 pixels, made at the first request
  curl -X PURGE -H 'Fastly-Key: {DEMO_TOKEN}' {url}/hello.txt  # the next read is a miss
  curl {url}/notes/with%20space.txt            # a key with a space
  curl -i {url}/docs                           # 301 to /docs/, which shows docs/index.html
  curl -i {url}/start                          # 301: a redirect from the configuration
  curl -i {url}/no-such-thing                  # 404 with the error document, 404.html{private}

Press Ctrl-C to stop. Requests:

{columns}",
        failover = sample::FAILOVER,
    )
}

/// Shows the log lines and other output of the application until Viceroy ends.
async fn show_log(viceroy: &Viceroy, output: &Output) -> Result<(), End> {
    let mut known = viceroy.stdout_lines().len();
    while let Some(lines) = viceroy.next_lines(known).await {
        known += lines.len();
        for line in lines {
            output.show(&line)?;
        }
    }
    Ok(())
}

/// Waits for Ctrl-C or SIGTERM.
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

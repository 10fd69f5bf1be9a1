//! The render service of b2-edge: makes variants of images that the edge does not make itself (`POST /render`), and
//! thumbnails of uploads (`POST /thumbnail`). It keeps nothing between requests, and is configured by environment
//! variables alone; `docs/render-service.md` describes it.
//!
//! * [`settings`] reads the environment, [`server`] accepts connections, and [`app`] answers a request: one file of
//!   [`endpoints`] for each path.
//! * [`render`] verifies and parses a request to render, [`thumbnail`] a notification of an upload.
//! * [`sources`] fetches originals; [`rendering`] runs the crate `b2-edge-render` on a worker, within [`capacity`].
//! * [`log`] and [`metrics`] say what happened.

mod app;
mod body;
mod capacity;
mod endpoints;
mod failure;
mod log;
mod metrics;
mod patient_stream;
mod render;
mod rendering;
mod reply;
mod secret;
mod server;
mod settings;
mod sources;
mod thumbnail;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use app::App;
use settings::Settings;
use settings::environment::Environment;

/// The exit code after a mistake of the environment.
const MISTAKE: u8 = 2;

/// The threads that look up addresses of sources, besides those that render.
const NAME_LOOKUPS: usize = 32;

fn main() -> ExitCode {
    let cores = available_parallelism().map_or(1, usize::from);
    let get = |name: &str| std::env::var_os(name);
    let settings = match Settings::read(&Environment::new(&get), cores) {
        Ok(settings) => settings,
        Err(mistake) => {
            eprintln!("b2-edge-render: {mistake}");
            return ExitCode::from(MISTAKE);
        }
    };
    match run(settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("b2-edge-render: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(settings: Settings) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // Rendering has threads of its own: these only move bytes.
        .worker_threads(2)
        .max_blocking_threads(settings.workers.saturating_add(NAME_LOOKUPS))
        .enable_all()
        .build()?;
    let address = settings.address;
    runtime.block_on(async {
        for message in settings.warnings() {
            log::event(serde_json::json!({"event": "warning", "message": message}));
        }
        let app = App::new(settings).map_err(std::io::Error::other)?;
        server::serve(address, Arc::new(app)).await
    })
}

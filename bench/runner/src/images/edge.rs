//! Variants through the whole application: cold ones, and hits compared with those of objects.

use std::io;
use std::path::Path;
use std::time::Duration;

use b2_edge_testbed::Viceroy;
use http_body_util::BodyExt as _;

use super::origin::{self, photo_path, variant_path};
use super::photos::Photo;
use crate::application::{Application, setup};
use crate::load::{Keys, Load, Picture, connect, get};
use crate::memory::heap_mib;
use crate::report::{Report, Unit, percentile};
use crate::rounds::{Turn, measure_turns};

/// The CPU time is not limited, because the machine of the benchmark may be slow, and others use it.
const CONFIG: &str = r#"{"images": {"routes": [{"path": "/prew/{preset}/{key}", "source": "photo/{key}"}],
    "presets": {"small": {"width": 320}}}, "limits": {"vcpu_ms": 10000}}"#;

/// Cold variants of each photo.
const COLD: usize = 15;

/// Viceroy takes the time that passes while the guest runs for its CPU time, so that whatever else the machine does counts.
/// The fastest quarter is the least disturbed.
const UNDISTURBED_PERCENT: usize = 25;

/// What Compute allows.
const MAX_VCPU_MS: f64 = 50.0;
const MAX_MIB: f64 = 128.0;

const HIT_TURN: Duration = Duration::from_millis(1500);
const HIT_ROUNDS: usize = 12;
const HIT_CLIENTS: usize = 8;

/// The maximum CPU time of a variant's hit, relative to an object's. They should be the same; the rest is noise.
const MAX_HIT: f64 = 1.1;

/// Time for the log line, and for the last sandbox to end.
const ALL_HAVE_ENDED: Duration = Duration::from_secs(6);

pub(crate) async fn measure(wasm: &Path, photos: &[Photo], report: &mut Report) -> io::Result<()> {
    let origin = origin::start(photos).await?;
    let setup = setup(wasm, [origin, origin]).config(CONFIG);
    let edge = setup.clone().log_sandboxes().start().await?;
    for photo in photos {
        cold(&edge, photo, report).await?;
    }
    tokio::time::sleep(ALL_HAVE_ENDED).await;
    let lines = edge.stdout_lines();
    let most = lines.iter().filter_map(|line| heap_mib(line));
    report.at_most(
        "memory of the guest that used most, variants",
        Unit::Mebibytes,
        most.fold(f64::NAN, f64::max),
        MAX_MIB,
    );
    drop(edge);

    let edge = setup.discard_output().start().await?;
    let edge = Application::of("b2-edge", edge);
    match photos.first() {
        Some(photo) => hits(&edge, photo, report).await,
        None => Ok(()),
    }
}

/// Requests new variants, one after the other, and reports the CPU time that the application logs for each.
async fn cold(edge: &Viceroy, photo: &Photo, report: &mut Report) -> io::Result<()> {
    let mut times = Vec::new();
    for copy in 0..COLD {
        let path = format!("/prew/small/{}/{copy}.jpg", photo.name);
        let mut sender = connect(edge.port()).await?;
        let response = sender.send_request(get(&path)?).await;
        let response = response.map_err(io::Error::other)?;
        let body = response.into_body().collect().await;
        if body.map_err(io::Error::other)?.to_bytes() != photo.variant {
            let wrong = format!("{path} is not the variant that the engine makes natively");
            return Err(io::Error::other(wrong));
        }
        let line = edge.wait_for_log(
            |line| line.get("path").is_some_and(|found| found == path.as_str()),
            ALL_HAVE_ENDED,
        );
        let line = line.await.unwrap_or_default();
        let time = line.get("vcpu_ms").and_then(serde_json::Value::as_f64);
        times.push(time.unwrap_or(f64::NAN));
    }
    report.at_most(
        &format!(
            "`vcpu_ms` of a cold variant, first quartile, {}",
            photo.name
        ),
        Unit::Milliseconds,
        percentile(times.into_iter(), UNDISTURBED_PERCENT),
        MAX_VCPU_MS,
    );
    Ok(())
}

/// Hits of an object and of a variant with the same bytes, in turns.
async fn hits(edge: &Application, photo: &Photo, report: &mut Report) -> io::Result<()> {
    let variant = photo_path(photo, "hit").replace("/photo/", "/prew/small/");
    let turns = [("object", variant_path(photo)), ("variant", variant)].map(|(name, path)| {
        // For the rest of the run, because a load is copied to each client.
        let picture = Box::leak(Box::new(Picture {
            path,
            bytes: photo.variant.clone(),
        }));
        (name, Keys::Picture(picture))
    });
    for (_, keys) in turns {
        // The miss before the hits.
        edge.measure(Load::counted(1, 1, keys)).await?;
    }
    let turns = turns.map(|(name, keys)| Turn {
        name,
        application: edge,
        load: Load::timed(HIT_CLIENTS, HIT_TURN, keys),
    });
    let series = measure_turns(&turns, HIT_ROUNDS).await?;
    let bytes = photo.variant.len();
    report.applications(&format!("hits of {bytes} bytes, 8 connections"), &series);
    if let [object, variant] = series.as_slice() {
        report.at_most(
            "CPU of a variant's hit, to an object's of the same bytes",
            Unit::Ratio,
            variant.cpu_to(object),
            MAX_HIT,
        );
    }
    Ok(())
}

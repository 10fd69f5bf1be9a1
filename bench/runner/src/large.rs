//! A cold read of 1 GB, compared with the pass-through.

use std::io;
use std::time::Instant;

use http::StatusCode;
use http_body_util::BodyExt as _;

use crate::Modules;
use crate::application::Application;
use crate::fast_origin;
use crate::load::{connect, get};
use crate::report::{Report, Unit, median};

pub(crate) const LENGTH: u64 = 1_000_000_000;

const ROUNDS: usize = 3;

/// The minimum throughput, relative to the pass-through's.
const MIN_THROUGHPUT: f64 = 0.8;

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let passthrough = Application::start("pass-through", &modules.passthrough, origin).await?;
    let edge = Application::start("b2-edge", &modules.edge, origin).await?;
    for one in [&passthrough, &edge] {
        one.pause()?;
    }
    let (mut floor, mut rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let path = fast_origin::path(LENGTH, &format!("large-{round}.bin"));
        let without = megabytes_per_second(&passthrough, &path).await?;
        let with = megabytes_per_second(&edge, &path).await?;
        floor.push(without);
        rates.push(with);
        ratios.push(with / without);
    }
    let what = format!(
        "throughput of a cold read of 1 GB, {:.0} MB/s, to the pass-through's {:.0} MB/s",
        median(rates.into_iter()),
        median(floor.into_iter())
    );
    report.at_least(
        &what,
        Unit::Ratio,
        median(ratios.into_iter()),
        MIN_THROUGHPUT,
    );
    Ok(())
}

async fn megabytes_per_second(application: &Application, path: &str) -> io::Result<f64> {
    application.resume()?;
    let begun = Instant::now();
    whole(application.port(), path, LENGTH).await?;
    let elapsed = begun.elapsed().as_secs_f64();
    application.pause()?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let megabytes = LENGTH as f64 / 1e6;
    Ok(megabytes / elapsed)
}

/// Reads an object, which must be complete.
pub(crate) async fn whole(port: u16, path: &str, length: u64) -> io::Result<()> {
    let mut sender = connect(port).await?;
    let response = sender.send_request(get(path)?).await;
    let response = response.map_err(io::Error::other)?;
    let status = response.status();
    let mut body = response.into_body();
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let data = frame.map_err(io::Error::other)?.into_data();
        received += data.map_or(0, |data| data.len() as u64);
    }
    if status == StatusCode::OK && received == length {
        return Ok(());
    }
    let wrong = format!("{status} with {received} bytes of {length}");
    Err(io::Error::other(wrong))
}

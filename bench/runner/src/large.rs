//! Reads of an object of 1 GB, compared with the pass-through: cold, warm, and from somewhere in the middle.
//!
//! The pass-through caches nothing, so each of its reads is like its first.

use std::io;
use std::time::{Duration, Instant};

use http::header::{CONTENT_RANGE, RANGE};
use http::{HeaderValue, StatusCode};
use http_body_util::BodyExt as _;

use crate::Modules;
use crate::application::Application;
use crate::fast_origin;
use crate::load::{connect, get};
use crate::report::{Report, Unit, median};

pub(crate) const LENGTH: u64 = 1_000_000_000;

/// The length of an object of which one read caches every segment.
const KEPT: u64 = 200_000_000;

const COLD_ROUNDS: usize = 5;

const WARM_ROUNDS: usize = 9;

/// The minimum throughput of a cold read, relative to the pass-through's.
const MIN_COLD: f64 = 0.9;

/// The same of a read whose segments are all cached.
const MIN_WARM: f64 = 1.0;

/// How often the object may be read until all its segments are cached: a request may make only so many to origins, so a
/// read caches some thirty of its segments.
const MOST_READS: usize = 10;

/// Seeks of each application.
const SEEKS: u64 = 60;

/// The maximum time to the first byte of a seek, relative to the pass-through's.
const MAX_SEEK: f64 = 1.3;

/// How long an application gets to notice that the client of a seek has left, so that this is not measured with the next.
const ALL_IS_QUIET: Duration = Duration::from_millis(60);

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let passthrough = Application::start("pass-through", &modules.passthrough, origin).await?;
    let edge = Application::start("b2-edge", &modules.edge, origin).await?;
    for one in [&passthrough, &edge] {
        one.pause()?;
    }
    seek(&passthrough, &edge, report).await?;
    cold(&passthrough, &edge, report).await?;
    warm(&passthrough, &edge, report).await?;
    let floor = Application::start("floor", &modules.floor, origin).await?;
    floor.pause()?;
    kept([&passthrough, &floor, &edge], report).await
}

/// Reads of objects that were never requested before.
async fn cold(
    passthrough: &Application,
    edge: &Application,
    report: &mut Report,
) -> io::Result<()> {
    let mut rounds = Rounds::default();
    for round in 0..COLD_ROUNDS {
        let path = fast_origin::path(LENGTH, &format!("large-{round}.bin"));
        rounds.add(passthrough, edge, &path).await?;
    }
    rounds.report("cold", MIN_COLD, report);
    Ok(())
}

/// Reads of an object whose segments are all cached, which the origin's count of requests proves.
async fn warm(
    passthrough: &Application,
    edge: &Application,
    report: &mut Report,
) -> io::Result<()> {
    let path = fast_origin::path(LENGTH, "warm.bin");
    for reads in 0.. {
        let before = fast_origin::reads();
        read(edge, &path, LENGTH).await?;
        if fast_origin::reads() == before {
            break;
        }
        if reads == MOST_READS {
            return Err(io::Error::other("a large object is never all in the cache"));
        }
    }
    let mut rounds = Rounds::default();
    let before = fast_origin::reads();
    for _ in 0..WARM_ROUNDS {
        rounds.add(passthrough, edge, &path).await?;
    }
    if fast_origin::reads() != before + WARM_ROUNDS as u64 {
        report.fail("a large object did not stay in the cache".into());
    }
    rounds.report("warm", MIN_WARM, report);
    Ok(())
}

/// The first read of an object all of which is cached, by each application that caches. What a cold read of 1 GB costs more
/// than the pass-through's is mostly what it costs Viceroy to keep a part of it.
async fn kept(applications: [&Application; 3], report: &mut Report) -> io::Result<()> {
    let mut cpu = [const { Vec::new() }; 3];
    for round in 0..COLD_ROUNDS {
        let path = fast_origin::path(KEPT, &format!("kept-{round}.bin"));
        for (application, cpu) in applications.into_iter().zip(&mut cpu) {
            let read = read(application, &path, KEPT).await?;
            cpu.push(read.cpu.as_secs_f64() * 1e3);
        }
    }
    let [passthrough, floor, edge] = cpu.map(|cpu| median(cpu.into_iter()));
    report.note(
        "CPU of Viceroy for a cold read of 200 MB, all of which is cached; for the floor's; for the pass-through's, which caches nothing",
        &format!("{edge:.0} ms; {floor:.0} ms; {passthrough:.0} ms"),
    );
    Ok(())
}

/// The reads of both applications, in the order of the rounds.
#[derive(Default)]
struct Rounds {
    passthrough: Vec<Read>,
    edge: Vec<Read>,
}

/// What a read took.
#[derive(Clone, Copy)]
struct Read {
    elapsed: Duration,
    /// CPU time of the Viceroy process.
    cpu: Duration,
}

impl Read {
    fn megabytes_per_second(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let megabytes = LENGTH as f64 / 1e6;
        megabytes / self.elapsed.as_secs_f64()
    }
}

impl Rounds {
    /// Adds a round.
    async fn add(
        &mut self,
        passthrough: &Application,
        edge: &Application,
        path: &str,
    ) -> io::Result<()> {
        self.passthrough
            .push(read(passthrough, path, LENGTH).await?);
        self.edge.push(read(edge, path, LENGTH).await?);
        Ok(())
    }

    fn report(&self, state: &str, limit: f64, report: &mut Report) {
        let rate = |reads: &[Read]| median(reads.iter().map(|read| read.megabytes_per_second()));
        let cpu = |reads: &[Read]| median(reads.iter().map(|read| read.cpu.as_secs_f64() * 1e3));
        let what = format!(
            "{state} read of 1 GB, {:.0} MB/s, to the pass-through's {:.0} MB/s",
            rate(&self.edge),
            rate(&self.passthrough)
        );
        let rounds = self.edge.iter().zip(&self.passthrough);
        let ratios = rounds.map(|(edge, passthrough)| {
            passthrough.elapsed.as_secs_f64() / edge.elapsed.as_secs_f64()
        });
        report.at_least(&what, Unit::Ratio, median(ratios), limit);
        let what = format!("CPU of Viceroy for a {state} read of 1 GB, and for the pass-through's");
        let measured = format!(
            "{:.0} ms, {:.0} ms",
            cpu(&self.edge),
            cpu(&self.passthrough)
        );
        report.note(&what, &measured);
    }
}

/// Reads an object of this length once.
async fn read(application: &Application, path: &str, length: u64) -> io::Result<Read> {
    application.resume()?;
    let (begun, cpu_before) = (Instant::now(), application.cpu()?);
    whole(application.port(), path, length).await?;
    let elapsed = begun.elapsed();
    let cpu = application.cpu()?.saturating_sub(cpu_before);
    application.pause()?;
    Ok(Read { elapsed, cpu })
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

/// Reads from the middle of an object of which nothing is cached, and then from the middle of one whose headers are.
async fn seek(
    passthrough: &Application,
    edge: &Application,
    report: &mut Report,
) -> io::Result<()> {
    for (what, limit, is_new) in [
        ("seek in a cold object of 1 GB", Some(MAX_SEEK), true),
        ("seek to a cold part of an object of 1 GB", None, false),
    ] {
        let mut times = [Vec::new(), Vec::new()];
        for number in 0..SEEKS {
            let name = if is_new { number } else { SEEKS };
            let path = fast_origin::path(LENGTH, &format!("seek-{name}.bin"));
            // Each in its own part of the object, at another place in that.
            let part = LENGTH / (SEEKS + 2);
            let from = part * (number + 1) + part * (number * 7 % SEEKS) / SEEKS;
            for (application, times) in [passthrough, edge].into_iter().zip(&mut times) {
                times.push(first_byte(application, &path, from).await?);
            }
        }
        let [passthrough, edge] = times.map(|times| median(times.into_iter()));
        let what = format!(
            "first byte of a {what}, {edge:.2} ms, to the pass-through's {passthrough:.2} ms"
        );
        match limit {
            Some(limit) => report.at_most(&what, Unit::Ratio, edge / passthrough, limit),
            None => report.note(&what, &format!("{:.2}", edge / passthrough)),
        }
    }
    Ok(())
}

/// How many milliseconds the first byte takes of a read from this offset to the end, as players request it. Then the
/// client leaves.
async fn first_byte(application: &Application, path: &str, from: u64) -> io::Result<f64> {
    application.resume()?;
    let mut sender = connect(application.port()).await?;
    let mut request = get(path)?;
    let range = HeaderValue::try_from(format!("bytes={from}-")).map_err(io::Error::other)?;
    request.headers_mut().insert(RANGE, range);
    let begun = Instant::now();
    let response = sender.send_request(request).await;
    let mut response = response.map_err(io::Error::other)?;
    let frame = response.body_mut().frame().await;
    let elapsed = begun.elapsed();
    let data = frame.transpose().map_err(io::Error::other)?;
    let data = data.and_then(|frame| frame.into_data().ok());
    let expected = format!("bytes {from}-{}/{LENGTH}", LENGTH - 1);
    let range = response.headers().get(CONTENT_RANGE);
    if range.is_none_or(|range| *range != expected) || data.is_none_or(|data| data.is_empty()) {
        let wrong = format!("{} with {range:?} for {expected}", response.status());
        return Err(io::Error::other(wrong));
    }
    drop((response, sender));
    tokio::time::sleep(ALL_IS_QUIET).await;
    application.pause()?;
    Ok(elapsed.as_secs_f64() * 1e3)
}

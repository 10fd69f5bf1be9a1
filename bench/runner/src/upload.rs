//! Uploads through the S3 endpoint, compared with the pass-through: the signature is verified, the request signed anew, and
//! the body passed on, or decoded and verified in the guest.

use std::io;
use std::time::{Duration, Instant};

use b2_edge_testbed::{Checksum, S3Client, SignedRequest, Viceroy};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::Modules;
use crate::application::setup;
use crate::fast_origin::{Blocks, RECEIVED};
use crate::memory::heap_mib;
use crate::report::{Report, Unit, median};

const HOST: &str = "s3.test";

const CONFIG: &str = r#"{"s3": {"host": "s3.test", "checksum_limit_bytes": 1000000000,
    "clients": {"bench": {"buckets": ["bench-us"], "allow": ["write"]}}}}"#;

const ROUNDS: usize = 5;

/// The minimum throughput, relative to the pass-through's.
const MIN_THROUGHPUT: f64 = 0.9;

const MEGABYTE: u64 = 1_000_000;

/// The CPU time of the guest for 8 MB in `aws-chunked`, decoded and its CRC verified.
const MAX_DECODING_MS: f64 = 10.0;

const MAX_MIB: f64 = 16.0;

/// Time for the last sandbox to end.
const ALL_HAVE_ENDED: Duration = Duration::from_secs(6);

pub(crate) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    let start = |wasm: &std::path::Path| {
        let setup = setup(wasm, [origin, origin]).config(CONFIG);
        setup
            .secret("client_bench_key_id", "bench-key-id")
            .secret("client_bench_secret_key", "bench-secret-key")
            .first_byte_timeout(Duration::from_mins(2))
            .log_sandboxes()
    };
    let passthrough = start(&modules.passthrough).start().await?;
    let edge = start(&modules.edge).start().await?;
    for megabytes in [8, 100, 1000] {
        throughput(&passthrough, &edge, megabytes, report).await?;
    }
    decoding(&edge, report).await?;
    tokio::time::sleep(ALL_HAVE_ENDED).await;
    let lines = edge.stdout_lines();
    let most = lines.iter().filter_map(|line| heap_mib(line));
    report.at_most(
        "memory of the guest that used most, uploads of up to 1 GB",
        Unit::Mebibytes,
        most.fold(f64::NAN, f64::max),
        MAX_MIB,
    );
    Ok(())
}

async fn throughput(
    passthrough: &Viceroy,
    edge: &Viceroy,
    megabytes: u64,
    report: &mut Report,
) -> io::Result<()> {
    let length = megabytes * MEGABYTE;
    let (mut without, mut with, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    // The first round is a warm-up.
    for round in 0..=ROUNDS {
        let one = upload(
            passthrough.port(),
            &signed(round),
            Blocks::of(length),
            length,
        )
        .await?;
        let other = upload(edge.port(), &signed(round), Blocks::of(length), length).await?;
        if round > 0 {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let rate = |time: Duration| megabytes as f64 / time.as_secs_f64();
            without.push(rate(one));
            with.push(rate(other));
            ratios.push(one.as_secs_f64() / other.as_secs_f64());
        }
    }
    let what = format!(
        "throughput of uploads of {megabytes} MB, verified and passed on, {:.0} MB/s, to the pass-through's {:.0} MB/s",
        median(with.into_iter()),
        median(without.into_iter())
    );
    let ratio = median(ratios.into_iter());
    report.at_least(&what, Unit::Ratio, ratio, MIN_THROUGHPUT);
    Ok(())
}

/// Uploads of 8 MB in `aws-chunked` with a CRC, as today's SDKs send them.
async fn decoding(edge: &Viceroy, report: &mut Report) -> io::Result<()> {
    let content = vec![b'b'; usize::try_from(8 * MEGABYTE).unwrap_or_default()];
    let mut times = Vec::new();
    for round in 0..=ROUNDS {
        let path = format!("/bench-us/chunked-{round}.bin");
        let put = client().put(&path, content.clone());
        let request = put.unsigned_chunks(Checksum::Crc32).sign();
        let body = Full::new(Bytes::from(request.body.clone()));
        upload(edge.port(), &request, body, 8 * MEGABYTE).await?;
        let line = edge.wait_for_log(
            |line| line.get("path").is_some_and(|found| found == path.as_str()),
            ALL_HAVE_ENDED,
        );
        let line: Option<Value> = line.await;
        let cpu = line.and_then(|line| line.get("vcpu_ms")?.as_f64());
        if round > 0 {
            times.push(cpu.unwrap_or(f64::NAN));
        }
    }
    report.at_most(
        "CPU of the guest for 8 MB in aws-chunked, decoded and the CRC verified",
        Unit::Milliseconds,
        median(times.into_iter()),
        MAX_DECODING_MS,
    );
    Ok(())
}

fn client() -> S3Client {
    S3Client::new(HOST, "us-west-004", "bench-key-id", "bench-secret-key")
}

/// A signed upload whose body is sent later.
fn signed(round: usize) -> SignedRequest {
    let put = client().put(&format!("/bench-us/plain-{round}.bin"), Vec::new());
    put.unsigned_payload().sign()
}

/// Sends an upload, of which the origin must get `length` bytes, and returns how long it took.
async fn upload<B>(port: u16, signed: &SignedRequest, body: B, length: u64) -> io::Result<Duration>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: std::error::Error + Send + Sync,
{
    let mut request = Request::builder()
        .method(signed.method.clone())
        .uri(&signed.target);
    for (name, value) in &signed.headers {
        request = request.header(name, value);
    }
    let request = request.body(body).map_err(io::Error::other)?;
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let begun = Instant::now();
    let handshake = http1::handshake(TokioIo::new(stream));
    let (mut sender, connection) = handshake.await.map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender
        .send_request(request)
        .await
        .map_err(io::Error::other)?;
    let status = response.status();
    let received = response.headers().get(RECEIVED).cloned();
    response
        .into_body()
        .collect()
        .await
        .map_err(io::Error::other)?;
    let elapsed = begun.elapsed();
    let is_whole = received
        .as_ref()
        .is_some_and(|value| value == &length.to_string());
    if status == StatusCode::OK && is_whole {
        return Ok(elapsed);
    }
    let wrong = format!("{status}, {received:?} bytes of {length} arrived");
    Err(io::Error::other(wrong))
}

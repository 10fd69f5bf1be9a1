//! Memory with many clients at once that read slowly: of the Viceroy process, and of the sandboxes of the guest.

use std::fs;
use std::io;
use std::time::Duration;

use b2_edge_testbed::Viceroy;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::Empty;
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpSocket;

use super::slope::Line;
use crate::Modules;
use crate::application::setup;
use crate::fast_origin::{self, path};
use crate::load::get;
use crate::memory::heap_mib;
use crate::report::Report;

/// The numbers of clients.
const CLIENTS: [u32; 4] = [1, 50, 200, 400];

/// The object of a hit: so long that neither kernel nor client takes all of it.
const HIT_BYTES: u64 = 8 << 20;

/// The object of a miss, which is streamed, because it is longer than `failover.whole_body_bytes`. The origin stops in the
/// middle.
const MISS_BYTES: u64 = 512 << 10;

/// The receive buffer of a client that does not read.
const RECEIVE_BYTES: u32 = 8 << 10;

/// How long the last sandbox may take to end, once its origin goes on.
const ALL_HAVE_ENDED: Duration = Duration::from_mins(1);

/// Time for the sandboxes that have responded to end.
const SETTLED: Duration = Duration::from_secs(3);

/// A client that has received the head of a response and does not read its body.
struct Client {
    _sender: SendRequest<Empty<Bytes>>,
    _response: Response<Incoming>,
}

pub(super) async fn measure(modules: &Modules, origin: u16, report: &mut Report) -> io::Result<()> {
    for (what, length, is_miss) in [
        ("a hit of 8 MiB", HIT_BYTES, false),
        (
            "a miss of 512 KiB, of which the origin has sent half",
            MISS_BYTES,
            true,
        ),
    ] {
        let edge = setup(&modules.edge, [origin, origin])
            .between_bytes_timeout(2 * fast_origin::STALLED_FOR)
            .log_sandboxes();
        let edge = edge.start().await?;
        let name = |number: u32| match (is_miss, number) {
            (true, number) => path(length, &format!("{}{number}.bin", fast_origin::STALLED)),
            (false, _) => path(length, "hit.bin"),
        };
        let mut clients = Vec::new();
        if !is_miss {
            crate::large::whole(edge.port(), &name(0), length).await?;
        }
        let mut points = Vec::new();
        let mut resident = Vec::new();
        for number in CLIENTS {
            while clients.len() < number as usize {
                let next = u32::try_from(clients.len()).unwrap_or(u32::MAX);
                clients.push(slow_client(edge.port(), &name(next)).await?);
            }
            tokio::time::sleep(SETTLED).await;
            let kib = resident_kib(edge.pid())?;
            points.push((f64::from(number), kib));
            resident.push(format!("{:.0}", kib / 1024.0));
        }
        // Clients of hits, of which none waits for a sandbox, have shared some.
        let sandboxes = if is_miss { clients.len() } else { 1 };
        drop(clients);
        let heaps = heaps(&edge, sandboxes).await;
        let line = Line::through(&points);
        report.scale(
            &format!("resident memory of Viceroy with 1, 50, 200 and 400 clients of {what}"),
            &format!("{} MiB", resident.join(", ")),
            &format!("{:.0} KiB for each client (R² {:.2})", line.slope, line.fit),
        );
        report.scale(
            &format!("linear memory of a sandbox of {what}, at most"),
            &format!("{:.2} MiB", heaps.into_iter().fold(f64::NAN, f64::max)),
            "flat",
        );
    }
    Ok(())
}

/// The memory of each sandbox in MiB, once so many have ended.
async fn heaps(edge: &Viceroy, number: usize) -> Vec<f64> {
    let ended = || -> Vec<f64> {
        let lines = edge.stdout_lines();
        lines.iter().filter_map(|line| heap_mib(line)).collect()
    };
    let all = async {
        while ended().len() < number {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let _ = tokio::time::timeout(ALL_HAVE_ENDED, all).await;
    ended()
}

/// Sends a request, and receives no more than the head of its response.
async fn slow_client(port: u16, path: &str) -> io::Result<Client> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(RECEIVE_BYTES)?;
    let stream = socket.connect(([127, 0, 0, 1], port).into()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    let response = sender.send_request(get(path)?).await;
    let response = response.map_err(io::Error::other)?;
    if response.status() != StatusCode::OK {
        return Err(io::Error::other(format!("{path}: {}", response.status())));
    }
    Ok(Client {
        _sender: sender,
        _response: response,
    })
}

/// The resident memory of a process in KiB, from `VmRSS` of `/proc/<pid>/status` (proc(5)).
fn resident_kib(pid: u32) -> io::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.ok_or_else(|| io::Error::other("no VmRSS"))
}

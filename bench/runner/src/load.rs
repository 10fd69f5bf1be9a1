//! Load: clients that each send the next request when the last response is complete.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::fast_origin::{self, SMALL};
use crate::quick_ack::QuickAck;

/// The number of clients, their requests, and for how long they send them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    clients: usize,
    duration: Duration,
    requests: u64,
    keys: Keys,
}

/// The requested objects.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    /// The same object in every request.
    Same,
    /// The same object of this length in every request.
    Sized(u64),
    /// An object that was never requested before, for each request.
    New,
    /// The same picture in every request.
    Picture(&'static Picture),
}

/// A picture that is expected.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) path: String,
    pub(crate) bytes: Bytes,
}

/// The responses that the clients received.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// The latency of each complete and correct response.
    pub(crate) latencies: Vec<Duration>,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) elapsed: Duration,
}

impl Keys {
    fn next(self) -> String {
        // Shared by all measurements of a run, so that no key repeats.
        static NEXT: AtomicU64 = AtomicU64::new(0);
        match self {
            Self::Same => fast_origin::path(SMALL, "object.txt"),
            Self::Sized(length) => fast_origin::path(length, "object.txt"),
            Self::New => {
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                fast_origin::path(SMALL, &format!("new-{number}.txt"))
            }
            Self::Picture(picture) => picture.path.clone(),
        }
    }

    /// The `X-Cache` of b2-edge that is expected.
    const fn state(self) -> &'static str {
        match self {
            Self::Same | Self::Sized(_) | Self::Picture(_) => "HIT",
            Self::New => "MISS",
        }
    }

    fn is_right(self, body: &Bytes) -> bool {
        match self {
            Self::Same | Self::New => is_of_origin(body, SMALL),
            Self::Sized(length) => is_of_origin(body, length),
            Self::Picture(picture) => *body == picture.bytes,
        }
    }
}

fn is_of_origin(body: &Bytes, length: u64) -> bool {
    body.len() as u64 == length && body.iter().all(|&byte| byte == b'b')
}

impl Load {
    /// A load that ends after `duration`.
    pub(crate) const fn timed(clients: usize, duration: Duration, keys: Keys) -> Self {
        Self {
            clients,
            duration,
            requests: u64::MAX,
            keys,
        }
    }

    /// A load of so many requests.
    pub(crate) const fn counted(clients: usize, requests: u64, keys: Keys) -> Self {
        Self {
            clients,
            duration: Duration::from_hours(1),
            requests,
            keys,
        }
    }

    pub(crate) async fn run(self, port: u16) -> Outcome {
        let begun = Instant::now();
        let allowance = Arc::new(Allowance {
            left: AtomicU64::new(self.requests),
            end: begun + self.duration,
        });
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            clients.spawn(client(port, self.keys, Arc::clone(&allowance)));
        }
        let mut total = Outcome::default();
        while let Some(done) = clients.join_next().await {
            let (latencies, errors) =
                done.unwrap_or_else(|error| (Vec::new(), vec![error.to_string()]));
            total.latencies.extend(latencies);
            total.errors += errors.len() as u64;
            total.first_error = total.first_error.or_else(|| errors.into_iter().next());
        }
        total.elapsed = begun.elapsed();
        total
    }
}

/// The requests that remain for all clients together.
struct Allowance {
    left: AtomicU64,
    end: Instant,
}

impl Allowance {
    /// Takes one request; false if none remains.
    fn take(&self) -> bool {
        let one_less = |left: u64| left.checked_sub(1);
        Instant::now() < self.end
            && self
                .left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
                .is_ok()
    }
}

/// One client with one connection, which it reopens after an error.
async fn client(port: u16, keys: Keys, allowance: Arc<Allowance>) -> (Vec<Duration>, Vec<String>) {
    let (mut latencies, mut errors) = (Vec::new(), Vec::new());
    while let Err(error) = send_all(port, keys, &allowance, &mut latencies).await {
        errors.push(error.to_string());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    (latencies, errors)
}

async fn send_all(
    port: u16,
    keys: Keys,
    allowance: &Allowance,
    latencies: &mut Vec<Duration>,
) -> io::Result<()> {
    let mut sender = connect(port).await?;
    while allowance.take() {
        let sent = Instant::now();
        send_one(&mut sender, keys).await?;
        latencies.push(sent.elapsed());
    }
    Ok(())
}

async fn send_one(sender: &mut SendRequest<Empty<Bytes>>, keys: Keys) -> io::Result<()> {
    let response = sender
        .send_request(get(&keys.next())?)
        .await
        .map_err(io::Error::other)?;
    let status = response.status();
    // Only b2-edge sends it.
    let state = response.headers().get("x-cache").cloned();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(io::Error::other)?
        .to_bytes();
    let is_as_meant = state.as_ref().is_none_or(|state| state == keys.state());
    if status == StatusCode::OK && keys.is_right(&body) && is_as_meant {
        return Ok(());
    }
    let wrong = format!("{status} with {} bytes, {state:?}", body.len());
    Err(io::Error::other(wrong))
}

/// Opens a connection.
pub(crate) async fn connect(port: u16) -> io::Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(QuickAck(stream)))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    Ok(sender)
}

/// A GET of a path.
pub(crate) fn get(path: &str) -> io::Result<Request<Empty<Bytes>>> {
    Request::get(path)
        .header(HOST, "127.0.0.1")
        .body(Empty::new())
        .map_err(io::Error::other)
}

//! Load: clients that each send the next request when the answer to the last has come.

use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::HOST;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::plain_origin::CONTENT;

/// How many clients, for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    clients: usize,
    duration: Duration,
}

/// What the clients saw.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Answers that were complete and right.
    pub(crate) requests: u64,
    pub(crate) errors: u64,
    pub(crate) first_error: Option<String>,
    pub(crate) elapsed: Duration,
}

impl Load {
    pub(crate) const fn closed(clients: usize, duration: Duration) -> Self {
        Self { clients, duration }
    }

    pub(crate) async fn run(self, port: u16, path: &'static str) -> Outcome {
        let begun = Instant::now();
        let end = begun + self.duration;
        let mut clients = JoinSet::new();
        for _ in 0..self.clients {
            clients.spawn(client(port, path, end));
        }
        let mut total = Outcome::default();
        while let Some(done) = clients.join_next().await {
            let (requests, errors) = done.unwrap_or_else(|error| (0, vec![error.to_string()]));
            total.requests += requests;
            total.errors += errors.len() as u64;
            total.first_error = total.first_error.or_else(|| errors.into_iter().next());
        }
        total.elapsed = begun.elapsed();
        total
    }
}

/// One client on one connection, which it opens anew after an error.
async fn client(port: u16, path: &'static str, end: Instant) -> (u64, Vec<String>) {
    let (mut requests, mut errors) = (0, Vec::new());
    while Instant::now() < end {
        if let Err(error) = talk(port, path, end, &mut requests).await {
            errors.push(error.to_string());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    (requests, errors)
}

async fn talk(port: u16, path: &'static str, end: Instant, requests: &mut u64) -> io::Result<()> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(io::Error::other)?;
    tokio::spawn(connection);
    while Instant::now() < end {
        let request = Request::get(path).header(HOST, "127.0.0.1");
        let request = request
            .body(Empty::<Bytes>::new())
            .map_err(io::Error::other)?;
        let answer = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        let status = answer.status();
        let body = answer
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        if status != StatusCode::OK || *body != CONTENT {
            return Err(io::Error::other(format!(
                "{status} with {} bytes",
                body.len()
            )));
        }
        *requests += 1;
    }
    Ok(())
}

//! A persistent connection (RFC 9112 §9.3), as browsers and caches use it.

use std::io;
use std::time::Instant;

use bytes::BytesMut;
use http::header::CONNECTION;
use tokio::net::TcpStream;

use super::request::{Request, Response};

/// Sends one request after the other on one connection, and reconnects when the server has closed it.
#[derive(Debug)]
pub struct PersistentConnection {
    port: u16,
    stream: Option<TcpStream>,
}

impl PersistentConnection {
    /// A client of a port of 127.0.0.1. It connects with the first request.
    #[must_use]
    pub fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// Sends a request, on a new connection if the server has closed the last one.
    ///
    /// # Errors
    ///
    /// As [`Request::send`].
    pub async fn send(&mut self, request: &Request) -> io::Result<Response> {
        let kept = self.stream.take();
        request
            .with_timeout(async {
                if let Some(stream) = kept
                    && let Ok(response) = self.exchange(request, stream).await
                {
                    return Ok(response);
                }
                let stream = request.connect(self.port).await?;
                self.exchange(request, stream).await
            })
            .await
    }

    async fn exchange(&mut self, request: &Request, mut stream: TcpStream) -> io::Result<Response> {
        let bytes = request.to_bytes(self.port, "keep-alive");
        let mut received = BytesMut::with_capacity(64 * 1024);
        // The server sends the content only after the head is acknowledged, which Linux delays by 40 ms.
        #[cfg(target_os = "linux")]
        stream.set_quickack(true)?;
        let response = request
            .exchange(&bytes, &mut stream, &mut received, Instant::now())
            .await?;
        let closes = response.headers.get(CONNECTION);
        if response.complete && received.is_empty() && closes.is_none_or(|value| value != "close") {
            self.stream = Some(stream);
        }
        Ok(response)
    }
}

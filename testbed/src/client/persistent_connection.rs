//! A connection that is kept for the next request, as browsers and caches keep theirs.

use std::io;
use std::time::Instant;

use bytes::BytesMut;
use http::header::CONNECTION;
use tokio::net::TcpStream;

use super::request::{Answer, Call};

/// Sends calls one after the other, each on the connection of the one before as long as it lasts.
#[derive(Debug)]
pub struct KeptConnection {
    port: u16,
    stream: Option<TcpStream>,
}

impl KeptConnection {
    /// A client of a port of 127.0.0.1, which connects when it has something to send.
    #[must_use]
    pub fn to(port: u16) -> Self {
        Self { port, stream: None }
    }

    /// Sends a call. When the server has closed the connection meanwhile, a new one takes its place.
    ///
    /// # Errors
    ///
    /// As [`Call::send`].
    pub async fn send(&mut self, call: &Call) -> io::Result<Answer> {
        let kept = self.stream.take();
        call.in_time(async {
            if let Some(stream) = kept
                && let Ok(answer) = self.exchange(call, stream).await
            {
                return Ok(answer);
            }
            let stream = call.connect(self.port).await?;
            self.exchange(call, stream).await
        })
        .await
    }

    async fn exchange(&mut self, call: &Call, mut stream: TcpStream) -> io::Result<Answer> {
        let request = call.request(self.port, "keep-alive");
        let mut received = BytesMut::with_capacity(64 * 1024);
        // A delayed acknowledgement of the head would keep its content back for 40 ms.
        #[cfg(target_os = "linux")]
        stream.set_quickack(true)?;
        let answer = call
            .exchange(&request, &mut stream, &mut received, Instant::now())
            .await?;
        let closes = answer.headers.get(CONNECTION);
        if answer.complete && received.is_empty() && closes.is_none_or(|value| value != "close") {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

//! An HTTP/1.1 client that sends the request target byte for byte as given.
//!
//! `hyper` and `url` normalise or refuse targets such as `/a/../b`, `/a\b` or raw UTF-8. The tests must send
//! exactly those, so the request is written by hand.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::framing::{Framing, Progress};

/// Long enough for a slow machine, short enough that a hanging test fails soon.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const MAX_HEADERS: usize = 128;

/// The receive buffer of a client that stops reading: the kernel must not read on for it.
const SMALL_BUFFER: u32 = 64 * 1024;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    target: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
    timeout: Duration,
    pause: Option<(usize, Pause)>,
    leave_after: Option<usize>,
}

/// How long a client does not read.
#[derive(Clone, Debug)]
enum Pause {
    For(Duration),
    Until(Arc<Notify>),
}

impl Pause {
    async fn ends(self) {
        match self {
            Self::For(time) => sleep(time).await,
            Self::Until(notified) => notified.notified().await,
        }
    }
}

/// A response as far as it was received.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The received content, without transfer coding.
    pub body: Bytes,
    /// Whether the content is complete: as long as `Content-Length` says, or ended by the terminator of
    /// chunked coding, or, with neither, by an orderly close.
    pub complete: bool,
    /// Time from the start of the request to the end of the response's head.
    pub head_after: Duration,
}

impl Response {
    /// The value of a header, `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content as text, with replacement characters where it is not UTF-8.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// `GET target` from 127.0.0.1.
///
/// # Errors
///
/// As [`Request::send`].
pub async fn get(port: u16, target: &str) -> io::Result<Response> {
    Request::get(target).send(port).await
}

/// `HEAD target` from 127.0.0.1.
///
/// # Errors
///
/// As [`Request::send`].
pub async fn head(port: u16, target: &str) -> io::Result<Response> {
    Request::head(target).send(port).await
}

impl Request {
    /// A request with any method and target, neither of which is checked or changed.
    #[must_use]
    pub fn new(method: Method, target: impl Into<Vec<u8>>) -> Self {
        Self {
            method,
            target: target.into(),
            headers: Vec::new(),
            body: Bytes::new(),
            timeout: DEFAULT_TIMEOUT,
            pause: None,
            leave_after: None,
        }
    }

    /// A `GET`.
    #[must_use]
    pub fn get(target: impl Into<Vec<u8>>) -> Self {
        Self::new(Method::GET, target)
    }

    /// A `HEAD`.
    #[must_use]
    pub fn head(target: impl Into<Vec<u8>>) -> Self {
        Self::new(Method::HEAD, target)
    }

    /// Adds a header. `Host` replaces the default `127.0.0.1:<port>`.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Sets the content and its `Content-Length`.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        let length = self.body.len();
        self.header("Content-Length", length.to_string())
    }

    /// Sends these bytes after the head, without a `Content-Length`.
    #[must_use]
    pub fn raw_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Limits the time of the whole exchange; default 30 seconds.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Stops reading for a while after `bytes` of the content, with a small receive buffer.
    #[must_use]
    pub fn pause_after(mut self, bytes: usize, pause: Duration) -> Self {
        self.pause = Some((bytes, Pause::For(pause)));
        self
    }

    /// The same until `resume` is notified, for what has to happen during the pause however slow the machine is.
    #[must_use]
    pub fn pause_until(mut self, bytes: usize, resume: &Arc<Notify>) -> Self {
        self.pause = Some((bytes, Pause::Until(Arc::clone(resume))));
        self
    }

    /// Closes the connection after `bytes` of the content, and after the pause, if there is one. A shorter
    /// response is read completely.
    #[must_use]
    pub fn leave_after(mut self, bytes: usize) -> Self {
        self.leave_after = Some(bytes);
        self
    }

    /// Method and target, for messages.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.target.escape_ascii())
    }

    /// Sends the request to a port of 127.0.0.1 on a new connection.
    ///
    /// # Errors
    ///
    /// When the connection is refused, is closed before the head of the response is complete, or the time
    /// limit is reached ([`io::ErrorKind::TimedOut`]). A body that ends early is not an error: see
    /// [`Response::complete`].
    pub async fn send(&self, port: u16) -> io::Result<Response> {
        self.with_timeout(async {
            let started = Instant::now();
            let mut stream = self.connect(port).await?;
            let bytes = self.to_bytes(port, "close");
            let mut received = BytesMut::with_capacity(64 * 1024);
            self.exchange(&bytes, &mut stream, &mut received, started)
                .await
        })
        .await
    }

    pub(crate) async fn with_timeout(
        &self,
        exchange: impl Future<Output = io::Result<Response>>,
    ) -> io::Result<Response> {
        match timeout(self.timeout, exchange).await {
            Ok(response) => response,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no complete response within {:?}", self.timeout),
            )),
        }
    }

    pub(crate) async fn connect(&self, port: u16) -> io::Result<TcpStream> {
        let socket = TcpSocket::new_v4()?;
        if self.pause.is_some() || self.leave_after.is_some() {
            socket.set_recv_buffer_size(SMALL_BUFFER)?;
        }
        let stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Sends `request` and reads one response; bytes after it stay in `received`.
    pub(crate) async fn exchange(
        &self,
        request: &[u8],
        stream: &mut TcpStream,
        received: &mut BytesMut,
        started: Instant,
    ) -> io::Result<Response> {
        // A server may respond and close the connection before it has read the whole request.
        let _ = stream.write_all(request).await;
        let head = read_head(stream, received).await?;
        let head_after = started.elapsed();
        let mut framing = Framing::of(&self.method, head.status, &head.headers)?;
        let (mut body, mut pause) = (BytesMut::new(), self.pause.clone());
        let complete = loop {
            match framing.take(received, &mut body) {
                Progress::Done => break true,
                Progress::Broken => break false,
                Progress::More => {}
            }
            if let Some((_, pause)) = pause.take_if(|(after, _)| body.len() >= *after) {
                pause.ends().await;
            }
            if self.leave_after.is_some_and(|after| body.len() >= after) {
                break false;
            }
            match stream.read_buf(received).await {
                Ok(0) => break framing.ends_with_the_connection(),
                Ok(_) => {}
                Err(_) => break false,
            }
        };
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body: body.freeze(),
            complete,
            head_after,
        })
    }

    pub(crate) fn to_bytes(&self, port: u16, connection: &str) -> Vec<u8> {
        let mut request = Vec::with_capacity(512 + self.body.len());
        request.extend_from_slice(self.method.as_str().as_bytes());
        request.push(b' ');
        request.extend_from_slice(&self.target);
        request.extend_from_slice(b" HTTP/1.1\r\n");
        let mut line = |name: &str, value: &[u8]| {
            for part in [name.as_bytes(), b": ", value, b"\r\n"] {
                request.extend_from_slice(part);
            }
        };
        if !self
            .headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            line("Host", format!("127.0.0.1:{port}").as_bytes());
        }
        for (name, value) in &self.headers {
            line(name, value);
        }
        line("Connection", connection.as_bytes());
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&self.body);
        request
    }
}

struct Head {
    status: StatusCode,
    headers: HeaderMap,
}

/// Reads the head of the final response, skips interim ones, and leaves the bytes after it in `received`.
async fn read_head(stream: &mut TcpStream, received: &mut BytesMut) -> io::Result<Head> {
    loop {
        while let Some((head, length)) = parse_head(received)? {
            let _ = received.split_to(length);
            if !head.status.is_informational() {
                return Ok(head);
            }
        }
        if stream.read_buf(received).await? == 0 {
            let message = "the connection was closed before the head of a response";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, message));
        }
    }
}

fn parse_head(received: &[u8]) -> io::Result<Option<(Head, usize)>> {
    let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut lines);
    let httparse::Status::Complete(length) = response.parse(received).map_err(invalid)? else {
        return Ok(None);
    };
    let status = StatusCode::from_u16(response.code.unwrap_or_default()).map_err(invalid)?;
    let mut headers = HeaderMap::new();
    for line in response.headers {
        let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(invalid)?;
        headers.append(name, HeaderValue::from_bytes(line.value).map_err(invalid)?);
    }
    Ok(Some((Head { status, headers }, length)))
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

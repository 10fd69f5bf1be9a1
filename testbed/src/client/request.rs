//! An HTTP/1.1 client that sends what it is told to, byte for byte.
//!
//! `hyper` and `url` repair or refuse request targets such as `/a/../b`, `/a\b` or raw UTF-8. Whether
//! the application copes with those is what tests must see, so the request is written by hand.

use std::io;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{sleep, timeout};

use super::framing::{Framing, Progress};

/// Long enough for a slow machine, short enough that a hanging test says so.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);

const MAX_HEADERS: usize = 128;

/// What the kernel may hold for a client that stops reading.
const SMALL_BUFFER: u32 = 64 * 1024;

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Call {
    method: Method,
    target: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Bytes,
    timeout: Duration,
    pause: Option<(usize, Duration)>,
    leave_after: Option<usize>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The content as far as it came, without transfer coding.
    pub body: Bytes,
    /// Whether the content came whole: as many bytes as `Content-Length` says, chunked up to its
    /// terminator, or, with neither, up to an orderly close.
    pub complete: bool,
    /// Time from the start of the call to the end of the answer's head.
    pub head_after: Duration,
}

impl Answer {
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
/// As [`Call::send`].
pub async fn get(port: u16, target: &str) -> io::Result<Answer> {
    Call::get(target).send(port).await
}

/// `HEAD target` from 127.0.0.1.
///
/// # Errors
///
/// As [`Call::send`].
pub async fn head(port: u16, target: &str) -> io::Result<Answer> {
    Call::head(target).send(port).await
}

impl Call {
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

    /// Limits the whole call, 30 seconds unless set.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Stops reading for a while once `bytes` of the content are there, with the little buffer of a
    /// client that cannot keep up.
    #[must_use]
    pub fn pause_after(mut self, bytes: usize, pause: Duration) -> Self {
        self.pause = Some((bytes, pause));
        self
    }

    /// Closes the connection once `bytes` of the content are there, after the pause, if there is one.
    /// A shorter answer comes whole.
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

    /// Sends the request to a port of 127.0.0.1 on a connection of its own.
    ///
    /// # Errors
    ///
    /// When the connection is refused, ends before the head of an answer is there, or the time is
    /// up ([`io::ErrorKind::TimedOut`]). A body that ends early is no error: see
    /// [`Answer::complete`].
    pub async fn send(&self, port: u16) -> io::Result<Answer> {
        self.in_time(async {
            let started = Instant::now();
            let mut stream = self.connect(port).await?;
            let request = self.request(port, "close");
            let mut received = BytesMut::with_capacity(64 * 1024);
            self.exchange(&request, &mut stream, &mut received, started)
                .await
        })
        .await
    }

    pub(crate) async fn in_time(
        &self,
        exchange: impl Future<Output = io::Result<Answer>>,
    ) -> io::Result<Answer> {
        match timeout(self.timeout, exchange).await {
            Ok(answer) => answer,
            Err(_) => Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!("no whole answer in {:?}", self.timeout),
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

    /// Sends `request` and reads one answer; what came beyond it stays in `received`.
    pub(crate) async fn exchange(
        &self,
        request: &[u8],
        stream: &mut TcpStream,
        received: &mut BytesMut,
        started: Instant,
    ) -> io::Result<Answer> {
        // The answer may come, and the connection end, before the request is read to its end.
        let _ = stream.write_all(request).await;
        let head = read_head(stream, received).await?;
        let head_after = started.elapsed();
        let mut framing = Framing::of(&self.method, head.status, &head.headers)?;
        let (mut body, mut pause) = (BytesMut::new(), self.pause);
        let complete = loop {
            match framing.take(received, &mut body) {
                Progress::Done => break true,
                Progress::Broken => break false,
                Progress::More => {}
            }
            if let Some((_, pause)) = pause.take_if(|(after, _)| body.len() >= *after) {
                sleep(pause).await;
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
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body: body.freeze(),
            complete,
            head_after,
        })
    }

    pub(crate) fn request(&self, port: u16, connection: &str) -> Vec<u8> {
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

/// Reads the head of the final answer, past interim ones, and leaves what follows in `received`.
async fn read_head(stream: &mut TcpStream, received: &mut BytesMut) -> io::Result<Head> {
    loop {
        while let Some((head, length)) = parse_head(received)? {
            let _ = received.split_to(length);
            if !head.status.is_informational() {
                return Ok(head);
            }
        }
        if stream.read_buf(received).await? == 0 {
            let message = "the connection was closed before the head of an answer";
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

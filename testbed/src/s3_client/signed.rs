//! Signed requests, which a test may change before they are sent.

use std::io;

use http::Method;

use crate::client::request::{Request, Response};

/// The size of a piece of a chunked message.
const PIECE: usize = 16 * 1024;

/// A signed request, which a test may change before it is sent.
#[derive(Clone, Debug)]
pub struct SignedRequest {
    /// The method.
    pub method: Method,
    /// Path and query, as they are sent.
    pub target: String,
    /// The headers, in the order in which they are sent, without `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The content as it is sent.
    pub body: Vec<u8>,
    /// Whether `Content-Length` is sent.
    pub with_length: bool,
}

impl SignedRequest {
    /// Adds a header that is not signed.
    #[must_use]
    pub fn unsigned_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Replaces the value of every header of this name.
    #[must_use]
    pub fn change_header(mut self, name: &str, change: impl Fn(&str) -> String) -> Self {
        for (found, value) in &mut self.headers {
            if found.eq_ignore_ascii_case(name) {
                *value = change(value);
            }
        }
        self
    }

    /// Removes every header of this name.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers
            .retain(|(found, _)| !found.eq_ignore_ascii_case(name));
        self
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Replaces the content, and with it `Content-Length`.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Replaces path and query.
    #[must_use]
    pub fn with_target(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    /// Sends no `Content-Length`.
    #[must_use]
    pub fn without_length(mut self) -> Self {
        self.with_length = false;
        self
    }

    /// Sends the content with `Transfer-Encoding: chunked` and no length, in pieces of 16 KiB.
    #[must_use]
    pub fn transfer_chunked(self) -> Self {
        let mut coded = Vec::with_capacity(self.body.len() + 1024);
        for piece in self.body.chunks(PIECE) {
            coded.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
            coded.extend_from_slice(piece);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(b"0\r\n\r\n");
        self.without_length()
            .unsigned_header("Transfer-Encoding", "chunked")
            .with_body(coded)
    }

    /// The request for the client of the tests.
    #[must_use]
    pub fn request(&self) -> Request {
        let request = Request::new(self.method.clone(), self.target.as_str());
        let request = self.headers.iter().fold(request, |request, (name, value)| {
            request.header(name, value.as_str())
        });
        let has_content = !self.body.is_empty() || !matches!(self.method.as_str(), "GET" | "HEAD");
        if self.with_length && has_content {
            request.body(self.body.clone())
        } else {
            request.raw_body(self.body.clone())
        }
    }

    /// Sends it to a port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// As [`Request::send`].
    pub async fn send(&self, port: u16) -> io::Result<Response> {
        self.request().send(port).await
    }
}

//! A response to the client, and how it is sent.
//!
//! The SDK's own `Response` makes host calls for a version, a connection mode and a framing mode, which are the defaults
//! mostly.

use std::io::Write as _;
use std::mem;

use b2_edge_core::http::header_list::HeaderList;
use fastly::Body;
use fastly::handle::{BodyHandle, ResponseHandle};
use fastly::http::body::StreamingBody;
use fastly::http::{FramingHeadersMode, HeaderName, HeaderValue, StatusCode};

/// A response that is being built.
pub(crate) struct Outgoing {
    pub(crate) status: StatusCode,
    headers: HeaderList,
    body: OutgoingBody,
    /// Whether `Content-Length` is sent as it is set. By default the platform replaces it with what it knows of the body,
    /// which is nothing for `HEAD` and for a body that is still arriving.
    pub(crate) keeps_content_length: bool,
}

impl Outgoing {
    /// A response without headers and content. A number that is no status is an error of the application.
    pub(crate) fn new(status: impl TryInto<StatusCode>) -> Self {
        Self {
            status: (status.try_into()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            headers: HeaderList::default(),
            body: OutgoingBody::Bytes(Vec::new()),
            keeps_content_length: false,
        }
    }

    /// The first value of a header.
    pub(crate) fn get_header(&self, name: &HeaderName) -> Option<&HeaderValue> {
        self.headers.get(name)
    }

    /// All values of a header.
    pub(crate) fn get_header_all(&self, name: &HeaderName) -> impl Iterator<Item = &HeaderValue> {
        self.headers.get_all(name)
    }

    pub(crate) fn contains_header(&self, name: &HeaderName) -> bool {
        self.headers.contains(name)
    }

    /// Replaces a header. A text that is no field value leaves it as it is.
    pub(crate) fn set_header(&mut self, name: HeaderName, value: impl TryInto<HeaderValue>) {
        if let Ok(value) = value.try_into() {
            self.headers.set(name, value);
        }
    }

    /// The same.
    pub(crate) fn with_header(
        mut self,
        name: HeaderName,
        value: impl TryInto<HeaderValue>,
    ) -> Self {
        self.set_header(name, value);
        self
    }

    /// Adds a line of a header, beside those that there are.
    pub(crate) fn append_header(&mut self, name: HeaderName, value: impl TryInto<HeaderValue>) {
        if let Ok(value) = value.try_into() {
            self.headers.append(name, value);
        }
    }

    /// Adds lines.
    pub(crate) fn extend(&mut self, lines: impl IntoIterator<Item = (HeaderName, HeaderValue)>) {
        self.headers.extend(lines);
    }

    pub(crate) fn remove_header(&mut self, name: &HeaderName) {
        self.headers.remove(name);
    }

    pub(crate) fn set_body(&mut self, body: impl Into<OutgoingBody>) {
        self.body = body.into();
    }

    pub(crate) fn with_body(mut self, body: impl Into<OutgoingBody>) -> Self {
        self.set_body(body);
        self
    }

    /// Takes the body, which is empty then.
    pub(crate) fn take_body(&mut self) -> Body {
        let empty = OutgoingBody::Bytes(Vec::new());
        mem::replace(&mut self.body, empty).into_handle().into()
    }

    /// Sends it, with its whole body.
    pub(crate) fn send(self) {
        let (head, body) = self.into_handles();
        head.send_to_client(body);
    }

    /// Sends its head, and returns the body to write to.
    pub(crate) fn stream(self) -> StreamingBody {
        let (head, body) = self.into_handles();
        head.stream_to_client(body).into()
    }

    fn into_handles(self) -> (ResponseHandle, BodyHandle) {
        let mut head = ResponseHandle::new();
        // What a new response has already takes no call.
        if self.status != StatusCode::OK {
            head.set_status(self.status);
        }
        for (name, value) in self.headers.iter() {
            head.append_header(name, value);
        }
        if self.keeps_content_length {
            head.set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
        }
        (head, self.body.into_handle())
    }
}

/// The content of a response.
pub(crate) enum OutgoingBody {
    /// Bytes of the program. Only those of a response that is sent go to the host.
    Bytes(Vec<u8>),
    /// A body that the host has.
    Host(BodyHandle),
}

impl OutgoingBody {
    fn into_handle(self) -> BodyHandle {
        match self {
            Self::Host(body) => body,
            Self::Bytes(bytes) => {
                let mut body = BodyHandle::new();
                if !bytes.is_empty() {
                    // The host takes all of it: a body that is not sent yet has no reader to wait for.
                    let _ = body.write_all(&bytes);
                }
                body
            }
        }
    }
}

impl From<Vec<u8>> for OutgoingBody {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<BodyHandle> for OutgoingBody {
    fn from(body: BodyHandle) -> Self {
        Self::Host(body)
    }
}

impl From<Body> for OutgoingBody {
    fn from(body: Body) -> Self {
        Self::Host(body.into_handle())
    }
}

//! What an origin can be told to do wrong, per key and per request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// One way to misbehave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Resets the connection (RST) before any byte of the answer.
    ResetConnection,
    /// Closes the connection (FIN) before any byte of the answer.
    CloseConnection,
    /// Waits, then answers as if nothing had happened.
    StallBeforeHeaders(Duration),
    /// Answers with this instead of the truth, without looking at the signature.
    Answer(CannedAnswer),
    /// Sends the true headers with their `Content-Length` and `after` bytes of the body, then
    /// resets the connection. Does nothing to a body of at most `after` bytes.
    StopInBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Like [`Fault::StopInBody`], but closes the connection in an orderly way.
    ShortBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Sends the true headers and `after` bytes of the body, waits, and sends the rest.
    StallInBody {
        /// Bytes of the body that are sent first.
        after: usize,
        /// How long nothing is sent then.
        pause: Duration,
    },
    /// Sends the headers of this answer with their `Content-Length` and `after` bytes of its content,
    /// waits, and sends the rest. Like [`Fault::Answer`], it looks at no signature.
    StallInAnswer {
        /// What is answered.
        answer: CannedAnswer,
        /// Bytes of the content that are sent first.
        after: usize,
        /// How long nothing is sent then.
        pause: Duration,
    },
    /// Answers 206 with an S3 error document as the content, which a proxy must not take for the
    /// range it asked for: its `Content-Range` covers the document.
    ErrorDocumentUnder206,
    /// Like [`Fault::ErrorDocumentUnder206`], but with the `ETag`, the `Last-Modified` and the
    /// `Content-Type` of the object, as if something on the way had exchanged the content alone.
    DisguisedErrorUnder206,
    /// Answers 206 with a range that starts one byte later than the one asked for, and says so.
    WrongRange,
    /// Answers 206 with the `Content-Range` that was asked for and half of its bytes, whose
    /// `Content-Length` is right.
    LengthUnlikeRange,
    /// Takes no notice of `Range`: answers 200 with the whole object.
    IgnoreRange,
}

/// A fixed answer.
#[derive(Clone, Debug)]
pub struct CannedAnswer {
    /// The status.
    pub status: StatusCode,
    /// The headers; `Content-Length` is added when the answer is sent.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

impl CannedAnswer {
    /// An S3 error document under the status that S3 gives it.
    #[must_use]
    pub fn s3_error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<Error>\n    <Code>{code}</Code>\n    \
             <Message>{message}</Message>\n</Error>\n"
        );
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
        .header(CONTENT_TYPE, "application/xml")
        .header(CACHE_CONTROL, "max-age=0, no-cache, no-store")
    }

    /// 503 `SlowDown`, what B2 sends when it is overloaded.
    #[must_use]
    pub fn slow_down() -> Self {
        Self::s3_error(
            StatusCode::SERVICE_UNAVAILABLE,
            "SlowDown",
            "Please reduce your request rate.",
        )
    }

    /// A status with the S3 error document that belongs to it, e.g. 500 `InternalError`.
    ///
    /// # Panics
    ///
    /// When `status` is not between 100 and 999.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).expect("a valid status code");
        let code = match status.as_u16() {
            400 => "InvalidRequest",
            401 => "Unauthorized",
            403 => "AccessDenied",
            404 => "NoSuchKey",
            408 => "RequestTimeout",
            412 => "PreconditionFailed",
            416 => "InvalidRange",
            429 => "TooManyRequests",
            501 => "NotImplemented",
            502 => "BadGateway",
            503 => "ServiceUnavailable",
            504 => "GatewayTimeout",
            _ => "InternalError",
        };
        Self::s3_error(status, code, "An answer made by a test")
    }

    /// 403 `SignatureDoesNotMatch`.
    #[must_use]
    pub fn signature_mismatch() -> Self {
        Self::s3_error(
            StatusCode::FORBIDDEN,
            "SignatureDoesNotMatch",
            "Signature validation failed",
        )
    }

    /// 403 `AccessDenied`.
    #[must_use]
    pub fn access_denied() -> Self {
        Self::s3_error(StatusCode::FORBIDDEN, "AccessDenied", "not entitled")
    }

    /// A status with bytes that are neither XML nor text.
    ///
    /// # Panics
    ///
    /// When `status` is not between 100 and 999.
    #[must_use]
    pub fn garbage(status: u16) -> Self {
        Self {
            status: StatusCode::from_u16(status).expect("a valid status code"),
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"\x00\xff<Error><Code>Slow\xc3\x28"),
        }
    }

    /// Sets a header.
    ///
    /// # Panics
    ///
    /// When the value is not a valid header value.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.insert(
            name,
            HeaderValue::from_str(value).expect("a valid header value"),
        );
        self
    }

    /// Sets `Retry-After`, in seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header(RETRY_AFTER, &seconds.to_string())
    }

    /// Replaces the content.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }
}

/// The faults of one origin, newest first in effect.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    armed: Mutex<Armory>,
}

#[derive(Debug, Default)]
struct Armory {
    next: u64,
    faults: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    id: u64,
    /// `None` means every request.
    key: Option<String>,
    fault: Fault,
    /// `None` means without end.
    remaining: Option<usize>,
    hits: usize,
}

impl Faults {
    pub(crate) fn arm(self: &Arc<Self>, key: Option<&str>, fault: Fault) -> FaultGuard {
        let mut armory = self.armory();
        let id = armory.next;
        armory.next += 1;
        armory.faults.push(Armed {
            id,
            key: key.map(str::to_owned),
            fault,
            remaining: None,
            hits: 0,
        });
        FaultGuard {
            faults: Arc::clone(self),
            id,
        }
    }

    /// The fault for a request of `key`, which counts as one of its times.
    pub(crate) fn strike(&self, key: Option<&str>) -> Option<Fault> {
        let mut armory = self.armory();
        let concerns = |armed: &&mut Armed| {
            armed.remaining != Some(0) && (armed.key.is_none() || armed.key.as_deref() == key)
        };
        let armed = armory.faults.iter_mut().rev().find(concerns)?;
        armed.hits += 1;
        armed.remaining = armed.remaining.map(|times| times - 1);
        Some(armed.fault.clone())
    }

    pub(crate) fn heal(&self, key: &str) {
        self.armory()
            .faults
            .retain(|armed| armed.key.as_deref() != Some(key));
    }

    fn armory(&self) -> MutexGuard<'_, Armory> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps a fault in force until it is dropped.
#[derive(Debug)]
#[must_use = "the fault ends when its guard is dropped"]
pub struct FaultGuard {
    faults: Arc<Faults>,
    id: u64,
}

impl FaultGuard {
    /// Limits the fault to the next `times` requests that it concerns.
    pub fn times(self, times: usize) -> Self {
        self.with(|armed| armed.remaining = Some(times));
        self
    }

    /// How many requests it has struck so far; 0 after it was healed.
    #[must_use]
    pub fn hits(&self) -> usize {
        self.with(|armed| armed.hits).unwrap_or_default()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Armed) -> T) -> Option<T> {
        self.faults
            .armory()
            .faults
            .iter_mut()
            .find(|armed| armed.id == self.id)
            .map(act)
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.faults
            .armory()
            .faults
            .retain(|armed| armed.id != self.id);
    }
}

//! The faults of an origin, by key and by number of requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// One way to fail.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Fault {
    /// Resets the connection (RST) before the first byte of the response.
    ResetConnection,
    /// Closes the connection (FIN) before the first byte of the response.
    CloseConnection,
    /// Waits, then sends the real response.
    StallBeforeHeaders(Duration),
    /// Sends this instead of the real response, without verifying the signature.
    Respond(CannedResponse),
    /// Sends the real headers with their `Content-Length` and `after` bytes of the body, then
    /// resets the connection. Has no effect on a body of at most `after` bytes.
    StopInBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Like [`Fault::StopInBody`], but closes the connection in an orderly way.
    ShortBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Sends the real headers without `Content-Length` and `after` bytes of the body, whose end is that of a chunked
    /// message: only `Content-Range` tells that bytes are missing.
    ShortChunkedBody {
        /// Bytes of the body that are sent.
        after: usize,
    },
    /// Sends the real headers and `after` bytes of the body, waits, and sends the rest.
    StallInBody {
        /// Bytes of the body that are sent first.
        after: usize,
        /// How long the origin then waits.
        pause: Duration,
    },
    /// Sends the headers of this response with their `Content-Length` and `after` bytes of its content,
    /// waits, and sends the rest. Like [`Fault::Respond`], it verifies no signature.
    StallInResponse {
        /// The response.
        response: CannedResponse,
        /// Bytes of the content that are sent first.
        after: usize,
        /// How long the origin then waits.
        pause: Duration,
    },
    /// Responds with 206 and an S3 error document as the content, which a proxy must not mistake for the
    /// requested range: its `Content-Range` covers the document.
    ErrorDocumentUnder206,
    /// Like [`Fault::ErrorDocumentUnder206`], but with the `ETag`, `Last-Modified` and `Content-Type` of the
    /// object, as if a proxy on the way had replaced the content alone.
    DisguisedErrorUnder206,
    /// Responds with 206 and a range that starts one byte later than the requested one, with a
    /// `Content-Range` that says so.
    WrongRange,
    /// Responds with 206, the requested `Content-Range`, and half of its bytes under their correct
    /// `Content-Length`.
    LengthUnlikeRange,
    /// Ignores `Range`: responds with 200 and the whole object.
    IgnoreRange,
}

/// A fixed response.
#[derive(Clone, Debug)]
pub struct CannedResponse {
    /// The status.
    pub status: StatusCode,
    /// The headers; `Content-Length` is added when the response is sent.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

impl CannedResponse {
    /// An S3 error document with its status.
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

    /// 503 `SlowDown`, which B2 sends when it is overloaded.
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
        Self::s3_error(status, code, "A response made by a test")
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

    /// 404 `NoSuchBucket`.
    #[must_use]
    pub fn no_such_bucket() -> Self {
        let message = "The specified bucket does not exist: stage";
        Self::s3_error(StatusCode::NOT_FOUND, "NoSuchBucket", message)
    }

    /// 403 `RequestTimeTooSkewed`, to a signature of another time.
    #[must_use]
    pub fn clock_skew() -> Self {
        let message = "The difference between the request time and the server's time is too large.";
        Self::s3_error(StatusCode::FORBIDDEN, "RequestTimeTooSkewed", message)
    }

    /// What B2 responds when the account has used up its daily cap of transactions.
    #[must_use]
    pub fn transaction_cap() -> Self {
        let message = "Transaction cap exceeded, see the Caps & Alerts page to increase your cap";
        Self::s3_error(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    /// What B2 responds when the account has used up its daily cap of downloads.
    #[must_use]
    pub fn download_cap() -> Self {
        let message =
            "Cannot download file, download bandwidth or transaction (Class B) cap exceeded.";
        Self::s3_error(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    /// A status with content that is neither XML nor text.
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

/// The faults of one origin. If several concern a request, the newest applies.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    injected: Mutex<InjectedFaults>,
}

#[derive(Debug, Default)]
struct InjectedFaults {
    next: u64,
    faults: Vec<InjectedFault>,
}

#[derive(Debug)]
struct InjectedFault {
    id: u64,
    /// `None` means every request.
    key: Option<String>,
    fault: Fault,
    /// How many more requests it applies to; `None` is without limit.
    remaining: Option<usize>,
    times_applied: usize,
}

impl Faults {
    pub(crate) fn inject(self: &Arc<Self>, key: Option<&str>, fault: Fault) -> FaultGuard {
        let mut injected = self.lock();
        let id = injected.next;
        injected.next += 1;
        injected.faults.push(InjectedFault {
            id,
            key: key.map(str::to_owned),
            fault,
            remaining: None,
            times_applied: 0,
        });
        FaultGuard {
            faults: Arc::clone(self),
            id,
        }
    }

    /// The fault for a request of `key`; counts the request.
    pub(crate) fn apply(&self, key: Option<&str>) -> Option<Fault> {
        let mut injected = self.lock();
        let concerns = |fault: &&mut InjectedFault| {
            fault.remaining != Some(0) && (fault.key.is_none() || fault.key.as_deref() == key)
        };
        let fault = injected.faults.iter_mut().rev().find(concerns)?;
        fault.times_applied += 1;
        fault.remaining = fault.remaining.map(|times| times - 1);
        Some(fault.fault.clone())
    }

    pub(crate) fn clear(&self, key: &str) {
        self.lock()
            .faults
            .retain(|fault| fault.key.as_deref() != Some(key));
    }

    fn lock(&self) -> MutexGuard<'_, InjectedFaults> {
        self.injected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a fault when it is dropped.
#[derive(Debug)]
#[must_use = "the fault ends when its guard is dropped"]
pub struct FaultGuard {
    faults: Arc<Faults>,
    id: u64,
}

impl FaultGuard {
    /// Limits the fault to the next `times` requests that it concerns.
    pub fn times(self, times: usize) -> Self {
        self.with(|fault| fault.remaining = Some(times));
        self
    }

    /// How many requests the fault was applied to so far; 0 after it was cleared.
    #[must_use]
    pub fn times_applied(&self) -> usize {
        self.with(|fault| fault.times_applied).unwrap_or_default()
    }

    fn with<T>(&self, act: impl FnOnce(&mut InjectedFault) -> T) -> Option<T> {
        self.faults
            .lock()
            .faults
            .iter_mut()
            .find(|fault| fault.id == self.id)
            .map(act)
    }
}

impl Drop for FaultGuard {
    fn drop(&mut self) {
        self.faults
            .lock()
            .faults
            .retain(|fault| fault.id != self.id);
    }
}

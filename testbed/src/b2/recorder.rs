//! The requests that an origin received.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, Method, Request, StatusCode, Version};

use super::object_path;

/// One request as it arrived, whatever the response was.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The method.
    pub method: Method,
    /// The path of the request target, byte for byte as it was on the wire.
    pub raw_path: String,
    /// The query of the request target without its `?`; `Some("")` for a bare `?`.
    pub query: Option<String>,
    /// All headers, in lower case.
    pub headers: HeaderMap,
    /// The HTTP version.
    pub version: Version,
    /// The status of the response; `None` while it is awaited, or if a fault closed the connection instead.
    pub status: Option<u16>,
    /// How many bytes of the response's content the connection had accepted when this record was read. Its
    /// buffers hold some hundred kilobytes, so the client may have received less.
    pub sent: u64,
    /// How many bytes of the request's content the origin had read when this record was read.
    pub received: u64,
}

impl SeenRequest {
    /// The value of a header, `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The id of the application key that signed the request, in a header or in the query.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        let in_header = self.header("authorization").and_then(|value| {
            let (_, credential) = value.split_once("Credential=")?;
            Some(credential.split('/').next()?.to_owned())
        });
        in_header.or_else(|| {
            let (_, credential) = self.query.as_deref()?.split_once("X-Amz-Credential=")?;
            let end = credential.find("%2F").or_else(|| credential.find('/'))?;
            credential.get(..end).map(str::to_owned)
        })
    }

    /// The decoded key; `None` if the path is not UTF-8.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        object_path::key_of(&self.raw_path).map(std::borrow::Cow::into_owned)
    }
}

/// Requests in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    paused: AtomicBool,
    log: Mutex<Log>,
}

#[derive(Debug, Default)]
struct Log {
    next: u64,
    entries: Vec<Recorded>,
}

#[derive(Debug)]
struct Recorded {
    id: u64,
    seen: SeenRequest,
    sent: Arc<AtomicU64>,
    received: Arc<AtomicU64>,
}

impl Recorded {
    fn so_far(&self) -> SeenRequest {
        SeenRequest {
            sent: self.sent.load(Ordering::Relaxed),
            received: self.received.load(Ordering::Relaxed),
            ..self.seen.clone()
        }
    }
}

/// Identifies a recorded request, also after others were deleted.
#[derive(Debug)]
pub(crate) struct Entry {
    id: u64,
    /// Counts the bytes of its response.
    pub(crate) sent: Arc<AtomicU64>,
    /// Counts the bytes of its content.
    pub(crate) received: Arc<AtomicU64>,
}

impl Recorder {
    pub(crate) fn record<B>(&self, request: &Request<B>) -> Entry {
        let seen = SeenRequest {
            method: request.method().clone(),
            raw_path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            headers: request.headers().clone(),
            version: request.version(),
            status: None,
            sent: 0,
            received: 0,
        };
        let (sent, received) = <(Arc<AtomicU64>, Arc<AtomicU64>)>::default();
        let mut log = self.log();
        let id = log.next;
        log.next += 1;
        if !self.paused.load(Ordering::Relaxed) {
            log.entries.push(Recorded {
                id,
                seen,
                sent: Arc::clone(&sent),
                received: Arc::clone(&received),
            });
        }
        Entry { id, sent, received }
    }

    pub(crate) fn pause(&self) {
        self.paused.store(true, Ordering::Relaxed);
    }

    pub(crate) fn responded(&self, entry: &Entry, status: StatusCode) {
        let mut log = self.log();
        // Newest first: the request is nearly always among the last.
        if let Some(recorded) = log.entries.iter_mut().rev().find(|one| one.id == entry.id) {
            recorded.seen.status = Some(status.as_u16());
        }
    }

    pub(crate) fn seen(&self, wanted: impl Fn(&SeenRequest) -> bool) -> Vec<SeenRequest> {
        let log = self.log();
        log.entries
            .iter()
            .filter(|recorded| wanted(&recorded.seen))
            .map(Recorded::so_far)
            .collect()
    }

    pub(crate) fn forget(&self, unwanted: impl Fn(&SeenRequest) -> bool) {
        self.log()
            .entries
            .retain(|recorded| !unwanted(&recorded.seen));
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! One origin being asked: from the request to an outcome that can be judged.
//!
//! An attempt is moved on by [`Attempt::poll`] whenever the platform has something of it, so that
//! several can be under way side by side. Two kinds of content are read here before the answer is
//! judged: an error document, which has the reason, and a small object, which is whole or a failure.

use std::io::Read as _;
use std::time::{Duration, Instant};

use b2_edge_core::http::field::whole_number;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::origins::headers::is_of_use;
use b2_edge_core::origins::outcome::{OriginResponse, Outcome, Verdict};
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::origins::verdict::{judge, judge_content, judge_head_diagnosis};
use b2_edge_core::s3::error_document::{MAX_DOCUMENT_BYTES, code_in, is_error_document};
use b2_edge_core::setup::origin::Origin;
use fastly::Response;
use fastly::handle::{BodyHandle, PendingRequestHandle};
use fastly::http::header::{CONTENT_LENGTH, CONTENT_RANGE, ETAG, LAST_MODIFIED, RETRY_AFTER};
use http::HeaderMap;

use crate::edge::origins::circuit_breaker::CircuitBreaker;
use crate::edge::origins::send::{outcome_of, send};
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::select as wait;

/// How long an error document may take. It is a few hundred bytes long and comes with the headers as a
/// rule; an origin that is failing may also send it byte by byte, or never.
const DOCUMENT_PATIENCE: Duration = Duration::from_millis(500);

/// How much of a body is read at once, in bytes.
const CHUNK_BYTES: usize = 32 * 1024;

/// One origin being asked.
pub(crate) struct Attempt<'s> {
    pub(crate) origin: &'s Origin,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) started: Instant,
    pub(crate) request: OriginRequest,
    stage: Stage,
}

/// How far it has come.
enum Stage {
    /// Nothing has been heard.
    Silent(PendingRequestHandle),
    /// The head of the answer is here, and some content is being read.
    Reading(Box<Reading>),
    /// It has been judged.
    Over,
}

struct Reading {
    answer: OriginResponse,
    headers: HeaderMap,
    body: BodyHandle,
    read: Vec<u8>,
    what: Reads,
}

enum Reads {
    /// The document of an error, up to the code.
    Document { until: Instant },
    /// An object of this length.
    Object { length: usize, served: Selection },
}

/// What an attempt has come to.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) verdict: Verdict,
    /// The answer, if the verdict is to serve it.
    pub(crate) received: Option<Received>,
}

/// The head of an answer and its content.
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) content: Content,
}

/// The content of an answer.
pub(crate) enum Content {
    /// All of it, or none.
    Bytes(Vec<u8>),
    /// It is on its way, this many bytes if it is known.
    Stream(BodyHandle, Option<u64>),
}

impl<'s> Attempt<'s> {
    /// Sends a request.
    pub(crate) fn begin(
        origin: &'s Origin,
        breaker: CircuitBreaker,
        request: OriginRequest,
        path: &str,
        sandbox: &Sandbox,
    ) -> Result<Self, (Outcome, CircuitBreaker)> {
        let mut attempt = Self {
            origin,
            breaker,
            started: Instant::now(),
            request,
            stage: Stage::Over,
        };
        match attempt.ask(path, sandbox) {
            Ok(()) => Ok(attempt),
            Err(outcome) => Err((outcome, attempt.breaker)),
        }
    }

    /// Sends another request to the same origin.
    pub(crate) fn send_again(
        &mut self,
        request: OriginRequest,
        path: &str,
        sandbox: &Sandbox,
    ) -> Result<(), Outcome> {
        self.request = request;
        self.ask(path, sandbox)
    }

    fn ask(&mut self, path: &str, sandbox: &Sandbox) -> Result<(), Outcome> {
        sandbox.count_request();
        self.stage = Stage::Silent(send(self.origin, &self.request, path)?);
        Ok(())
    }

    /// Whether the origin goes last because it failed, or is being tried again after that.
    pub(crate) const fn had_failed_before(&self) -> bool {
        match self.breaker {
            CircuitBreaker::Open | CircuitBreaker::HalfOpen(..) => true,
            CircuitBreaker::Closed => false,
        }
    }

    /// What to wait on.
    pub(crate) fn handle(&self) -> Option<u32> {
        match &self.stage {
            Stage::Silent(pending) => Some(pending.as_u32()),
            Stage::Reading(reading) => Some(wait::on_body(&reading.body)),
            Stage::Over => None,
        }
    }

    /// When its error document is waited for no longer, if it has one.
    pub(crate) fn document_until(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Reading(reading) => match reading.what {
                Reads::Document { until } => Some(until),
                Reads::Object { .. } => None,
            },
            Stage::Silent(_) | Stage::Over => None,
        }
    }

    /// Takes what the platform has of it. An object of up to `whole_body_bytes` bytes is read whole.
    pub(crate) fn poll(&mut self, whole_body_bytes: u64) -> Option<Judged> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Silent(pending) => match pending.wait() {
                Ok((head, body)) => {
                    let head = Response::from_handles(head, BodyHandle::new());
                    self.poll_head(&head, body, whole_body_bytes)
                }
                Err(cause) => Some(self.judged(outcome_of(&cause), None)),
            },
            Stage::Reading(reading) => self.read_on(reading),
            Stage::Over => None,
        }
    }

    /// Judges an answer without its document, which does not come.
    pub(crate) fn give_up_on_document(&mut self) -> Option<Judged> {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Reading(reading) => Some(self.judged_document(*reading)),
            Stage::Silent(_) | Stage::Over => None,
        }
    }

    fn poll_head(
        &mut self,
        head: &Response,
        body: BodyHandle,
        whole_body_bytes: u64,
    ) -> Option<Judged> {
        let headers = headers_of(head);
        let answer = describe(head.get_status().as_u16(), &headers);
        let is_get = self.request.method == ReadMethod::Get;
        if is_get && answer.status >= 400 {
            let until = Instant::now() + DOCUMENT_PATIENCE;
            self.read(answer, headers, body, Reads::Document { until });
            return None;
        }
        let verdict = judge(&self.request.expected, &Outcome::Responded(answer.clone()));
        let mut content = Content::Bytes(Vec::new());
        if let Verdict::Serve(served @ (Selection::Whole | Selection::Part(_))) = verdict
            && is_get
        {
            let length = answer.content_length;
            // A part that could be an error document is read in any case.
            let at_most = match served {
                Selection::Part(_) => whole_body_bytes.max(MAX_DOCUMENT_BYTES as u64),
                _ => whole_body_bytes,
            };
            let small = length.filter(|length| *length <= at_most);
            if let Some(length) = small.and_then(|length| usize::try_from(length).ok()) {
                self.read(answer, headers, body, Reads::Object { length, served });
                // Of an empty body there is no news to wait for.
                let is_empty = length == 0;
                return is_empty.then(|| self.poll(whole_body_bytes)).flatten();
            }
            content = Content::Stream(body, length);
        }
        let received = Received { headers, content };
        Some(self.judged(Outcome::Responded(answer), Some(received)))
    }

    fn read(&mut self, answer: OriginResponse, headers: HeaderMap, body: BodyHandle, what: Reads) {
        let expected = match what {
            Reads::Document { .. } => 1024,
            Reads::Object { length, .. } => length,
        };
        self.stage = Stage::Reading(Box::new(Reading {
            answer,
            headers,
            body,
            read: Vec::with_capacity(expected),
            what,
        }));
    }

    /// Reads what there is of the content.
    fn read_on(&mut self, mut reading: Box<Reading>) -> Option<Judged> {
        let missing = match reading.what {
            Reads::Object { length, .. } => length.saturating_sub(reading.read.len()),
            Reads::Document { .. } => MAX_DOCUMENT_BYTES,
        };
        let is_over = missing == 0 || !read_chunk(&mut reading.body, &mut reading.read, missing);
        let Reading {
            answer, read, what, ..
        } = &mut *reading;
        match *what {
            Reads::Document { .. } => {
                answer.code = code_in(read);
                if answer.code.is_none() && !is_over && read.len() < MAX_DOCUMENT_BYTES {
                    self.stage = Stage::Reading(reading);
                    return None;
                }
                Some(self.judged_document(*reading))
            }
            Reads::Object { length, served } => {
                if read.len() < length && !is_over {
                    self.stage = Stage::Reading(reading);
                    return None;
                }
                let Reading {
                    answer,
                    headers,
                    read,
                    ..
                } = *reading;
                if read.len() != length {
                    return Some(self.judged(Outcome::BrokenOff(answer), None));
                }
                let is_error = is_error_document(&read);
                Some(Judged {
                    outcome: Outcome::Responded(answer),
                    verdict: judge_content(&self.request.expected, served, is_error),
                    received: Some(Received {
                        headers,
                        content: Content::Bytes(read),
                    }),
                })
            }
        }
    }

    /// Judges an answer with a document, which goes no further than this.
    fn judged_document(&self, reading: Reading) -> Judged {
        let received = Received {
            headers: reading.headers,
            content: Content::Bytes(Vec::new()),
        };
        self.judged(Outcome::Responded(reading.answer), Some(received))
    }

    fn judged(&self, outcome: Outcome, received: Option<Received>) -> Judged {
        let verdict = if self.request.is_head_diagnosis {
            judge_head_diagnosis(&outcome)
        } else {
            judge(&self.request.expected, &outcome)
        };
        Judged {
            outcome,
            verdict,
            received,
        }
    }
}

/// Reads some more of a body that is ready; false at its end, whether it is all or broke off.
fn read_chunk(body: &mut BodyHandle, into: &mut Vec<u8>, at_most: usize) -> bool {
    let start = into.len();
    into.resize(start + at_most.min(CHUNK_BYTES), 0);
    let chunk = into.get_mut(start..).unwrap_or_default();
    let length = body.read(chunk).unwrap_or(0);
    into.truncate(start + length);
    length > 0
}

/// The headers of an answer that are of use here. Each value takes a call of the host.
fn headers_of(head: &Response) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for name in head.get_header_names().filter(|name| is_of_use(name)) {
        for value in head.get_header_all(name) {
            headers.append(name, value.clone());
        }
    }
    headers
}

/// What the decision needs of the head of an answer.
fn describe(status: u16, headers: &HeaderMap) -> OriginResponse {
    let number = |name| headers.get(name).and_then(whole_number);
    OriginResponse {
        status,
        code: None,
        retry_after: number(RETRY_AFTER).map(Duration::from_secs),
        content_range: headers.get(CONTENT_RANGE).cloned(),
        content_length: number(CONTENT_LENGTH),
        etag: headers.get(ETAG).cloned(),
        is_dated: headers.contains_key(LAST_MODIFIED),
    }
}

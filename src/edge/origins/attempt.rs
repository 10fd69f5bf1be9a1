//! One origin being tried: from the request to an outcome that can be judged.
//!
//! [`Attempt::poll`] moves an attempt on whenever the platform has something of it, so that several can be in
//! flight at once. Three kinds of content are read here before the verdict: an error document, which has the
//! reason; a small object, which is complete or a failure; and a listing, which is one or a failure.

use std::time::{Duration, Instant};

use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::origins::outcome::{OriginResponse, Outcome, Verdict};
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::origins::verdict::{
    judge, judge_content, judge_head_diagnosis, judge_listing, judge_page,
};
use b2_edge_core::s3::error_document::{
    Denial, MAX_DOCUMENT_BYTES, code_in, is_conclusive, is_error_document,
};
use b2_edge_core::s3::list_objects::{ListPage, MAX_RESPONSE_BYTES, NotAPage};
use b2_edge_core::setup::origin::Origin;
use fastly::Response;
use fastly::handle::{BodyHandle, PendingRequestHandle};
use http::HeaderMap;

use crate::edge::origins::circuit_breaker::CircuitBreaker;
use crate::edge::origins::content::{Content, read_chunk};
use crate::edge::origins::response::{Received, headers_of, summarize};
use crate::edge::origins::send::{outcome_of, send};
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::select;

/// How long an error document may take. It is a few hundred bytes long and usually arrives with the headers; a
/// failing origin may also send it byte by byte, or never.
const DOCUMENT_TIMEOUT: Duration = Duration::from_millis(500);

/// One origin being tried.
pub(crate) struct Attempt<'s> {
    /// The index of the origin.
    pub(crate) index: usize,
    pub(crate) origin: &'s Origin,
    pub(crate) breaker: CircuitBreaker,
    pub(crate) started: Instant,
    pub(crate) request: OriginRequest,
    stage: Stage,
}

/// How far an attempt has come.
enum Stage {
    /// The response has not begun.
    Sent(PendingRequestHandle),
    /// The head of the response has arrived, and some content is being read.
    Reading(Box<Reading>),
    /// The verdict is known.
    Done,
}

struct Reading {
    response: OriginResponse,
    headers: HeaderMap,
    body: BodyHandle,
    bytes: Vec<u8>,
    what: Reads,
}

enum Reads {
    /// An error document, up to what the verdict needs of it.
    Document { until: Instant },
    /// An object of this length in bytes.
    Object { length: usize, selection: Selection },
    /// A listing, whose length may be unknown.
    Listing,
}

/// The end of an attempt.
pub(crate) struct Judged {
    pub(crate) outcome: Outcome,
    pub(crate) verdict: Verdict,
    /// The response, if the verdict is to serve it.
    pub(crate) received: Option<Received>,
}

impl<'s> Attempt<'s> {
    /// An attempt that has not been sent.
    pub(crate) fn new(
        index: usize,
        origin: &'s Origin,
        breaker: CircuitBreaker,
        request: OriginRequest,
    ) -> Self {
        Self {
            index,
            origin,
            breaker,
            started: Instant::now(),
            request,
            stage: Stage::Done,
        }
    }

    /// Sends its request to the origin.
    pub(crate) fn send(&mut self, path: &str, sandbox: &Sandbox) -> Result<(), Outcome> {
        sandbox.count_request();
        self.stage = Stage::Sent(send(self.origin, &self.request, path)?);
        Ok(())
    }

    /// The handle to wait on.
    pub(crate) fn handle(&self) -> Option<u32> {
        match &self.stage {
            Stage::Sent(pending) => Some(pending.as_u32()),
            Stage::Reading(reading) => Some(select::on_body(&reading.body)),
            Stage::Done => None,
        }
    }

    /// When to stop waiting for its error document, while it is reading one.
    pub(crate) fn document_until(&self) -> Option<Instant> {
        match &self.stage {
            Stage::Reading(reading) => match reading.what {
                Reads::Document { until } => Some(until),
                Reads::Object { .. } | Reads::Listing => None,
            },
            Stage::Sent(_) | Stage::Done => None,
        }
    }

    /// Takes what the platform has of the response; `None` while the verdict is open. An object of up to
    /// `whole_body_bytes` bytes is read whole.
    pub(crate) fn poll(&mut self, whole_body_bytes: u64) -> Option<Judged> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Sent(pending) => match pending.wait() {
                Ok((head, body)) => {
                    let head = Response::from_handles(head, BodyHandle::new());
                    self.poll_head(&head, body, whole_body_bytes)
                }
                Err(cause) => Some(self.judged(outcome_of(&cause), None)),
            },
            Stage::Reading(reading) => self.poll_content(reading),
            Stage::Done => None,
        }
    }

    /// Judges a response without its error document, which did not arrive in time.
    pub(crate) fn give_up_on_document(&mut self) -> Option<Judged> {
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Reading(reading) => Some(self.judged_document(*reading)),
            Stage::Sent(_) | Stage::Done => None,
        }
    }

    fn poll_head(
        &mut self,
        head: &Response,
        body: BodyHandle,
        whole_body_bytes: u64,
    ) -> Option<Judged> {
        let headers = headers_of(head);
        let response = summarize(head.get_status().as_u16(), &headers);
        let is_get = self.request.method == ReadMethod::Get;
        if is_get && response.status >= 400 {
            let until = Instant::now() + DOCUMENT_TIMEOUT;
            self.start_reading(response, headers, body, Reads::Document { until });
            return None;
        }
        if self.request.listing.is_some() && response.status == 200 {
            // An empty body never becomes ready.
            let is_empty = response.content_length == Some(0);
            self.start_reading(response, headers, body, Reads::Listing);
            return is_empty.then(|| self.poll(whole_body_bytes)).flatten();
        }
        let verdict = judge(
            &self.request.expected,
            &Outcome::Responded(response.clone()),
        );
        let mut content = Content::empty();
        if let Verdict::Serve(selection @ (Selection::Whole | Selection::Part(_))) = verdict
            && is_get
        {
            // Without `Content-Length`, only the length of the part tells whether it is complete.
            let length = response.content_length.or(match selection {
                Selection::Part(span) => Some(span.length()),
                _ => None,
            });
            // A part that could be an error document is read in any case.
            let at_most = match selection {
                Selection::Part(_) => whole_body_bytes.max(MAX_DOCUMENT_BYTES as u64),
                _ => whole_body_bytes,
            };
            let small = length.filter(|length| *length <= at_most);
            if let Some(length) = small.and_then(|length| usize::try_from(length).ok()) {
                self.start_reading(response, headers, body, Reads::Object { length, selection });
                // An empty body never becomes ready.
                let is_empty = length == 0;
                return is_empty.then(|| self.poll(whole_body_bytes)).flatten();
            }
            content = Content::Stream(body, length);
        }
        let received = Received { headers, content };
        Some(self.judged(Outcome::Responded(response), Some(received)))
    }

    fn start_reading(
        &mut self,
        response: OriginResponse,
        headers: HeaderMap,
        body: BodyHandle,
        what: Reads,
    ) {
        let expected = match what {
            Reads::Document { .. } => 1024,
            Reads::Object { length, .. } => length,
            Reads::Listing => 64 * 1024,
        };
        self.stage = Stage::Reading(Box::new(Reading {
            response,
            headers,
            body,
            bytes: Vec::with_capacity(expected),
            what,
        }));
    }

    /// Reads what has arrived of the content.
    fn poll_content(&mut self, mut reading: Box<Reading>) -> Option<Judged> {
        let missing = match reading.what {
            Reads::Object { length, .. } => length.saturating_sub(reading.bytes.len()),
            Reads::Document { .. } => MAX_DOCUMENT_BYTES,
            Reads::Listing => MAX_RESPONSE_BYTES.saturating_sub(reading.bytes.len()),
        };
        let is_over = missing == 0 || !read_chunk(&mut reading.body, &mut reading.bytes, missing);
        let Reading {
            response,
            bytes,
            what,
            ..
        } = &mut *reading;
        match *what {
            Reads::Document { .. } => {
                response.code = code_in(bytes);
                let is_denied = response.code.as_deref() == Some("AccessDenied");
                let is_known = match response.code {
                    // Only the message tells why.
                    Some(_) if is_denied => is_conclusive(bytes),
                    Some(_) => true,
                    None => false,
                };
                response.denial = is_denied.then(|| Denial::in_document(bytes));
                if !is_known && !is_over && bytes.len() < MAX_DOCUMENT_BYTES {
                    self.stage = Stage::Reading(reading);
                    return None;
                }
                Some(self.judged_document(*reading))
            }
            Reads::Listing => {
                if !is_over {
                    self.stage = Stage::Reading(reading);
                    return None;
                }
                Some(self.judged_listing(*reading))
            }
            Reads::Object { length, selection } => {
                if bytes.len() < length && !is_over {
                    self.stage = Stage::Reading(reading);
                    return None;
                }
                let Reading {
                    response,
                    headers,
                    bytes,
                    ..
                } = *reading;
                if bytes.len() != length {
                    return Some(self.judged(Outcome::Incomplete(response), None));
                }
                let is_error = is_error_document(&bytes);
                Some(Judged {
                    outcome: Outcome::Responded(response),
                    verdict: judge_content(&self.request.expected, selection, is_error),
                    received: Some(Received {
                        headers,
                        content: Content::Bytes(bytes),
                    }),
                })
            }
        }
    }

    /// Judges a response that has to be a listing. Its content is the page, as it is cached.
    fn judged_listing(&self, reading: Reading) -> Judged {
        let Reading {
            response,
            headers,
            bytes,
            ..
        } = reading;
        let listing = self.request.listing.as_ref();
        let prefix = listing.map_or("", |listing| listing.prefix.as_str());
        match ListPage::parse(&bytes, prefix) {
            Ok(page) => Judged {
                outcome: Outcome::Responded(response),
                verdict: Verdict::Serve(Selection::Whole),
                received: Some(Received {
                    headers,
                    content: Content::Bytes(page.to_bytes()),
                }),
            },
            Err(content) => Judged {
                outcome: match content {
                    NotAPage::CutShort => Outcome::Incomplete(response),
                    NotAPage::Unexpected => Outcome::Responded(response),
                },
                verdict: Verdict::FailOver(judge_page(content)),
                received: None,
            },
        }
    }

    /// Judges a response with an error document. The document itself is dropped.
    fn judged_document(&self, reading: Reading) -> Judged {
        let received = Received {
            headers: reading.headers,
            content: Content::empty(),
        };
        self.judged(Outcome::Responded(reading.response), Some(received))
    }

    fn judged(&self, outcome: Outcome, received: Option<Received>) -> Judged {
        Judged {
            verdict: self.verdict_on(&outcome),
            outcome,
            received,
        }
    }

    fn verdict_on(&self, outcome: &Outcome) -> Verdict {
        if self.request.is_head_diagnosis {
            judge_head_diagnosis(outcome)
        } else if self.request.listing.is_some() {
            judge_listing(outcome)
        } else {
            judge(&self.request.expected, outcome)
        }
    }
}

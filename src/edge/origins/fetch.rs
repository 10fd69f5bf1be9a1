//! Tries the origins, one after the other or side by side, until one responds about the object.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use b2_edge_core::http::content_type;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::{Conclusion, Consensus, Exhausted, NotFound};
use b2_edge_core::origins::hedging::{Progress, Step, next_step};
use b2_edge_core::origins::outcome::{Failure, Outcome, Verdict};
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::origins::verdict::judge;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::setup::service::ResolvedOrigin;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};

use crate::edge::context::ObjectRead;
use crate::edge::origins::attempt::{Attempt, Judged};
use crate::edge::origins::circuit_breaker::{self, CircuitBreaker};
use crate::edge::origins::response::Received;
use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::select::first_ready;

/// How long an origin at a cap of its account is tried last: the longest backoff, and so the `Retry-After` of a 503.
const CAP_BACKOFF: Duration = Duration::from_mins(1);

/// What the origins responded together.
pub(crate) enum FetchOutcome<'s> {
    /// One of them responded about the object.
    Response(FetchedResponse<'s>),
    /// The object was not found.
    NotFound(FetchedNotFound<'s>),
    /// No origin gave a usable response.
    Exhausted(Exhausted),
}

/// A usable response: 200, 206, 304, 412 or 416.
pub(crate) struct FetchedResponse<'s> {
    pub(crate) origin: &'s Origin,
    /// The method of the request.
    pub(crate) method: ReadMethod,
    pub(crate) selection: Selection,
    pub(crate) received: Received,
    /// How long the origin took to respond.
    pub(crate) took: Duration,
}

/// That the object was not found.
#[derive(Clone, Copy)]
pub(crate) struct FetchedNotFound<'s> {
    /// The first origin that said so.
    pub(crate) origin: &'s Origin,
    pub(crate) not_found: NotFound,
    /// How long the origin took that said so last.
    pub(crate) took: Duration,
}

impl FetchedResponse<'_> {
    /// The same as a response with the whole object, for a client that requested that: the first segment is all
    /// of it.
    pub(crate) fn into_whole(mut self) -> Self {
        self.received.headers.remove(CONTENT_RANGE);
        self.selection = Selection::Whole;
        self
    }
}

/// Sends a request to the origins within a deadline, and adds each attempt to `attempts`.
pub(crate) fn fetch<'s>(
    read: &ObjectRead<'s>,
    request: &OriginRequest,
    deadline: Deadline,
    attempts: &mut Vec<LoggedAttempt>,
) -> FetchOutcome<'s> {
    let Ok(origins) = read.context.settings.origins() else {
        return FetchOutcome::Exhausted(Exhausted::NotConfigured);
    };
    let mut fetch = HedgedFetch::new(read, origins, request, deadline, attempts);
    loop {
        match next_step(&fetch.progress(), &read.context.service.failover) {
            Step::SendNext => fetch.send_next(),
            Step::Wait(timeout) => {
                if let Some(outcome) = fetch.wait(timeout) {
                    return outcome;
                }
            }
            Step::Conclude => return fetch.conclude(),
        }
    }
}

struct HedgedFetch<'f, 's> {
    read: &'f ObjectRead<'s>,
    origins: &'s [ResolvedOrigin],
    request: &'f OriginRequest,
    deadline: Deadline,
    attempts: &'f mut Vec<LoggedAttempt>,
    last_request: Instant,
    /// Indices of the origins that were not considered yet, in the order of the route.
    untried: VecDeque<usize>,
    /// Indices of those whose circuit breaker is open. They are tried last.
    open: VecDeque<usize>,
    in_flight: Vec<Attempt<'s>>,
    consensus: Consensus,
    /// The first origin that did not find the object, and how long the last one took.
    not_found_at: Option<(&'s Origin, Duration)>,
}

impl<'f, 's> HedgedFetch<'f, 's> {
    fn new(
        read: &'f ObjectRead<'s>,
        origins: &'s [ResolvedOrigin],
        request: &'f OriginRequest,
        deadline: Deadline,
        attempts: &'f mut Vec<LoggedAttempt>,
    ) -> Self {
        Self {
            untried: read.context.route.order.iter().copied().collect(),
            read,
            origins,
            request,
            deadline,
            attempts,
            last_request: Instant::now(),
            open: VecDeque::new(),
            in_flight: Vec::new(),
            consensus: Consensus::default(),
            not_found_at: None,
        }
    }

    fn progress(&self) -> Progress {
        let may_send = self.read.context.sandbox.requests_left() > 0;
        Progress {
            left: self.deadline.left(),
            since_last_request: self.last_request.elapsed(),
            in_flight: self.in_flight.len(),
            untried: if may_send {
                self.untried.len() + self.open.len()
            } else {
                0
            },
            only_failed_before_left: self.consensus.any_not_found()
                && self.in_flight.iter().all(Attempt::had_failed_before),
        }
    }

    /// Sends the request to the next origin that can be asked, if there is one.
    fn send_next(&mut self) {
        let Some((origin, breaker)) = self.next() else {
            return;
        };
        let path = &self.read.path;
        let sandbox = self.read.context.sandbox;
        self.last_request = Instant::now();
        match Attempt::begin(origin, breaker, self.request.clone(), path, sandbox) {
            Ok(attempt) => self.in_flight.push(attempt),
            Err((outcome, breaker)) => {
                let verdict = judge(&self.request.expected, &outcome);
                let method = self.request.method;
                self.log(origin, method, &outcome, verdict, Duration::ZERO);
                self.fail(origin, breaker, verdict, &outcome);
            }
        }
    }

    /// The next origin: in the order of the route, and then those whose circuit breaker is open.
    fn next(&mut self) -> Option<(&'s Origin, CircuitBreaker)> {
        while let Some(index) = self.untried.pop_front() {
            let resolved = self.origins.get(index)?;
            match &resolved.origin {
                Err(problems) => {
                    let attempt = LoggedAttempt::misconfigured(&resolved.backend, problems);
                    self.attempts.push(attempt);
                    self.consensus.failed(Failure::Misconfigured, None);
                }
                Ok(origin) => match circuit_breaker::of(origin) {
                    CircuitBreaker::Open => self.open.push_back(index),
                    breaker => return Some((origin, breaker)),
                },
            }
        }
        let resolved = self.origins.get(self.open.pop_front()?)?;
        let origin = resolved.origin.as_ref().ok()?;
        Some((origin, CircuitBreaker::Open))
    }

    /// Waits for the attempts in flight until the timeout.
    fn wait(&mut self, timeout: Duration) -> Option<FetchOutcome<'s>> {
        let handles: Vec<u32> = self.in_flight.iter().filter_map(Attempt::handle).collect();
        let documents = self.in_flight.iter().filter_map(Attempt::document_until);
        let timeout = documents.min().map_or(timeout, |until| {
            timeout.min(until.saturating_duration_since(Instant::now()))
        });
        let ready = first_ready(&handles, timeout);
        let now = Instant::now();
        let (at, judged) = if let Some(at) = ready {
            let whole_body_bytes = self.read.context.service.failover.whole_body_bytes;
            (at, self.in_flight.get_mut(at)?.poll(whole_body_bytes))
        } else {
            let is_over = |until: Option<Instant>| until.is_some_and(|until| until <= now);
            let mut attempts = self.in_flight.iter();
            let at = attempts.position(|attempt| is_over(attempt.document_until()))?;
            (at, self.in_flight.get_mut(at)?.give_up_on_document())
        };
        self.apply_verdict(at, judged?)
    }

    /// Carries out the verdict on an attempt.
    fn apply_verdict(&mut self, at: usize, judged: Judged) -> Option<FetchOutcome<'s>> {
        let Judged {
            outcome,
            verdict,
            received,
        } = judged;
        let attempt = self.in_flight.remove(at);
        let origin = attempt.origin;
        let (method, took) = (attempt.request.method, attempt.started.elapsed());
        self.log(origin, method, &outcome, verdict, took);
        match (verdict, received) {
            (Verdict::Serve(selection), Some(mut received)) => {
                let is_object = matches!(selection, Selection::Whole | Selection::Part(_));
                if is_object || received.headers.contains_key(CONTENT_TYPE) {
                    content_type::fill_missing(&mut received.headers, self.read.key.as_str());
                }
                attempt.breaker.close(origin);
                self.cancel_losers();
                Some(FetchOutcome::Response(FetchedResponse {
                    origin,
                    method,
                    selection,
                    received,
                    took,
                }))
            }
            // A response that is served was received.
            (Verdict::Serve(_), None) => {
                self.consensus.failed(Failure::Unexpected, None);
                None
            }
            (Verdict::NotFound(said), _) => {
                attempt.breaker.close(origin);
                self.consensus.not_found(said, method);
                let first = self.not_found_at.map_or(origin, |(first, _)| first);
                self.not_found_at = Some((first, took));
                // Without `try_others_on_404` no further origin is tried, but those in flight may have the object.
                if !self.read.context.service.failover.try_others_on_404 {
                    self.untried.clear();
                    self.open.clear();
                }
                None
            }
            (Verdict::FailOver(_), _) => {
                self.fail(origin, attempt.breaker, verdict, &outcome);
                None
            }
            (Verdict::DiagnoseHead, _) => {
                self.send_again(attempt, OriginRequest::diagnose_head());
                None
            }
            (Verdict::FetchWhole, _) => {
                let whole = attempt.request.without_range();
                self.send_again(attempt, whole);
                None
            }
        }
    }

    /// Sends another request to the origin of an attempt, in the same place of the order.
    fn send_again(&mut self, mut attempt: Attempt<'s>, request: OriginRequest) {
        let sandbox = self.read.context.sandbox;
        match attempt.send_again(request, &self.read.path, sandbox) {
            Ok(()) => self.in_flight.push(attempt),
            Err(outcome) => {
                let verdict = judge(&self.request.expected, &outcome);
                self.fail(attempt.origin, attempt.breaker, verdict, &outcome);
            }
        }
    }

    fn fail(
        &mut self,
        origin: &Origin,
        breaker: CircuitBreaker,
        verdict: Verdict,
        outcome: &Outcome,
    ) {
        let Verdict::FailOver(failure) = verdict else {
            return;
        };
        let retry_after = match failure {
            // B2 does not say when a cap is reset, and an operator may raise it at any time.
            Failure::CapExceeded => Some(CAP_BACKOFF),
            _ => outcome.response().and_then(|response| response.retry_after),
        };
        self.consensus.failed(failure, retry_after);
        if failure.trips_breaker() {
            breaker.trip(origin, failure, retry_after);
        }
    }

    fn log(
        &mut self,
        origin: &Origin,
        method: ReadMethod,
        outcome: &Outcome,
        verdict: Verdict,
        time: Duration,
    ) {
        let attempt = LoggedAttempt::new(&origin.backend, method, outcome, verdict, time);
        let read = self.read;
        let key = read.is_alternate.then(|| read.key.as_str().to_owned());
        self.attempts.push(attempt.at(key));
    }

    /// Drops the attempts that another response came before. One that has exceeded the attempt timeout has failed.
    fn cancel_losers(&mut self) {
        let timeout = self.read.context.service.failover.attempt_timeout;
        for attempt in std::mem::take(&mut self.in_flight) {
            let time = attempt.started.elapsed();
            let verdict = judge(&attempt.request.expected, &Outcome::Canceled);
            let method = attempt.request.method;
            self.log(attempt.origin, method, &Outcome::Canceled, verdict, time);
            if time >= timeout {
                attempt
                    .breaker
                    .trip(attempt.origin, Failure::Canceled, None);
            }
        }
    }

    /// Concludes at the deadline: every attempt in flight has failed.
    fn conclude(&mut self) -> FetchOutcome<'s> {
        for attempt in std::mem::take(&mut self.in_flight) {
            let (origin, time) = (attempt.origin, attempt.started.elapsed());
            let verdict = judge(&attempt.request.expected, &Outcome::TimedOut);
            let method = attempt.request.method;
            self.log(origin, method, &Outcome::TimedOut, verdict, time);
            self.fail(origin, attempt.breaker, verdict, &Outcome::TimedOut);
        }
        for _ in self.untried.drain(..).chain(self.open.drain(..)) {
            self.consensus.failed(Failure::NotTried, None);
        }
        self.conclude_from_consensus()
    }

    fn conclude_from_consensus(&self) -> FetchOutcome<'s> {
        match (self.consensus.conclude(), self.not_found_at) {
            (Conclusion::NotFound(not_found), Some((origin, took))) => {
                FetchOutcome::NotFound(FetchedNotFound {
                    origin,
                    not_found,
                    took,
                })
            }
            (Conclusion::Exhausted(exhausted), _) => FetchOutcome::Exhausted(exhausted),
            (Conclusion::NotFound(_), None) => FetchOutcome::Exhausted(Exhausted::Failed),
        }
    }
}

//! Asks the origins, one after the other or side by side, until one answers for the object.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use b2_edge_core::http::content_type;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::line::{self as log_line, LogLine};
use b2_edge_core::origins::consensus::{Conclusion, Consensus, Exhausted};
use b2_edge_core::origins::hedging::{Progress, Step, next_step};
use b2_edge_core::origins::outcome::{Failure, NotFoundAs, Outcome, Verdict};
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::origins::verdict::judge;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::setup::service::ResolvedOrigin;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};

use crate::edge::origins::attempt::{Attempt, Judged, Received};
use crate::edge::origins::circuit_breaker::{self, CircuitBreaker};
use crate::edge::platform::select::first_ready;
use crate::edge::read::object::ObjectRead;

/// What the origins have said together.
pub(crate) enum FetchOutcome<'s> {
    /// One of them answered for the object.
    Response(FetchedResponse<'s>),
    /// There is no such object, says this origin, and no other contradicts it.
    NotFound {
        origin: &'s Origin,
        absence: NotFoundAs,
        /// Whether every origin says so.
        is_certain: bool,
    },
    /// No origin could tell.
    Exhausted(Exhausted),
}

/// An answer about the object, and whose it is.
pub(crate) struct FetchedResponse<'s> {
    pub(crate) served: Selection,
    pub(crate) origin: &'s Origin,
    /// The method that it answers.
    pub(crate) asked_by: ReadMethod,
    pub(crate) received: Received,
}

impl FetchedResponse<'_> {
    /// The same, for a client that asked for the whole object and gets it in the form of a first part.
    pub(crate) fn into_whole(mut self) -> Self {
        self.received.headers.remove(CONTENT_RANGE);
        self.served = Selection::Whole;
        self
    }
}

/// Puts a request to the origins, noting each attempt in the log line.
pub(crate) fn fetch<'s>(
    read: &ObjectRead<'s>,
    request: &OriginRequest,
    line: &mut LogLine,
) -> FetchOutcome<'s> {
    let Ok(origins) = read.settings.origins() else {
        return FetchOutcome::Exhausted(Exhausted::NotConfigured);
    };
    let mut fetch = HedgedFetch::new(read, origins, request, line);
    loop {
        match next_step(&fetch.progress(), &fetch.read.service.failover) {
            Step::SendNext => fetch.send_next(),
            Step::Wait(patience) => {
                if let Some(outcome) = fetch.wait(patience) {
                    return outcome;
                }
            }
            Step::Conclude => return fetch.conclude(),
        }
    }
}

struct HedgedFetch<'r, 's> {
    read: &'r ObjectRead<'s>,
    origins: &'s [ResolvedOrigin],
    request: &'r OriginRequest,
    line: &'r mut LogLine,
    last_ask: Instant,
    /// Indices of the origins that have not been looked at.
    in_turn: VecDeque<usize>,
    /// Those that go last.
    last: VecDeque<usize>,
    in_flight: Vec<Attempt<'s>>,
    consensus: Consensus,
    not_found_at: Option<&'s Origin>,
}

impl<'r, 's> HedgedFetch<'r, 's> {
    fn new(
        read: &'r ObjectRead<'s>,
        origins: &'s [ResolvedOrigin],
        request: &'r OriginRequest,
        line: &'r mut LogLine,
    ) -> Self {
        Self {
            in_turn: read.route.order.iter().copied().collect(),
            read,
            origins,
            request,
            line,
            last_ask: Instant::now(),
            last: VecDeque::new(),
            in_flight: Vec::new(),
            consensus: Consensus::default(),
            not_found_at: None,
        }
    }

    fn progress(&self) -> Progress {
        let may_ask = self.read.sandbox.requests_left() > 0;
        Progress {
            elapsed: self.read.waited_for_since.get().elapsed(),
            since_last_request: self.last_ask.elapsed(),
            in_flight: self.in_flight.len(),
            untried: if may_ask {
                self.in_turn.len() + self.last.len()
            } else {
                0
            },
            only_open_breakers_left: self.consensus.any_not_found()
                && self.in_flight.iter().all(Attempt::had_failed_before),
        }
    }

    /// Asks the next origin, if the next is one that can be asked.
    fn send_next(&mut self) {
        let Some((origin, breaker)) = self.next() else {
            return;
        };
        let ObjectRead { path, sandbox, .. } = self.read;
        self.last_ask = Instant::now();
        match Attempt::begin(origin, breaker, self.request.clone(), path, sandbox) {
            Ok(attempt) => self.in_flight.push(attempt),
            Err((outcome, breaker)) => {
                let verdict = judge(&self.request.expected, &outcome);
                let asked_by = self.request.method;
                self.note(origin, asked_by, &outcome, verdict, Duration::ZERO);
                self.fail(origin, breaker, verdict, &outcome);
            }
        }
    }

    /// The next origin: in the order of the route, and then those that go last.
    fn next(&mut self) -> Option<(&'s Origin, CircuitBreaker)> {
        while let Some(index) = self.in_turn.pop_front() {
            let resolved = self.origins.get(index)?;
            match &resolved.origin {
                Err(problems) => {
                    let attempt = log_line::Attempt::misconfigured(&resolved.backend, problems);
                    self.line.tried(attempt);
                    self.consensus.failed(Failure::Misconfigured, None);
                }
                Ok(origin) => match circuit_breaker::of(origin) {
                    CircuitBreaker::Open => self.last.push_back(index),
                    breaker => return Some((origin, breaker)),
                },
            }
        }
        let resolved = self.origins.get(self.last.pop_front()?)?;
        resolved
            .origin
            .as_ref()
            .ok()
            .map(|origin| (origin, CircuitBreaker::Open))
    }

    /// Waits for those in flight.
    fn wait(&mut self, patience: Duration) -> Option<FetchOutcome<'s>> {
        let handles: Vec<u32> = self.in_flight.iter().filter_map(Attempt::handle).collect();
        let deadlines = self.in_flight.iter().filter_map(Attempt::document_until);
        let patience = deadlines.min().map_or(patience, |until| {
            patience.min(until.saturating_duration_since(Instant::now()))
        });
        let ready = first_ready(&handles, patience);
        let now = Instant::now();
        let (at, judged) = if let Some(at) = ready {
            let whole_body_bytes = self.read.service.failover.whole_body_bytes;
            (at, self.in_flight.get_mut(at)?.poll(whole_body_bytes))
        } else {
            let is_over = |until: Option<Instant>| until.is_some_and(|until| until <= now);
            let mut attempts = self.in_flight.iter();
            let at = attempts.position(|attempt| is_over(attempt.document_until()))?;
            (at, self.in_flight.get_mut(at)?.give_up_on_document())
        };
        self.judged(at, judged?)
    }

    /// Does what the verdict on an attempt says.
    fn judged(&mut self, at: usize, judged: Judged) -> Option<FetchOutcome<'s>> {
        let Judged {
            outcome,
            verdict,
            received,
        } = judged;
        let attempt = self.in_flight.remove(at);
        let origin = attempt.origin;
        let (asked_by, time) = (attempt.request.method, attempt.started.elapsed());
        self.note(origin, asked_by, &outcome, verdict, time);
        match (verdict, received) {
            (Verdict::Serve(served), Some(mut received)) => {
                let is_object = matches!(served, Selection::Whole | Selection::Part(_));
                if is_object || received.headers.contains_key(CONTENT_TYPE) {
                    content_type::fill_missing(&mut received.headers, self.read.key.as_str());
                }
                self.read.asked_for.set(attempt.started.elapsed());
                attempt.breaker.answered(origin);
                self.cancel_losers();
                Some(FetchOutcome::Response(FetchedResponse {
                    served,
                    origin,
                    asked_by: attempt.request.method,
                    received,
                }))
            }
            // An answer that is served has been received.
            (Verdict::Serve(_), None) => {
                self.consensus.failed(Failure::Unexpected, None);
                None
            }
            (Verdict::NotFound(absence), _) => {
                self.read.asked_for.set(attempt.started.elapsed());
                attempt.breaker.answered(origin);
                self.consensus.not_found(absence);
                self.not_found_at = self.not_found_at.or(Some(origin));
                let others_are_asked = self.read.service.failover.ask_others_on_404;
                (!others_are_asked).then(|| self.conclude_from_what_is_said())
            }
            (Verdict::Next(_), _) => {
                self.fail(origin, attempt.breaker, verdict, &outcome);
                None
            }
            (Verdict::DiagnoseHead, _) => {
                self.send_again(attempt, OriginRequest::diagnose_head());
                None
            }
            (Verdict::FetchWhole, _) => {
                let whole = attempt.request.whole();
                self.send_again(attempt, whole);
                None
            }
        }
    }

    /// Asks the origin of an attempt something else, in the same place of the order.
    fn send_again(&mut self, mut attempt: Attempt<'s>, request: OriginRequest) {
        let ObjectRead { path, sandbox, .. } = self.read;
        match attempt.send_again(request, path, sandbox) {
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
        let Verdict::Next(failure) = verdict else {
            return;
        };
        let retry_after = outcome.response().and_then(|answer| answer.retry_after);
        self.consensus.failed(failure, retry_after);
        if failure.trips_breaker() {
            breaker.failed(origin, retry_after);
        }
    }

    fn note(
        &mut self,
        origin: &Origin,
        asked_by: ReadMethod,
        outcome: &Outcome,
        verdict: Verdict,
        time: Duration,
    ) {
        let backend = &origin.backend;
        let attempt = log_line::Attempt::new(backend, asked_by, outcome, verdict, time);
        let read = self.read;
        let key = read.is_another.then(|| read.key.as_str().to_owned());
        self.line.tried(attempt.at(key));
    }

    /// Leaves behind those that are still silent when another has answered. One that has had its time
    /// has failed.
    fn cancel_losers(&mut self) {
        let patience = self.read.service.failover.attempt_timeout;
        for attempt in std::mem::take(&mut self.in_flight) {
            let time = attempt.started.elapsed();
            let verdict = judge(&attempt.request.expected, &Outcome::Overtaken);
            let asked_by = attempt.request.method;
            self.note(attempt.origin, asked_by, &Outcome::Overtaken, verdict, time);
            if time >= patience {
                attempt.breaker.failed(attempt.origin, None);
            }
        }
    }

    /// Concludes when no more will be outcome: who is silent now has failed.
    fn conclude(&mut self) -> FetchOutcome<'s> {
        for attempt in std::mem::take(&mut self.in_flight) {
            let (origin, time) = (attempt.origin, attempt.started.elapsed());
            let verdict = judge(&attempt.request.expected, &Outcome::TimedOut);
            let asked_by = attempt.request.method;
            self.note(origin, asked_by, &Outcome::TimedOut, verdict, time);
            self.fail(origin, attempt.breaker, verdict, &Outcome::TimedOut);
        }
        for _ in self.in_turn.drain(..).chain(self.last.drain(..)) {
            self.consensus.failed(Failure::NotTried, None);
        }
        self.conclude_from_what_is_said()
    }

    fn conclude_from_what_is_said(&mut self) -> FetchOutcome<'s> {
        match (self.consensus.conclude(), self.not_found_at) {
            (
                Conclusion::NotFound {
                    absence,
                    is_certain,
                },
                Some(origin),
            ) => FetchOutcome::NotFound {
                origin,
                absence,
                is_certain,
            },
            (Conclusion::Exhausted(exhausted), _) => FetchOutcome::Exhausted(exhausted),
            (Conclusion::NotFound { .. }, None) => FetchOutcome::Exhausted(Exhausted::Failed),
        }
    }
}

//! Tries the origins, one after the other or side by side, until one responds about the object.

use std::time::{Duration, Instant};

use b2_edge_core::http::content_type;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::{Conclusion, Exhausted, NotFound};
use b2_edge_core::origins::failover::{Failover, Step};
use b2_edge_core::origins::outcome::{Failure, OriginResponse, Outcome, Verdict};
use b2_edge_core::origins::request::OriginRequest;
use b2_edge_core::origins::settings::FailoverSettings;
use b2_edge_core::origins::verdict::judge;
use b2_edge_core::s3::list_objects::ListRequest;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::setup::service::ResolvedOrigin;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};

use crate::edge::context::{ObjectRead, RequestContext};
use crate::edge::origins::attempt::{Attempt, Judged};
use crate::edge::origins::circuit_breaker::{self, CircuitBreaker};
use crate::edge::origins::response::Received;
use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::select::first_ready;

/// The `Retry-After` of a 503 because of a cap of an account: the longest backoff of a circuit breaker.
const CAP_RETRY_AFTER: Duration = Duration::from_mins(1);

/// What the origins responded together.
pub(crate) enum FetchOutcome<'s> {
    /// One of them responded about the object.
    Response(FetchedResponse<'s>),
    /// The object was not found.
    NotFound(FetchedNotFound<'s>),
    /// An origin has another version than the requested one, or an older one than is cached, and none has that.
    OtherVersion {
        /// Whether no origin failed or was left untried.
        unanimous: bool,
    },
    /// No origin gave a usable response.
    Exhausted(Exhausted),
}

impl FetchOutcome<'_> {
    /// Whether the object ends before the requested range.
    pub(crate) fn is_beyond_end(&self) -> bool {
        matches!(self, Self::Response(fetched) if fetched.selection == Selection::RangeNotSatisfiable)
    }
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

/// What a request to the origins is about.
#[derive(Clone, Copy)]
struct Subject<'f> {
    /// The path as it is sent.
    path: &'f str,
    /// The key of the object, or the folder that is listed.
    key: &'f str,
    /// Whether it is another object than the one that the client's path names.
    is_alternate: bool,
}

/// Sends a request to the origins within a deadline, and adds each attempt to `attempts`.
pub(crate) fn fetch<'s>(
    read: &ObjectRead<'s>,
    request: &OriginRequest,
    deadline: Deadline,
    attempts: &mut Vec<LoggedAttempt>,
) -> FetchOutcome<'s> {
    let context = read.context;
    let subject = Subject {
        path: &read.path,
        key: read.key.as_str(),
        is_alternate: read.is_alternate,
    };
    let failover = Failover::new(
        &context.route.order,
        deadline.left(),
        &context.service.failover,
    );
    let failover = failover.pinned(request.expected.version.is_some());
    fetch_about(context, subject, request, failover, attempts)
}

/// Requests a page of the listing of a folder, from one backend or from the nearest origin that gives it.
pub(crate) fn fetch_listing<'s>(
    context: &'s RequestContext<'s>,
    listing: ListRequest,
    backend: Option<&str>,
    deadline: Deadline,
    attempts: &mut Vec<LoggedAttempt>,
) -> FetchOutcome<'s> {
    let service = context.service;
    let is_asked = |index: &usize| {
        let origin = service.origins.get(*index);
        backend.is_none_or(|backend| origin.is_some_and(|origin| origin.backend == backend))
    };
    let order = context.route.order.iter().copied().filter(is_asked);
    // A denial is about the key of one origin.
    let settings = FailoverSettings {
        try_others_on_404: true,
        ..service.failover
    };
    let failover = Failover::new(&order.collect::<Vec<_>>(), deadline.left(), &settings);
    let folder = if listing.prefix.is_empty() {
        "/".to_owned()
    } else {
        listing.prefix.clone()
    };
    let subject = Subject {
        path: "/",
        key: &folder,
        is_alternate: true,
    };
    let request = OriginRequest::list(listing);
    fetch_about(context, subject, &request, failover, attempts)
}

fn fetch_about<'s>(
    context: &'s RequestContext<'s>,
    subject: Subject<'_>,
    request: &OriginRequest,
    failover: Failover,
    attempts: &mut Vec<LoggedAttempt>,
) -> FetchOutcome<'s> {
    let Ok(origins) = context.settings.origins() else {
        return FetchOutcome::Exhausted(Exhausted::NotConfigured);
    };
    let mut fetch = Fetch {
        context,
        subject,
        origins,
        request,
        attempts,
        began: Instant::now(),
        failover,
        in_flight: Vec::new(),
        not_found_at: None,
    };
    loop {
        let may_send = context.sandbox.requests_left() > 0;
        match fetch.failover.next_step(fetch.began.elapsed(), may_send) {
            Step::Try(index) => fetch.try_origin(index, false),
            Step::TryLast(index) => fetch.try_origin(index, true),
            Step::Wait(timeout) => {
                if let Some(outcome) = fetch.wait(timeout) {
                    return outcome;
                }
            }
            Step::Conclude => return fetch.conclude(),
        }
    }
}

struct Fetch<'f, 's> {
    context: &'s RequestContext<'s>,
    subject: Subject<'f>,
    origins: &'s [ResolvedOrigin],
    request: &'f OriginRequest,
    attempts: &'f mut Vec<LoggedAttempt>,
    began: Instant,
    failover: Failover,
    in_flight: Vec<Attempt<'s>>,
    /// The first origin that did not find the object, and how long the last one took.
    not_found_at: Option<(&'s Origin, Duration)>,
}

impl<'s> Fetch<'_, 's> {
    /// Sends the request to an origin, if it is usable and its circuit breaker not open, or `also_if_open`.
    fn try_origin(&mut self, index: usize, also_if_open: bool) {
        let Some(resolved) = self.origins.get(index) else {
            return;
        };
        let origin = match &resolved.origin {
            Ok(origin) => origin,
            Err(problems) => {
                let attempt = LoggedAttempt::misconfigured(&resolved.backend, problems);
                self.attempts.push(attempt);
                self.failover.failed(index, Failure::Misconfigured, None);
                return;
            }
        };
        let breaker = if also_if_open {
            CircuitBreaker::Open
        } else {
            match circuit_breaker::of(origin) {
                CircuitBreaker::Open => return self.failover.postpone(index),
                breaker => breaker,
            }
        };
        let request = self.request.to_origin(&origin.backend);
        let attempt = Attempt::new(index, origin, breaker, request);
        self.failover
            .sent(index, also_if_open, self.began.elapsed());
        self.send(attempt);
    }

    /// Sends the request of an attempt.
    fn send(&mut self, mut attempt: Attempt<'s>) {
        match attempt.send(self.subject.path, self.context.sandbox) {
            Ok(()) => self.in_flight.push(attempt),
            Err(outcome) => {
                let verdict = judge(&attempt.request.expected, &outcome);
                let took = attempt.started.elapsed();
                self.log(
                    attempt.origin,
                    attempt.request.method,
                    &outcome,
                    verdict,
                    took,
                );
                self.fail(attempt, verdict, &outcome);
            }
        }
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
            let whole_body_bytes = self.context.service.failover.whole_body_bytes;
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
        let mut attempt = self.in_flight.remove(at);
        let (index, origin) = (attempt.index, attempt.origin);
        let (method, took) = (attempt.request.method, attempt.started.elapsed());
        self.log(origin, method, &outcome, verdict, took);
        match (verdict, received) {
            (Verdict::Serve(selection), Some(mut received)) => {
                let is_object = matches!(selection, Selection::Whole | Selection::Part(_));
                if is_object || received.headers.contains_key(CONTENT_TYPE) {
                    content_type::fill_missing(&mut received.headers, self.subject.key);
                }
                attempt.breaker.close(origin);
                self.end_others(&Outcome::Canceled, Failure::Canceled);
                return Some(FetchOutcome::Response(FetchedResponse {
                    origin,
                    method,
                    selection,
                    received,
                    took,
                }));
            }
            // A response that is served was received.
            (Verdict::Serve(_), None) => self.failover.failed(index, Failure::Unexpected, None),
            (Verdict::NotFound(said), _) => {
                attempt.breaker.close(origin);
                let response = outcome.response();
                let is_certain = response.is_some_and(OriginResponse::says_no_such_key);
                let now = self.began.elapsed();
                self.failover.not_found(index, said, is_certain, now);
                let first = self.not_found_at.map_or(origin, |(first, _)| first);
                self.not_found_at = Some((first, took));
            }
            (Verdict::OtherVersion, _) => {
                attempt.breaker.close(origin);
                self.failover.other_version(index);
            }
            (Verdict::FailOver(_), _) => {
                self.fail(attempt, verdict, &outcome);
            }
            (Verdict::DiagnoseHead, _) => {
                attempt.request = OriginRequest::diagnose_head();
                self.send(attempt);
            }
            (Verdict::FetchWhole, _) => {
                attempt.request = attempt.request.without_range();
                self.send(attempt);
            }
        }
        None
    }

    fn fail(&mut self, attempt: Attempt<'s>, verdict: Verdict, outcome: &Outcome) {
        let Verdict::FailOver(failure) = verdict else {
            return;
        };
        let retry_after = outcome.response().and_then(|response| response.retry_after);
        // B2 does not say when a cap is reset, and an operator may raise it at any time.
        let is_capped = failure == Failure::CapExceeded;
        let told = retry_after.or(is_capped.then_some(CAP_RETRY_AFTER));
        self.failover.failed(attempt.index, failure, told);
        if failure.trips_breaker() {
            let Attempt {
                origin, breaker, ..
            } = attempt;
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
        let Subject {
            key, is_alternate, ..
        } = self.subject;
        let key = is_alternate.then(|| key.to_owned());
        self.attempts.push(attempt.at(key));
    }

    /// Drops the attempts in flight. One that was silent for the attempt timeout has failed, by this outcome.
    fn end_others(&mut self, silent: &Outcome, failure: Failure) {
        let now = self.began.elapsed();
        for attempt in std::mem::take(&mut self.in_flight) {
            let (origin, time) = (attempt.origin, attempt.started.elapsed());
            let has_failed = self.failover.has_exceeded(attempt.index, now);
            let outcome = if has_failed || self.failover.is_over(now) {
                silent
            } else {
                &Outcome::Canceled
            };
            let verdict = judge(&attempt.request.expected, outcome);
            self.log(origin, attempt.request.method, outcome, verdict, time);
            if has_failed {
                attempt.breaker.trip(origin, failure, None);
            }
        }
    }

    fn conclude(mut self) -> FetchOutcome<'s> {
        self.end_others(&Outcome::TimedOut, Failure::TimedOut);
        match (self.failover.conclude(), self.not_found_at) {
            (Conclusion::NotFound(not_found), Some((origin, took))) => {
                FetchOutcome::NotFound(FetchedNotFound {
                    origin,
                    not_found,
                    took,
                })
            }
            (Conclusion::OtherVersion { unanimous }, _) => FetchOutcome::OtherVersion { unanimous },
            (Conclusion::Exhausted(exhausted), _) => FetchOutcome::Exhausted(exhausted),
            (Conclusion::NotFound(_), None) => FetchOutcome::Exhausted(Exhausted::Failed),
        }
    }
}

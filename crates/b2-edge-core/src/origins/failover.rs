//! Decides which origin gets the request next, how long to wait for those that have it, and when to conclude.
//!
//! * After a failure, the next origin gets the request at once.
//! * An origin that has not responded within the attempt timeout is not cancelled: the next one gets the same request,
//!   and the first good response wins (Dean and Barroso, "The Tail at Scale", 2013).
//! * After a not-found, all others get it at once, because the first may be a replica that lags behind. Those that are
//!   silent have one more attempt timeout.
//! * An origin whose circuit breaker is open gets it last, and not at all after a not-found.
//! * If a client has the beginning of one version of an object, the origins are waited for until the deadline.
//!
//! Times are parameters, counted from the beginning of the fetch.

use std::collections::VecDeque;
use std::time::Duration;

use crate::origins::consensus::{Conclusion, Consensus};
use crate::origins::outcome::{Failure, NotFoundAs};
use crate::origins::settings::FailoverSettings;

/// The least time that a hedged request gets. With less, it would only cost a request.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// A fetch from the origins, which are named by their indices.
#[derive(Clone, Debug)]
pub struct Failover {
    settings: FailoverSettings,
    /// When the fetch ends at the latest.
    deadline: Duration,
    /// Whether one version is wanted, so that a not-found is another version.
    is_pinned: bool,
    /// Not considered yet, in the order of the route.
    untried: VecDeque<usize>,
    /// Considered, and not tried because their circuit breakers are open.
    open: VecDeque<usize>,
    in_flight: Vec<InFlight>,
    consensus: Consensus,
    /// When the last request was sent.
    last_request: Duration,
    /// When the first origin said that it does not have the object.
    not_found_at: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    origin: usize,
    since: Duration,
    /// Whether its circuit breaker is open.
    is_open: bool,
}

/// The next step of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Try this origin, or [postpone](Failover::postpone) it if its circuit breaker is open.
    Try(usize),
    /// Try this origin although its circuit breaker is open.
    TryLast(usize),
    /// Wait for a response, at most this long.
    Wait(Duration),
    /// Stop, and conclude from the outcomes so far.
    Conclude,
}

impl Failover {
    /// A fetch that ends at `deadline`, from origins in this order.
    #[must_use]
    pub fn new(order: &[usize], deadline: Duration, settings: &FailoverSettings) -> Self {
        Self {
            settings: *settings,
            deadline,
            is_pinned: false,
            untried: order.iter().copied().collect(),
            open: VecDeque::new(),
            in_flight: Vec::new(),
            consensus: Consensus::default(),
            last_request: Duration::ZERO,
            not_found_at: None,
        }
    }

    /// The same for one version of an object: a not-found is another version, and origins are waited for until the
    /// deadline.
    #[must_use]
    pub const fn pinned(mut self, is_pinned: bool) -> Self {
        self.is_pinned = is_pinned;
        self
    }

    /// The next step, while no origin has served the object. `may_send` is whether the platform allows another
    /// request.
    pub fn next_step(&mut self, now: Duration, may_send: bool) -> Step {
        let left = self.deadline.saturating_sub(now);
        if left.is_zero() {
            return Step::Conclude;
        }
        if let Some(not_found_at) = self.not_found_at {
            return self.after_not_found(now.saturating_sub(not_found_at), left, may_send);
        }
        let has_next = may_send && !(self.untried.is_empty() && self.open.is_empty());
        match (self.in_flight.is_empty(), has_next) {
            (true, false) => Step::Conclude,
            (true, true) => self.try_next(),
            (false, false) => Step::Wait(left),
            // A further request could not be answered in time.
            (false, true) if left < LEAST_TIME => Step::Wait(left),
            (false, true) => {
                let since = now.saturating_sub(self.last_request);
                match remaining(self.settings.attempt_timeout, since) {
                    Some(wait) => Step::Wait(wait.min(left)),
                    None => self.try_next(),
                }
            }
        }
    }

    fn after_not_found(&mut self, since: Duration, left: Duration, may_send: bool) -> Step {
        let is_in_time = self.in_flight.is_empty() || left >= LEAST_TIME;
        if may_send
            && is_in_time
            && let Some(origin) = self.untried.pop_front()
        {
            return Step::Try(origin);
        }
        if self.in_flight.iter().all(|attempt| attempt.is_open) {
            return Step::Conclude;
        }
        let wait = remaining(self.settings.attempt_timeout, since);
        wait.map_or(Step::Conclude, |wait| Step::Wait(wait.min(left)))
    }

    fn try_next(&mut self) -> Step {
        let untried = self.untried.pop_front().map(Step::Try);
        let next = untried.or_else(|| self.open.pop_front().map(Step::TryLast));
        next.unwrap_or(Step::Conclude)
    }

    /// The origin's circuit breaker is open: it is tried last.
    pub fn postpone(&mut self, origin: usize) {
        self.open.push_back(origin);
    }

    /// The origin got the request. `is_open` is whether its circuit breaker is open.
    pub fn sent(&mut self, origin: usize, is_open: bool, now: Duration) {
        self.last_request = now;
        self.in_flight.push(InFlight {
            origin,
            since: now,
            is_open,
        });
    }

    /// The origin failed, with its `Retry-After`.
    pub fn failed(&mut self, origin: usize, failure: Failure, retry_after: Option<Duration>) {
        self.end(origin);
        self.consensus.failed(failure, retry_after);
    }

    /// The origin said that it does not have the object. `is_certain` is whether that means nothing else.
    pub fn not_found(&mut self, origin: usize, said: NotFoundAs, is_certain: bool, now: Duration) {
        self.end(origin);
        if self.is_pinned {
            self.consensus.other_version(said == NotFoundAs::NotFound);
            return;
        }
        self.consensus.not_found(said, is_certain);
        self.not_found_at.get_or_insert(now);
        // Those in flight may have the object nevertheless, and those whose circuit breaker is open.
        if !self.settings.try_others_on_404 {
            self.untried.clear();
        }
    }

    /// The origin has another version than the one that is wanted.
    pub fn other_version(&mut self, origin: usize) {
        self.end(origin);
        self.consensus.other_version(true);
    }

    fn end(&mut self, origin: usize) {
        self.in_flight.retain(|attempt| attempt.origin != origin);
    }

    /// Whether an origin has been silent long enough to have failed when another one, or none, is believed.
    #[must_use]
    pub fn has_exceeded(&self, origin: usize, now: Duration) -> bool {
        let mut attempts = self.in_flight.iter();
        let attempt = attempts.find(|attempt| attempt.origin == origin);
        attempt.is_some_and(|attempt| {
            now.saturating_sub(attempt.since) >= self.settings.attempt_timeout
        })
    }

    /// Whether the time for the fetch is over.
    #[must_use]
    pub fn is_over(&self, now: Duration) -> bool {
        now >= self.deadline
    }

    /// The result. Origins that have not responded count as failed.
    #[must_use]
    pub fn conclude(mut self) -> Conclusion {
        for _ in &self.in_flight {
            self.consensus.failed(Failure::TimedOut, None);
        }
        for _ in self.untried.iter().chain(&self.open) {
            self.consensus.failed(Failure::NotTried, None);
        }
        self.consensus.conclude()
    }
}

/// What remains of a limit after some time; `None` if that is less than a millisecond, in which the platform waits.
fn remaining(limit: Duration, since: Duration) -> Option<Duration> {
    let remaining = limit.saturating_sub(since);
    (remaining >= Duration::from_millis(1)).then_some(remaining)
}

#[cfg(test)]
#[path = "failover_tests.rs"]
mod tests;

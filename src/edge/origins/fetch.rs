//! Asks the origins, one after the other or side by side, until one answers for the object.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use b2_edge_core::http::content_type;
use b2_edge_core::log::line::{self as log_line, LogLine};
use b2_edge_core::origins::consensus::{Conclusion, Exhausted, Tally};
use b2_edge_core::origins::hedging::{Progress, Step, next_step};
use b2_edge_core::origins::outcome::{Absence, Failure, Outcome, Served, Verdict};
use b2_edge_core::origins::request::Question;
use b2_edge_core::origins::verdict::judge;
use b2_edge_core::request::intent::ReadMethod;
use b2_edge_core::setup::origin::Origin;
use b2_edge_core::setup::service::Slot;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};

use crate::edge::origins::attempt::{Attempt, Judged, Received};
use crate::edge::origins::circuit_breaker as standing;
use crate::edge::origins::circuit_breaker::Standing;
use crate::edge::platform::select::first_ready;
use crate::edge::read::object::Read;

/// What the origins have said together.
pub(crate) enum Heard<'s> {
    /// One of them answered for the object.
    Answered(Answered<'s>),
    /// There is no such object, says this origin, and no other contradicts it.
    NotFound {
        origin: &'s Origin,
        absence: Absence,
        /// Whether every origin says so.
        is_certain: bool,
    },
    /// No origin could tell.
    Exhausted(Exhausted),
}

/// An answer about the object, and whose it is.
pub(crate) struct Answered<'s> {
    pub(crate) served: Served,
    pub(crate) origin: &'s Origin,
    /// The method that it answers.
    pub(crate) asked_by: ReadMethod,
    pub(crate) received: Received,
}

impl Answered<'_> {
    /// The same, for a client that asked for the whole object and gets it in the form of a first part.
    pub(crate) fn into_whole(mut self) -> Self {
        self.received.headers.remove(CONTENT_RANGE);
        self.served = Served::Whole;
        self
    }
}

/// Puts a question to the origins, noting each attempt in the log line.
pub(crate) fn ask_origins<'s>(
    read: &Read<'s>,
    question: &Question,
    line: &mut LogLine,
) -> Heard<'s> {
    let Ok(slots) = read.settings.origins() else {
        return Heard::Exhausted(Exhausted::NotConfigured);
    };
    let mut race = Race::new(read, slots, question, line);
    loop {
        match next_step(&race.progress(), &race.read.service.failover) {
            Step::Ask => race.ask_next(),
            Step::Wait(patience) => {
                if let Some(heard) = race.wait(patience) {
                    return heard;
                }
            }
            Step::Conclude => return race.conclude(),
        }
    }
}

struct Race<'r, 's> {
    read: &'r Read<'s>,
    slots: &'s [Slot],
    question: &'r Question,
    line: &'r mut LogLine,
    last_ask: Instant,
    /// Indices of the origins that have not been looked at.
    in_turn: VecDeque<usize>,
    /// Those that go last.
    last: VecDeque<usize>,
    in_flight: Vec<Attempt<'s>>,
    tally: Tally,
    absent_at: Option<&'s Origin>,
}

impl<'r, 's> Race<'r, 's> {
    fn new(
        read: &'r Read<'s>,
        slots: &'s [Slot],
        question: &'r Question,
        line: &'r mut LogLine,
    ) -> Self {
        Self {
            in_turn: read.route.order.iter().copied().collect(),
            read,
            slots,
            question,
            line,
            last_ask: Instant::now(),
            last: VecDeque::new(),
            in_flight: Vec::new(),
            tally: Tally::default(),
            absent_at: None,
        }
    }

    fn progress(&self) -> Progress {
        let may_ask = self.read.execution.requests_left() > 0;
        Progress {
            elapsed: self.read.waited_for_since.get().elapsed(),
            since_last_ask: self.last_ask.elapsed(),
            in_flight: self.in_flight.len(),
            unasked: if may_ask {
                self.in_turn.len() + self.last.len()
            } else {
                0
            },
            only_doubts_left: self.tally.some_absent()
                && self.in_flight.iter().all(Attempt::had_failed_before),
        }
    }

    /// Asks the next origin, if the next is one that can be asked.
    fn ask_next(&mut self) {
        let Some((origin, standing)) = self.next() else {
            return;
        };
        let Read {
            path, execution, ..
        } = self.read;
        self.last_ask = Instant::now();
        match Attempt::begin(origin, standing, self.question.clone(), path, execution) {
            Ok(attempt) => self.in_flight.push(attempt),
            Err((outcome, standing)) => {
                let verdict = judge(&self.question.asked, &outcome);
                let asked_by = self.question.method;
                self.note(origin, asked_by, &outcome, verdict, Duration::ZERO);
                self.fail(origin, standing, verdict, &outcome);
            }
        }
    }

    /// The next origin: in the order of the route, and then those that go last.
    fn next(&mut self) -> Option<(&'s Origin, Standing)> {
        while let Some(index) = self.in_turn.pop_front() {
            let slot = self.slots.get(index)?;
            match &slot.origin {
                Err(problems) => {
                    let attempt = log_line::Attempt::misconfigured(&slot.backend, problems);
                    self.line.tried(attempt);
                    self.tally.failed(Failure::Misconfigured, None);
                }
                Ok(origin) => match standing::of(origin) {
                    Standing::Failing => self.last.push_back(index),
                    standing => return Some((origin, standing)),
                },
            }
        }
        let slot = self.slots.get(self.last.pop_front()?)?;
        slot.origin
            .as_ref()
            .ok()
            .map(|origin| (origin, Standing::Failing))
    }

    /// Waits for those in flight.
    fn wait(&mut self, patience: Duration) -> Option<Heard<'s>> {
        let handles: Vec<u32> = self.in_flight.iter().filter_map(Attempt::handle).collect();
        let deadlines = self.in_flight.iter().filter_map(Attempt::document_until);
        let patience = deadlines.min().map_or(patience, |until| {
            patience.min(until.saturating_duration_since(Instant::now()))
        });
        let ready = first_ready(&handles, patience);
        let now = Instant::now();
        let (at, judged) = if let Some(at) = ready {
            let whole_body_bytes = self.read.service.failover.whole_body_bytes;
            (at, self.in_flight.get_mut(at)?.hear(whole_body_bytes))
        } else {
            let is_over = |until: Option<Instant>| until.is_some_and(|until| until <= now);
            let mut attempts = self.in_flight.iter();
            let at = attempts.position(|attempt| is_over(attempt.document_until()))?;
            (at, self.in_flight.get_mut(at)?.hear_no_document())
        };
        self.judged(at, judged?)
    }

    /// Does what the verdict on an attempt says.
    fn judged(&mut self, at: usize, judged: Judged) -> Option<Heard<'s>> {
        let Judged {
            outcome,
            verdict,
            received,
        } = judged;
        let attempt = self.in_flight.remove(at);
        let origin = attempt.origin;
        let (asked_by, time) = (attempt.question.method, attempt.started.elapsed());
        self.note(origin, asked_by, &outcome, verdict, time);
        match (verdict, received) {
            (Verdict::Serve(served), Some(mut received)) => {
                let is_object = matches!(served, Served::Whole | Served::Part);
                if is_object || received.headers.contains_key(CONTENT_TYPE) {
                    content_type::amend(&mut received.headers, self.read.key.as_str());
                }
                self.read.asked_for.set(attempt.started.elapsed());
                attempt.standing.answered(origin);
                self.overtake();
                Some(Heard::Answered(Answered {
                    served,
                    origin,
                    asked_by: attempt.question.method,
                    received,
                }))
            }
            // An answer that is served has been received.
            (Verdict::Serve(_), None) => {
                self.tally.failed(Failure::Unexpected, None);
                None
            }
            (Verdict::Absent(absence), _) => {
                self.read.asked_for.set(attempt.started.elapsed());
                attempt.standing.answered(origin);
                self.tally.absent(absence);
                self.absent_at = self.absent_at.or(Some(origin));
                let others_are_asked = self.read.service.failover.ask_others_on_404;
                (!others_are_asked).then(|| self.conclude_from_what_is_said())
            }
            (Verdict::Next(_), _) => {
                self.fail(origin, attempt.standing, verdict, &outcome);
                None
            }
            (Verdict::AskWhy, _) => {
                self.ask_again(attempt, Question::why());
                None
            }
            (Verdict::AskWhole, _) => {
                let whole = attempt.question.whole();
                self.ask_again(attempt, whole);
                None
            }
        }
    }

    /// Asks the origin of an attempt something else, in the same place of the order.
    fn ask_again(&mut self, mut attempt: Attempt<'s>, question: Question) {
        let Read {
            path, execution, ..
        } = self.read;
        match attempt.ask_again(question, path, execution) {
            Ok(()) => self.in_flight.push(attempt),
            Err(outcome) => {
                let verdict = judge(&self.question.asked, &outcome);
                self.fail(attempt.origin, attempt.standing, verdict, &outcome);
            }
        }
    }

    fn fail(&mut self, origin: &Origin, standing: Standing, verdict: Verdict, outcome: &Outcome) {
        let Verdict::Next(failure) = verdict else {
            return;
        };
        let retry_after = outcome.answer().and_then(|answer| answer.retry_after);
        self.tally.failed(failure, retry_after);
        if failure.is_remembered() {
            standing.failed(origin, retry_after);
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
    fn overtake(&mut self) {
        let patience = self.read.service.failover.attempt_timeout;
        for attempt in std::mem::take(&mut self.in_flight) {
            let time = attempt.started.elapsed();
            let verdict = judge(&attempt.question.asked, &Outcome::Overtaken);
            let asked_by = attempt.question.method;
            self.note(attempt.origin, asked_by, &Outcome::Overtaken, verdict, time);
            if time >= patience {
                attempt.standing.failed(attempt.origin, None);
            }
        }
    }

    /// Concludes when no more will be heard: who is silent now has failed.
    fn conclude(&mut self) -> Heard<'s> {
        for attempt in std::mem::take(&mut self.in_flight) {
            let (origin, time) = (attempt.origin, attempt.started.elapsed());
            let verdict = judge(&attempt.question.asked, &Outcome::TimedOut);
            let asked_by = attempt.question.method;
            self.note(origin, asked_by, &Outcome::TimedOut, verdict, time);
            self.fail(origin, attempt.standing, verdict, &Outcome::TimedOut);
        }
        for _ in self.in_turn.drain(..).chain(self.last.drain(..)) {
            self.tally.failed(Failure::Unasked, None);
        }
        self.conclude_from_what_is_said()
    }

    fn conclude_from_what_is_said(&mut self) -> Heard<'s> {
        match (self.tally.conclude(), self.absent_at) {
            (
                Conclusion::NotFound {
                    absence,
                    is_certain,
                },
                Some(origin),
            ) => Heard::NotFound {
                origin,
                absence,
                is_certain,
            },
            (Conclusion::Exhausted(exhausted), _) => Heard::Exhausted(exhausted),
            (Conclusion::NotFound { .. }, None) => Heard::Exhausted(Exhausted::Failed),
        }
    }
}

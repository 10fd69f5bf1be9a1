//! Decides when to send a hedged request.
//!
//! An origin that has not responded within the attempt timeout is not cancelled: the next origin gets the
//! same request, and the first good response wins (Dean and Barroso, "The Tail at Scale", 2013). After a
//! failure the next origin is tried at once. After a not-found the remaining origins are still awaited,
//! because the first may be a replica that lags behind, but not for long if they had failed before.

use std::time::Duration;

use crate::origins::settings::FailoverSettings;

/// The least time that a hedged request gets. With less, it would only cost a request.
const LEAST_TIME: Duration = Duration::from_millis(50);

/// The state of a fetch from the origins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Until the deadline of the fetch.
    pub left: Duration,
    /// Since the last request to an origin was sent; irrelevant if none was.
    pub since_last_request: Duration,
    /// The number of origins that have been sent a request and have no outcome yet.
    pub in_flight: usize,
    /// The number of origins that have not been tried.
    pub untried: usize,
    /// Whether some origin has reported not found and every origin in flight had failed before.
    pub only_failed_before_left: bool,
}

/// The next step of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send the request to the next origin.
    SendNext,
    /// Wait for a response, at most this long.
    Wait(Duration),
    /// Stop, and conclude from the outcomes so far.
    Conclude,
}

/// The next step while no origin has served the object.
#[must_use]
pub fn next_step(progress: &Progress, settings: &FailoverSettings) -> Step {
    let left = progress.left;
    if left.is_zero() {
        return Step::Conclude;
    }
    match (progress.in_flight, progress.untried) {
        (0, 0) => Step::Conclude,
        (0, _) => Step::SendNext,
        (_, 0) if progress.only_failed_before_left => {
            let grace = settings.attempt_timeout * 2;
            wait_or(Step::Conclude, grace, progress, left)
        }
        (_, 0) => Step::Wait(left),
        // A further request could not be answered in time.
        (_, _) if left < LEAST_TIME => Step::Wait(left),
        (_, _) => wait_or(Step::SendNext, settings.attempt_timeout, progress, left),
    }
}

fn wait_or(then: Step, limit: Duration, progress: &Progress, left: Duration) -> Step {
    let limit = limit.saturating_sub(progress.since_last_request);
    // The platform waits in whole milliseconds.
    if limit < Duration::from_millis(1) {
        then
    } else {
        Step::Wait(limit.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Progress = Progress {
        left: Duration::from_secs(20),
        since_last_request: Duration::ZERO,
        in_flight: 0,
        untried: 2,
        only_failed_before_left: false,
    };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn each_step_follows_from_how_far_the_asking_has_come() {
        let settings = FailoverSettings {
            attempt_timeout: ms(1000),
            ..FailoverSettings::default()
        };
        let state = |elapsed, since, in_flight, untried| Progress {
            left: ms(20_000_u64.saturating_sub(elapsed)),
            since_last_request: ms(since),
            in_flight,
            untried,
            only_failed_before_left: false,
        };
        for (what, progress, step) in [
            ("no request yet", START, Step::SendNext),
            ("one in flight", state(0, 0, 1, 1), Step::Wait(ms(1000))),
            (
                "no response yet",
                state(400, 400, 1, 1),
                Step::Wait(ms(600)),
            ),
            (
                "attempt timeout reached",
                state(1000, 1000, 1, 1),
                Step::SendNext,
            ),
            (
                "to the millisecond",
                Progress {
                    since_last_request: Duration::from_micros(999_001),
                    ..state(1000, 0, 1, 1)
                },
                Step::SendNext,
            ),
            ("the first failed", state(3, 3, 0, 1), Step::SendNext),
            (
                "both in flight",
                state(3000, 2000, 2, 0),
                Step::Wait(ms(17_000)),
            ),
            ("both failed", state(3000, 2000, 0, 0), Step::Conclude),
            (
                "total timeout reached",
                state(20_000, 2000, 2, 0),
                Step::Conclude,
            ),
            (
                "total timeout nearly reached",
                state(19_900, 10, 1, 1),
                Step::Wait(ms(100)),
            ),
            (
                "too late for another request",
                state(19_960, 1000, 1, 1),
                Step::Wait(ms(40)),
            ),
            (
                "total timeout before the first request",
                state(20_001, 0, 0, 2),
                Step::Conclude,
            ),
        ] {
            assert_eq!(next_step(&progress, &settings), step, "{what}");
        }
        let doubts = |since| Progress {
            only_failed_before_left: true,
            ..state(since, since, 1, 0)
        };
        assert_eq!(next_step(&doubts(500), &settings), Step::Wait(ms(1500)));
        assert_eq!(next_step(&doubts(2000), &settings), Step::Conclude);
    }
}

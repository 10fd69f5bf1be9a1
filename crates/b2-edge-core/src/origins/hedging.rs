//! When to ask the next origin beside the one that is silent.
//!
//! An origin that has sent nothing for the attempt timeout is not abandoned: the next one is asked
//! beside it and the first good answer wins (a hedged request; Dean and Barroso, "The Tail at
//! Scale", 2013). An origin that has failed is followed by the next at once. One that is silent is waited
//! for even when others have said that there is no such object, because they may lag behind it; but not
//! for long if it had failed before.

use std::time::Duration;

use crate::origins::settings::FailoverSettings;

/// How far the asking has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Since the request of the client came.
    pub elapsed: Duration,
    /// Since an origin was asked last; irrelevant while none was.
    pub since_last_request: Duration,
    /// Origins that have not yet given an outcome.
    pub in_flight: usize,
    /// Origins that have not been asked.
    pub untried: usize,
    /// Whether some origin has said that there is no such object, and all that are silent had failed
    /// before.
    pub only_open_breakers_left: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Ask the next origin.
    SendNext,
    /// Wait for those in flight, at most so long.
    Wait(Duration),
    /// Conclude from what is there.
    Conclude,
}

/// Decides the next step of a read that no origin has answered yet.
#[must_use]
pub fn next_step(progress: &Progress, settings: &FailoverSettings) -> Step {
    let left = settings.total_timeout.saturating_sub(progress.elapsed);
    if left.is_zero() {
        return Step::Conclude;
    }
    match (progress.in_flight, progress.untried) {
        (0, 0) => Step::Conclude,
        (0, _) => Step::SendNext,
        (_, 0) if progress.only_open_breakers_left => {
            let grace = settings.attempt_timeout * 2;
            wait_or(Step::Conclude, grace, progress, left)
        }
        (_, 0) => Step::Wait(left),
        (_, _) => wait_or(Step::SendNext, settings.attempt_timeout, progress, left),
    }
}

fn wait_or(then: Step, patience: Duration, progress: &Progress, left: Duration) -> Step {
    let patience = patience.saturating_sub(progress.since_last_request);
    // The host waits in whole milliseconds.
    if patience < Duration::from_millis(1) {
        then
    } else {
        Step::Wait(patience.min(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Progress = Progress {
        elapsed: Duration::ZERO,
        since_last_request: Duration::ZERO,
        in_flight: 0,
        untried: 2,
        only_open_breakers_left: false,
    };

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn each_step_follows_from_how_far_the_asking_has_come() {
        let settings = FailoverSettings {
            attempt_timeout: ms(1000),
            total_timeout: ms(20_000),
            ..FailoverSettings::default()
        };
        let asked = |elapsed, since, in_flight, untried| Progress {
            elapsed: ms(elapsed),
            since_last_request: ms(since),
            in_flight,
            untried,
            only_open_breakers_left: false,
        };
        for (what, progress, step) in [
            ("nothing asked", START, Step::SendNext),
            ("one asked", asked(0, 0, 1, 1), Step::Wait(ms(1000))),
            ("it is silent", asked(400, 400, 1, 1), Step::Wait(ms(600))),
            ("for too long", asked(1000, 1000, 1, 1), Step::SendNext),
            (
                "to the millisecond",
                Progress {
                    since_last_request: Duration::from_micros(999_001),
                    ..asked(1000, 0, 1, 1)
                },
                Step::SendNext,
            ),
            ("it failed at once", asked(3, 3, 0, 1), Step::SendNext),
            (
                "both silent",
                asked(3000, 2000, 2, 0),
                Step::Wait(ms(17_000)),
            ),
            ("both failed", asked(3000, 2000, 0, 0), Step::Conclude),
            ("time is up", asked(20_000, 2000, 2, 0), Step::Conclude),
            ("nearly", asked(19_900, 10, 1, 1), Step::Wait(ms(100))),
            ("up before asking", asked(20_001, 0, 0, 2), Step::Conclude),
        ] {
            assert_eq!(next_step(&progress, &settings), step, "{what}");
        }
        let doubts = |since| Progress {
            only_open_breakers_left: true,
            ..asked(since, since, 1, 0)
        };
        assert_eq!(next_step(&doubts(500), &settings), Step::Wait(ms(1500)));
        assert_eq!(next_step(&doubts(2000), &settings), Step::Conclude);
    }
}

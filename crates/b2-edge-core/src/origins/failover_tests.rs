//! Tests of single steps, and a simulation of fetches from up to six origins with random outcomes and times.

use fastrand::Rng;

use super::*;
use crate::origins::consensus::{Exhausted, NotFound};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn settings() -> FailoverSettings {
    FailoverSettings {
        attempt_timeout: ms(1000),
        ..FailoverSettings::default()
    }
}

fn of_two() -> Failover {
    Failover::new(&[0, 1], ms(20_000), &settings())
}

#[test]
fn the_next_origin_is_tried_after_a_failure_or_the_attempt_timeout() {
    let mut fetch = of_two();
    assert_eq!(fetch.next_step(ms(0), true), Step::Try(0));
    fetch.sent(0, false, ms(0));
    for (now, step) in [
        (0, Step::Wait(ms(1000))),
        (400, Step::Wait(ms(600))),
        (19_960, Step::Wait(ms(40))),
        (20_000, Step::Conclude),
    ] {
        assert_eq!(fetch.clone().next_step(ms(now), true), step, "{now}");
    }
    let almost = Duration::from_micros(999_001);
    assert_eq!(fetch.clone().next_step(almost, true), Step::Try(1));
    assert_eq!(fetch.clone().next_step(ms(1000), true), Step::Try(1));
    assert_eq!(
        fetch.clone().next_step(ms(1000), false),
        Step::Wait(ms(19_000)),
        "no further request is allowed"
    );
    fetch.failed(0, Failure::ServerError, None);
    assert_eq!(fetch.next_step(ms(3), true), Step::Try(1));
    fetch.sent(1, false, ms(3));
    assert_eq!(fetch.next_step(ms(1003), true), Step::Wait(ms(18_997)));
    fetch.failed(1, Failure::ServerError, None);
    assert_eq!(fetch.next_step(ms(1003), true), Step::Conclude);
    assert_eq!(fetch.conclude(), Conclusion::Exhausted(Exhausted::Failed));
}

#[test]
fn an_origin_whose_breaker_is_open_is_tried_last_and_never_after_a_not_found() {
    let mut fetch = of_two();
    assert_eq!(fetch.next_step(ms(0), true), Step::Try(0));
    fetch.postpone(0);
    assert_eq!(fetch.next_step(ms(0), true), Step::Try(1));
    fetch.sent(1, false, ms(0));
    let mut after_failure = fetch.clone();
    after_failure.failed(1, Failure::Busy, None);
    assert_eq!(after_failure.next_step(ms(9), true), Step::TryLast(0));
    fetch.not_found(1, NotFoundAs::NotFound, true, ms(9));
    assert_eq!(fetch.next_step(ms(9), true), Step::Conclude);
    let doubtful = NotFound {
        said: NotFoundAs::NotFound,
        unanimous: false,
        is_confirmed: false,
    };
    assert_eq!(fetch.conclude(), Conclusion::NotFound(doubtful));
}

#[test]
fn after_a_not_found_a_silent_origin_has_one_more_attempt_timeout_and_one_with_an_open_breaker_none()
 {
    for (is_open, step) in [(false, Step::Wait(ms(1000))), (true, Step::Conclude)] {
        let mut fetch = of_two();
        fetch.next_step(ms(0), true);
        fetch.sent(0, is_open, ms(0));
        fetch.next_step(ms(1000), true);
        fetch.sent(1, false, ms(1000));
        fetch.not_found(1, NotFoundAs::NotFound, true, ms(1100));
        assert_eq!(
            fetch.clone().next_step(ms(1100), true),
            step,
            "open: {is_open}"
        );
        assert_eq!(fetch.next_step(ms(2100), true), Step::Conclude);
    }
}

#[test]
fn another_version_is_a_vote_and_the_others_are_waited_for() {
    let mut fetch = of_two();
    fetch.next_step(ms(0), true);
    fetch.sent(0, false, ms(0));
    fetch.next_step(ms(1000), true);
    fetch.sent(1, false, ms(1000));
    fetch.other_version(1);
    assert_eq!(fetch.next_step(ms(2500), true), Step::Wait(ms(17_500)));
    let mut unanimous = fetch.clone();
    unanimous.other_version(0);
    for (fetch, unanimous) in [(unanimous, true), (fetch, false)] {
        let conclusion = fetch.conclude();
        assert_eq!(conclusion, Conclusion::OtherVersion { unanimous });
    }
}

#[test]
fn a_denial_of_a_pinned_version_does_not_mean_that_the_version_is_gone() {
    for (said, unanimous) in [
        (NotFoundAs::NotFound, true),
        (NotFoundAs::AccessDenied, false),
    ] {
        let mut fetch = of_two().pinned(true);
        for origin in 0..2 {
            assert_eq!(fetch.next_step(ms(0), true), Step::Try(origin));
            fetch.sent(origin, false, ms(0));
            fetch.not_found(origin, said, true, ms(0));
        }
        assert_eq!(fetch.next_step(ms(0), true), Step::Conclude);
        assert_eq!(fetch.conclude(), Conclusion::OtherVersion { unanimous });
    }
}

#[test]
fn a_404_that_is_final_is_not_certain_while_a_breaker_is_open() {
    let settings = FailoverSettings {
        try_others_on_404: false,
        ..settings()
    };
    for (is_open, unanimous) in [(true, false), (false, true)] {
        let mut fetch = Failover::new(&[0, 1, 2], ms(20_000), &settings);
        let mut first = 0;
        fetch.next_step(ms(0), true);
        if is_open {
            fetch.postpone(0);
            fetch.next_step(ms(0), true);
            first = 1;
        }
        fetch.sent(first, false, ms(0));
        fetch.not_found(first, NotFoundAs::NotFound, true, ms(5));
        assert_eq!(fetch.next_step(ms(5), true), Step::Conclude);
        let Conclusion::NotFound(not_found) = fetch.conclude() else {
            panic!("a 404");
        };
        assert_eq!(not_found.unanimous, unanimous, "open: {is_open}");
    }
}

#[test]
fn an_origin_that_had_less_than_the_attempt_timeout_has_not_failed() {
    let mut fetch = Failover::new(&[0, 1], ms(1000), &settings());
    fetch.next_step(ms(0), true);
    fetch.sent(0, false, ms(0));
    fetch.failed(0, Failure::ServerError, None);
    fetch.next_step(ms(900), true);
    fetch.sent(1, false, ms(900));
    assert_eq!(fetch.next_step(ms(1000), true), Step::Conclude);
    assert!(fetch.is_over(ms(1000)) && !fetch.has_exceeded(1, ms(1000)));
}

/// What an origin of the simulation does.
#[derive(Clone, Copy, Debug)]
struct Simulated {
    breaker: Breaker,
    /// When it responds, after the request; `None` for never.
    after: Option<Duration>,
    says: Says,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breaker {
    Closed,
    HalfOpen,
    Open,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Object,
    NotFound,
    OtherVersion,
    Failure,
}

/// What became of a simulated fetch.
#[derive(Debug)]
struct Ended {
    served_by: Option<usize>,
    conclusion: Option<Conclusion>,
    at: Duration,
    /// When each origin got the request.
    sent: Vec<Option<Duration>>,
    first_not_found: Option<Duration>,
}

fn simulate(origins: &[Simulated], deadline: Duration, settings: &FailoverSettings) -> Ended {
    let order: Vec<usize> = (0..origins.len()).collect();
    let mut fetch = Failover::new(&order, deadline, settings);
    let mut now = Duration::ZERO;
    let mut sent = vec![None; origins.len()];
    let mut waiting: Vec<usize> = Vec::new();
    let mut first_not_found = None;
    // Each step sends, postpones, waits or ends: there can be no more than a few for each origin.
    for _ in 0..100 {
        let step = fetch.next_step(now, true);
        match step {
            Step::Try(origin) if origins[origin].breaker == Breaker::Open => fetch.postpone(origin),
            Step::Try(origin) | Step::TryLast(origin) => {
                assert_eq!(sent[origin], None, "an origin is tried once");
                assert!(now < deadline, "not after the deadline");
                sent[origin] = Some(now);
                waiting.push(origin);
                fetch.sent(origin, matches!(step, Step::TryLast(_)), now);
            }
            Step::Wait(limit) => {
                assert!(!limit.is_zero() && !waiting.is_empty());
                let arrival = |origin: usize| Some(sent[origin]? + origins[origin].after?);
                let next = waiting
                    .iter()
                    .filter_map(|&origin| Some((arrival(origin)?.max(now), origin)))
                    .min();
                match next.filter(|(at, _)| *at <= now + limit) {
                    None => now += limit,
                    Some((at, origin)) => {
                        now = at;
                        waiting.retain(|&other| other != origin);
                        match origins[origin].says {
                            Says::Object => {
                                return Ended {
                                    served_by: Some(origin),
                                    conclusion: None,
                                    at: now,
                                    sent,
                                    first_not_found,
                                };
                            }
                            Says::NotFound => {
                                first_not_found.get_or_insert(now);
                                let said = NotFoundAs::NotFound;
                                fetch.not_found(origin, said, true, now);
                            }
                            Says::OtherVersion => fetch.other_version(origin),
                            Says::Failure => fetch.failed(origin, Failure::ServerError, None),
                        }
                    }
                }
            }
            Step::Conclude => {
                return Ended {
                    served_by: None,
                    conclusion: Some(fetch.conclude()),
                    at: now,
                    sent,
                    first_not_found,
                };
            }
        }
    }
    panic!("it does not end");
}

fn check(origins: &[Simulated], deadline: Duration, settings: &FailoverSettings) {
    let ended = simulate(origins, deadline, settings);
    let context = format!("{origins:?}, deadline {deadline:?}: {ended:?}");
    let arrival = |origin: usize| Some(ended.sent[origin]? + origins[origin].after?);
    assert!(ended.at <= deadline, "the deadline holds: {context}");
    for (origin, simulated) in origins.iter().enumerate() {
        // What arrives at the very end may come second.
        let has_arrived = arrival(origin).is_some_and(|arrival| arrival < ended.at);
        if simulated.says == Says::Object && has_arrived {
            assert!(ended.served_by.is_some(), "an object is served: {context}");
        }
        // An open breaker: only when nothing better is known.
        if simulated.breaker == Breaker::Open
            && let (Some(sent), Some(not_found)) = (ended.sent[origin], ended.first_not_found)
        {
            assert!(sent <= not_found, "not after a 404: {context}");
        }
    }
    if let Some(not_found) = ended.first_not_found {
        let limit = not_found + settings.attempt_timeout;
        assert!(
            ended.at <= limit,
            "one attempt timeout after a 404: {context}"
        );
    }
    let closed_untried = origins.iter().enumerate().any(|(origin, simulated)| {
        simulated.breaker != Breaker::Open && ended.sent[origin].is_none()
    });
    if ended.served_by.is_none() && ended.at + LEAST_TIME < deadline {
        assert!(!closed_untried, "every closed origin is tried: {context}");
    }
    let all_said = |says: &[Says]| {
        origins.iter().enumerate().all(|(origin, simulated)| {
            says.contains(&simulated.says)
                && arrival(origin).is_some_and(|arrival| arrival <= ended.at)
        })
    };
    match ended.conclusion {
        Some(Conclusion::NotFound(not_found)) => {
            let is_agreed = all_said(&[Says::NotFound]);
            assert_eq!(not_found.unanimous, is_agreed, "{context}");
            assert_eq!(not_found.is_confirmed, is_agreed, "{context}");
        }
        Some(Conclusion::OtherVersion { unanimous }) => {
            let is_agreed = all_said(&[Says::NotFound, Says::OtherVersion]);
            assert_eq!(unanimous, is_agreed, "{context}");
        }
        Some(Conclusion::Exhausted(_)) => {
            assert_eq!(ended.first_not_found, None, "{context}");
        }
        None => {}
    }
    // Without a 404, nothing ends the fetch before the deadline but that all have responded.
    if ended.served_by.is_none() && ended.first_not_found.is_none() && ended.at < deadline {
        assert!(all_said(&[Says::OtherVersion, Says::Failure]), "{context}");
    }
}

#[test]
fn whatever_the_origins_do_no_rule_of_failover_is_broken() {
    const CASES: usize = 200_000;
    let mut rng = Rng::with_seed(20_261_126);
    for _ in 0..CASES {
        let settings = FailoverSettings {
            attempt_timeout: ms(rng.u64(50..2000)),
            ..settings()
        };
        let deadline = settings.attempt_timeout * rng.u32(1..20);
        let origins: Vec<Simulated> = (0..rng.usize(1..=6))
            .map(|_| Simulated {
                breaker: [Breaker::Closed, Breaker::HalfOpen, Breaker::Open][rng.usize(0..3)],
                after: (rng.u8(0..5) > 0).then(|| ms(rng.u64(0..3000))),
                says: [
                    Says::Object,
                    Says::NotFound,
                    Says::OtherVersion,
                    Says::Failure,
                ][rng.usize(0..4)],
            })
            .collect();
        check(&origins, deadline, &settings);
    }
}

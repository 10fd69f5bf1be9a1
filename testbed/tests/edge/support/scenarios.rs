//! Everything that an origin does wrong in these tests, and what should come of it.

use std::time::Duration;

use b2_edge_testbed::{CannedAnswer, Fault, FaultGuard, Origin};
use http::StatusCode;

/// Longer than any test waits for an answer.
pub(crate) const FOREVER: Duration = Duration::from_mins(2);

/// Where a small body breaks: inside it, and well inside the first packet.
const IN_A_SMALL_BODY: usize = 5000;

/// One way in which origins fail.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// `None`: nothing listens on the port.
    fault: Option<Fault>,
    /// What the log says of the attempt; `None` where that depends on who loses a race.
    pub(crate) outcome: Option<&'static str>,
    /// What a client hears when every origin is in this scenario and the cache has nothing.
    pub(crate) when_all: StatusCode,
}

impl Scenario {
    /// Makes an origin fail for one key, or for all when nothing is to listen.
    pub(crate) async fn strike(&self, origin: &Origin, key: &str) -> Option<FaultGuard> {
        if let Some(fault) = &self.fault {
            return Some(origin.inject(key, fault.clone()));
        }
        origin.stop_listening().await.expect("stopped");
        None
    }

    /// Whether it concerns one key and leaves others alone.
    pub(crate) fn is_of_one_key(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether it is what an origin without the object says, and no failure.
    pub(crate) fn says_missing(&self) -> bool {
        self.when_all == StatusCode::NOT_FOUND
    }
}

fn scenario(
    name: &'static str,
    fault: Fault,
    outcome: impl Into<Option<&'static str>>,
    when_all: StatusCode,
) -> Scenario {
    Scenario {
        name,
        fault: Some(fault),
        outcome: outcome.into(),
        when_all,
    }
}

/// No answer, or none in time.
pub(crate) fn of_the_connection() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    vec![
        Scenario {
            name: "refused",
            fault: None,
            outcome: Some("unreachable"),
            when_all: bad,
        },
        scenario("reset", Fault::ResetConnection, "unreachable", bad),
        scenario("closed", Fault::CloseConnection, "unreachable", bad),
        scenario(
            "stall-before-headers",
            Fault::StallBeforeHeaders(FOREVER),
            None,
            bad,
        ),
    ]
}

/// An answer that is none, by its status.
pub(crate) fn of_the_status() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    let missing = StatusCode::NOT_FOUND;
    let answer = Fault::Answer;
    let status = |status| Fault::Answer(CannedAnswer::status(status));
    vec![
        scenario("500", status(500), "server_error", bad),
        scenario("502", status(502), "server_error", bad),
        scenario("504", status(504), "server_error", bad),
        scenario(
            "503-slow-down",
            answer(CannedAnswer::slow_down()),
            "busy",
            busy,
        ),
        scenario(
            "429-retry-after",
            answer(CannedAnswer::status(429).retry_after(1)),
            "busy",
            busy,
        ),
        scenario(
            "403-bad-key",
            answer(CannedAnswer::signature_mismatch()),
            "key_refused",
            bad,
        ),
        scenario("404", status(404), None, missing),
        scenario(
            "403-denied",
            answer(CannedAnswer::access_denied()),
            None,
            missing,
        ),
        scenario("400", status(400), "bad_request", StatusCode::BAD_REQUEST),
        scenario("301", status(301), "unexpected_status", bad),
    ]
}

/// An answer whose content is not the object.
pub(crate) fn of_the_content() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let dripping = Fault::StallInAnswer {
        answer: CannedAnswer::slow_down(),
        after: 10,
        pause: FOREVER,
    };
    let garbage = |status| Fault::Answer(CannedAnswer::garbage(status));
    let mut scenarios = of_the_body(IN_A_SMALL_BODY, FOREVER);
    scenarios.extend([
        scenario("garbage-500", garbage(500), "server_error", bad),
        scenario("garbage-403", garbage(403), "key_refused", bad),
        scenario(
            "dripping-503",
            dripping,
            None,
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        scenario("error-under-206", Fault::ErrorDocumentUnder206, None, bad),
        scenario(
            "disguised-error-under-206",
            Fault::DisguisedErrorUnder206,
            None,
            bad,
        ),
        scenario("wrong-range", Fault::WrongRange, None, bad),
        scenario("length-unlike-range", Fault::LengthUnlikeRange, None, bad),
    ]);
    scenarios
}

/// A body that breaks after so many bytes, or pauses there.
pub(crate) fn of_the_body(after: usize, pause: Duration) -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let stall = Fault::StallInBody { after, pause };
    vec![
        scenario("stall-in-body", stall, None, bad),
        scenario("reset-in-body", Fault::StopInBody { after }, None, bad),
        scenario("short-body", Fault::ShortBody { after }, None, bad),
    ]
}

pub(crate) fn all() -> Vec<Scenario> {
    let mut scenarios = of_the_connection();
    scenarios.extend(of_the_status());
    scenarios.extend(of_the_content());
    scenarios
}

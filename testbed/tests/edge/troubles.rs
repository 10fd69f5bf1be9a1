//! Everything that an origin does wrong in these tests, and what should come of it.

use std::time::Duration;

use b2_edge_testbed::{CannedAnswer, Fault, FaultGuard, Origin};
use http::StatusCode;

/// Longer than any test waits for an answer.
pub(crate) const FOREVER: Duration = Duration::from_mins(2);

/// Where a small body breaks: inside it, and well inside the first packet.
const IN_A_SMALL_BODY: usize = 5000;

/// One way in which origins fail.
pub(crate) struct Trouble {
    pub(crate) name: &'static str,
    /// `None`: nothing listens on the port.
    fault: Option<Fault>,
    /// What the log says of the attempt; `None` where that depends on who loses a race.
    pub(crate) outcome: Option<&'static str>,
    /// What a client hears when every origin is in this trouble and the cache has nothing.
    pub(crate) when_all: StatusCode,
}

impl Trouble {
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

fn trouble(
    name: &'static str,
    fault: Fault,
    outcome: impl Into<Option<&'static str>>,
    when_all: StatusCode,
) -> Trouble {
    Trouble {
        name,
        fault: Some(fault),
        outcome: outcome.into(),
        when_all,
    }
}

/// No answer, or none in time.
pub(crate) fn of_the_connection() -> Vec<Trouble> {
    let bad = StatusCode::BAD_GATEWAY;
    vec![
        Trouble {
            name: "refused",
            fault: None,
            outcome: Some("unreachable"),
            when_all: bad,
        },
        trouble("reset", Fault::ResetConnection, "unreachable", bad),
        trouble("closed", Fault::CloseConnection, "unreachable", bad),
        trouble(
            "stall-before-headers",
            Fault::StallBeforeHeaders(FOREVER),
            None,
            bad,
        ),
    ]
}

/// An answer that is none, by its status.
pub(crate) fn of_the_status() -> Vec<Trouble> {
    let bad = StatusCode::BAD_GATEWAY;
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    let missing = StatusCode::NOT_FOUND;
    let answer = Fault::Answer;
    let status = |status| Fault::Answer(CannedAnswer::status(status));
    vec![
        trouble("500", status(500), "server_error", bad),
        trouble("502", status(502), "server_error", bad),
        trouble("504", status(504), "server_error", bad),
        trouble(
            "503-slow-down",
            answer(CannedAnswer::slow_down()),
            "busy",
            busy,
        ),
        trouble(
            "429-retry-after",
            answer(CannedAnswer::status(429).retry_after(1)),
            "busy",
            busy,
        ),
        trouble(
            "403-bad-key",
            answer(CannedAnswer::signature_mismatch()),
            "key_refused",
            bad,
        ),
        trouble("404", status(404), None, missing),
        trouble(
            "403-denied",
            answer(CannedAnswer::access_denied()),
            None,
            missing,
        ),
        trouble("400", status(400), "bad_request", StatusCode::BAD_REQUEST),
        trouble("301", status(301), "unexpected_status", bad),
    ]
}

/// An answer whose content is not the object.
pub(crate) fn of_the_content() -> Vec<Trouble> {
    let bad = StatusCode::BAD_GATEWAY;
    let dripping = Fault::StallInAnswer {
        answer: CannedAnswer::slow_down(),
        after: 10,
        pause: FOREVER,
    };
    let garbage = |status| Fault::Answer(CannedAnswer::garbage(status));
    let mut troubles = of_the_body(IN_A_SMALL_BODY, FOREVER);
    troubles.extend([
        trouble("garbage-500", garbage(500), "server_error", bad),
        trouble("garbage-403", garbage(403), "key_refused", bad),
        trouble(
            "dripping-503",
            dripping,
            None,
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        trouble("error-under-206", Fault::ErrorDocumentUnder206, None, bad),
        trouble(
            "disguised-error-under-206",
            Fault::DisguisedErrorUnder206,
            None,
            bad,
        ),
        trouble("wrong-range", Fault::WrongRange, None, bad),
        trouble("length-unlike-range", Fault::LengthUnlikeRange, None, bad),
    ]);
    troubles
}

/// A body that breaks after so many bytes, or pauses there.
pub(crate) fn of_the_body(after: usize, pause: Duration) -> Vec<Trouble> {
    let bad = StatusCode::BAD_GATEWAY;
    let stall = Fault::StallInBody { after, pause };
    vec![
        trouble("stall-in-body", stall, None, bad),
        trouble("reset-in-body", Fault::StopInBody { after }, None, bad),
        trouble("short-body", Fault::ShortBody { after }, None, bad),
    ]
}

pub(crate) fn all() -> Vec<Trouble> {
    let mut troubles = of_the_connection();
    troubles.extend(of_the_status());
    troubles.extend(of_the_content());
    troubles
}

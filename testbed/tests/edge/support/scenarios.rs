//! Every failure of an origin that these tests inject, and the expected result.

use std::time::Duration;

use b2_edge_testbed::{CannedResponse, Fault, FaultGuard, Origin};
use http::StatusCode;

/// Longer than any test waits for a response.
pub(crate) const FOREVER: Duration = Duration::from_mins(2);

/// Where a small body breaks off: within its first packet.
const IN_A_SMALL_BODY: usize = 5000;

/// One way in which origins fail, and what is expected then.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// `None`: the origin refuses connections.
    fault: Option<Fault>,
    /// The outcome of the first attempt in the log, where another origin serves.
    pub(crate) outcome: &'static str,
    /// The status of the response when every origin fails in this way and nothing is cached.
    pub(crate) when_all: StatusCode,
}

impl Scenario {
    /// Makes an origin fail for one key, or for all keys if it refuses connections.
    pub(crate) async fn apply(&self, origin: &Origin, key: &str) -> Option<FaultGuard> {
        if let Some(fault) = &self.fault {
            return Some(origin.inject(key, fault.clone()));
        }
        origin.stop_listening().await.expect("stopped");
        None
    }

    /// Whether it affects one key and no other.
    pub(crate) fn is_of_one_key(&self) -> bool {
        self.fault.is_some()
    }

    /// Whether the origin is silent for longer than any client waits.
    pub(crate) fn hangs(&self) -> bool {
        self.name == "stall-before-headers"
    }

    /// Whether the response means that the object is missing, and nothing else.
    pub(crate) fn confirms_missing(&self) -> bool {
        self.name == "404"
    }

    /// Whether the origin responds like one without the object, which is not a failure.
    pub(crate) fn says_missing(&self) -> bool {
        self.when_all == StatusCode::NOT_FOUND
    }
}

fn scenario(
    name: &'static str,
    fault: Fault,
    outcome: &'static str,
    when_all: StatusCode,
) -> Scenario {
    Scenario {
        name,
        fault: Some(fault),
        outcome,
        when_all,
    }
}

/// No response, or not in time.
pub(crate) fn of_the_connection() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    vec![
        Scenario {
            name: "refused",
            fault: None,
            outcome: "unreachable",
            when_all: bad,
        },
        scenario("reset", Fault::ResetConnection, "unreachable", bad),
        scenario("closed", Fault::CloseConnection, "unreachable", bad),
        scenario(
            "stall-before-headers",
            Fault::StallBeforeHeaders(FOREVER),
            "overtaken",
            bad,
        ),
    ]
}

/// A response with the status of a failure.
pub(crate) fn of_the_status() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    let missing = StatusCode::NOT_FOUND;
    let response = Fault::Respond;
    let status = |status| Fault::Respond(CannedResponse::status(status));
    vec![
        scenario("500", status(500), "server_error", bad),
        scenario("502", status(502), "server_error", bad),
        scenario("504", status(504), "server_error", bad),
        scenario(
            "503-slow-down",
            response(CannedResponse::slow_down()),
            "busy",
            busy,
        ),
        scenario(
            "429-retry-after",
            response(CannedResponse::status(429).retry_after(1)),
            "busy",
            busy,
        ),
        scenario(
            "403-bad-key",
            response(CannedResponse::signature_mismatch()),
            "key_refused",
            bad,
        ),
        scenario("404", status(404), "not_found", missing),
        scenario(
            "403-denied",
            response(CannedResponse::access_denied()),
            "denied",
            missing,
        ),
        scenario(
            "403-transaction-cap",
            response(CannedResponse::transaction_cap()),
            "cap_exceeded",
            busy,
        ),
        scenario(
            "403-download-cap",
            response(CannedResponse::download_cap()),
            "cap_exceeded",
            busy,
        ),
        scenario(
            "404-no-such-bucket",
            response(CannedResponse::no_such_bucket()),
            "no_such_bucket",
            bad,
        ),
        scenario(
            "403-clock-skew",
            response(CannedResponse::clock_skew()),
            "clock_skewed",
            bad,
        ),
        scenario("400", status(400), "bad_request", StatusCode::BAD_REQUEST),
        scenario("301", status(301), "unexpected_status", bad),
    ]
}

/// A response with content other than the object.
pub(crate) fn of_the_content() -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let dripping = Fault::StallInResponse {
        response: CannedResponse::slow_down(),
        after: 10,
        pause: FOREVER,
    };
    let garbage = |status| Fault::Respond(CannedResponse::garbage(status));
    let mut scenarios = of_the_body(IN_A_SMALL_BODY, FOREVER);
    scenarios.extend([
        scenario("garbage-500", garbage(500), "server_error", bad),
        scenario("garbage-403", garbage(403), "blocked", bad),
        scenario(
            "dripping-503",
            dripping,
            "busy",
            StatusCode::SERVICE_UNAVAILABLE,
        ),
        scenario(
            "error-under-206",
            Fault::ErrorDocumentUnder206,
            "unexpected_status",
            bad,
        ),
        scenario(
            "disguised-error-under-206",
            Fault::DisguisedErrorUnder206,
            "asked_for_the_whole",
            bad,
        ),
        scenario("wrong-range", Fault::WrongRange, "unexpected_status", bad),
        scenario(
            "length-unlike-range",
            Fault::LengthUnlikeRange,
            "unexpected_status",
            bad,
        ),
    ]);
    scenarios
}

/// A body that breaks off or pauses after `after` bytes.
pub(crate) fn of_the_body(after: usize, pause: Duration) -> Vec<Scenario> {
    let bad = StatusCode::BAD_GATEWAY;
    let stall = Fault::StallInBody { after, pause };
    vec![
        scenario("stall-in-body", stall, "broken_off", bad),
        scenario(
            "reset-in-body",
            Fault::StopInBody { after },
            "broken_off",
            bad,
        ),
        scenario("short-body", Fault::ShortBody { after }, "broken_off", bad),
    ]
}

pub(crate) fn all() -> Vec<Scenario> {
    let mut scenarios = of_the_connection();
    scenarios.extend(of_the_status());
    scenarios.extend(of_the_content());
    scenarios
}

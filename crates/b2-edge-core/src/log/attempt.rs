//! One request to an origin, as the log has it.

use std::time::Duration;

use serde::Serialize;

use crate::http::method::ReadMethod;
use crate::http::server_timing::push_metric;
use crate::origins::outcome::{Failure, OriginResponse, Outcome, Verdict};
use crate::s3::credentials::{application_key_secret, key_id_secret};
use crate::setup::problem::Problem;

/// An element of log field `attempts`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LoggedAttempt {
    origin: String,
    /// The key of the object, where it is not the one that the path names.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The verdict's reason.
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// The code of the S3 error document.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    duration: Duration,
    /// The length of the response's content; absent without a response or a length.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    /// What an operator has to correct.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

impl LoggedAttempt {
    /// A request with `method` to the backend `origin`, from sending it to the verdict.
    #[must_use]
    pub fn new(
        origin: &str,
        method: ReadMethod,
        outcome: &Outcome,
        verdict: Verdict,
        duration: Duration,
    ) -> Self {
        let response = outcome.response();
        Self {
            origin: origin.to_owned(),
            key: None,
            outcome: verdict.reason(),
            status: response.map(|response| response.status),
            code: response.and_then(|response| response.code.clone()),
            duration,
            bytes: response.and_then(|response| content_length(method, response)),
            problems: remedy(origin, verdict).into_iter().collect(),
        }
    }

    /// The same, for an object whose key is not the one that the path names.
    #[must_use]
    pub fn at(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// Shortens it for a line that is too long.
    pub(super) fn cut(&mut self) {
        self.key.iter_mut().for_each(super::cut);
    }

    /// An origin that was skipped, because it is misconfigured.
    #[must_use]
    pub fn misconfigured(origin: &str, problems: &[Problem]) -> Self {
        Self {
            origin: origin.to_owned(),
            key: None,
            outcome: Failure::Misconfigured.reason(),
            status: None,
            code: None,
            duration: Duration::ZERO,
            bytes: None,
            problems: problems.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Attempts as metrics of `Server-Timing`; `None` without any. Names of backends and outcomes need no escape
/// in a quoted string.
#[must_use]
pub fn server_timing(attempts: &[LoggedAttempt]) -> Option<String> {
    let mut metrics = String::new();
    for attempt in attempts {
        let description = [attempt.origin.as_str(), " ", attempt.outcome];
        push_metric(
            &mut metrics,
            "attempt",
            &description,
            Some(attempt.duration),
        );
    }
    (!metrics.is_empty()).then_some(metrics)
}

/// The length of a response's content. In a response to `HEAD` and in a 304, `Content-Length` is that of the
/// object, and there is no content (RFC 9110, section 8.6).
const fn content_length(method: ReadMethod, response: &OriginResponse) -> Option<u64> {
    match (method, response.status) {
        (ReadMethod::Head, _) | (ReadMethod::Get, 304) => Some(0),
        (ReadMethod::Get, _) => response.content_length,
    }
}

/// What an operator has to correct, where waiting does not help.
fn remedy(origin: &str, verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::FailOver(Failure::KeyRefused) => Some(format!(
            "{origin} refuses the key: check the secrets {} and {}",
            key_id_secret(origin),
            application_key_secret(origin)
        )),
        Verdict::FailOver(Failure::ClockSkewed) => Some(format!(
            "{origin} has another time than this service: by more than 15 minutes, which no secret can change"
        )),
        Verdict::FailOver(Failure::Blocked) => Some(format!(
            "{origin} refuses without an S3 error document: something in front of it, such as a firewall, blocks the requests"
        )),
        Verdict::FailOver(Failure::NoBucket) => Some(format!(
            "{origin} has no such bucket: check the address of the backend"
        )),
        Verdict::FailOver(Failure::CapExceeded) => Some(format!(
            "{origin} has reached a cap of its B2 account: raise it on the Caps & Alerts page, or wait until it is reset"
        )),
        Verdict::FailOver(_)
        | Verdict::Serve(_)
        | Verdict::NotFound(_)
        | Verdict::OtherVersion
        | Verdict::DiagnoseHead
        | Verdict::FetchWhole => None,
    }
}

fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(super::milliseconds(*duration))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::selection::Selection;

    #[test]
    fn an_attempt_counts_the_bytes_that_its_origin_promised() {
        let answer = |status| OriginResponse {
            status,
            content_length: Some(1234),
            ..OriginResponse::default()
        };
        let untold = OriginResponse {
            status: 200,
            ..OriginResponse::default()
        };
        for (method, outcome, bytes) in [
            (ReadMethod::Get, Outcome::Responded(answer(200)), Some(1234)),
            (
                ReadMethod::Get,
                Outcome::Incomplete(answer(200)),
                Some(1234),
            ),
            (ReadMethod::Get, Outcome::Responded(answer(304)), Some(0)),
            (ReadMethod::Head, Outcome::Responded(answer(200)), Some(0)),
            (ReadMethod::Get, Outcome::Responded(untold), None),
            (ReadMethod::Get, Outcome::TimedOut, None),
        ] {
            let verdict = Verdict::Serve(Selection::Whole);
            let attempt = LoggedAttempt::new("o", method, &outcome, verdict, Duration::ZERO);
            assert_eq!(attempt.bytes, bytes, "{method:?} {outcome:?}");
        }
    }

    #[test]
    fn attempts_are_metrics_for_a_browser() {
        let attempt = LoggedAttempt::new(
            "us_origin",
            ReadMethod::Get,
            &Outcome::TimedOut,
            Verdict::FailOver(Failure::TimedOut),
            Duration::from_micros(12_345),
        );
        assert_eq!(server_timing(&[]), None);
        assert_eq!(
            server_timing(&[attempt.clone(), attempt]).as_deref(),
            Some(
                "attempt;desc=\"us_origin timed_out\";dur=12.3, attempt;desc=\"us_origin timed_out\";dur=12.3"
            )
        );
    }
}

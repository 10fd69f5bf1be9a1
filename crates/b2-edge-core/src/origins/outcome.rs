//! What can come of asking one origin, and what can be done about it.

use crate::http::selection::Selection;
use std::time::Duration;

use http::HeaderValue;
use serde::{Deserialize, Serialize};

/// What came of asking one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Responded(OriginResponse),
    /// Its answer broke off, or stood still, before the end of its content.
    BrokenOff(OriginResponse),
    /// No connection, or one that broke before an answer came.
    Unreachable,
    /// A time limit for it ran out.
    TimedOut,
    /// It had not answered yet when another origin did.
    Overtaken,
    /// The request for it could not be signed.
    Unsigned,
}

impl Outcome {
    /// What it answered, as far as it came.
    #[must_use]
    pub const fn response(&self) -> Option<&OriginResponse> {
        match self {
            Self::Responded(response) | Self::BrokenOff(response) => Some(response),
            Self::Unreachable | Self::TimedOut | Self::Overtaken | Self::Unsigned => None,
        }
    }
}

/// What of an origin's answer the decision rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginResponse {
    /// The status.
    pub status: u16,
    /// The code of its S3 error document, if it has one.
    pub code: Option<String>,
    /// `Retry-After` in seconds, if it is there in that form (RFC 9110, section 10.2.3).
    pub retry_after: Option<Duration>,
    /// `Content-Range`, if it has one.
    pub content_range: Option<HeaderValue>,
    /// `Content-Length` in bytes, if it has one.
    pub content_length: Option<u64>,
    /// `ETag`, if it has one.
    pub etag: Option<HeaderValue>,
    /// Whether it has `Last-Modified`.
    pub is_dated: bool,
}

/// What to do about an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell the client.
    Serve(Selection),
    /// It says that there is no such object.
    NotFound(NotFoundAs),
    /// Ask the next origin.
    Next(Failure),
    /// A refusal without a document, as every refusal of `HEAD` is: ask the same origin by `GET`
    /// why, and judge that by [`judge_head_diagnosis`](crate::origins::verdict::judge_head_diagnosis).
    DiagnoseHead,
    /// The first part of the object is not to be had, or is doubtful: ask the same origin for the
    /// whole object.
    FetchWhole,
}

/// How an origin says that there is no such object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotFoundAs {
    /// 404. A missing bucket is told apart by its document, which `HEAD` does not have.
    NotFound,
    /// 403 `AccessDenied`.
    AccessDenied,
}

/// Why an origin did not answer for the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// [`Outcome::Unreachable`].
    Unreachable,
    /// [`Outcome::TimedOut`].
    TimedOut,
    /// [`Outcome::Overtaken`].
    Overtaken,
    /// [`Outcome::BrokenOff`].
    BrokenOff,
    /// 429, or 503 as S3's `SlowDown` has it: it wants fewer requests.
    Busy,
    /// Another 5xx.
    ServerError,
    /// 401, 403 or 400 with a code that is about our key or our signature.
    KeyRefused,
    /// 400 with any other code.
    BadRequest,
    /// 404 `NoSuchBucket`: the address names no bucket of it.
    NoBucket,
    /// A status that does not answer what was asked.
    Unexpected,
    /// It is misconfigured and was not asked.
    Misconfigured,
    /// [`Outcome::Unsigned`].
    Unsigned,
    /// The time or the platform's limit was up before it could be asked.
    NotTried,
}

impl NotFoundAs {
    /// What the client is told.
    pub const MESSAGE: &'static str = "There is no object at this address.";

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AccessDenied => "denied_by_all",
        }
    }
}

impl Failure {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Overtaken => "overtaken",
            Self::BrokenOff => "broken_off",
            Self::Busy => "busy",
            Self::ServerError => "server_error",
            Self::KeyRefused => "key_refused",
            Self::BadRequest => "bad_request",
            Self::NoBucket => "no_such_bucket",
            Self::Unexpected => "unexpected_status",
            Self::Misconfigured => "misconfigured",
            Self::Unsigned => "not_signable",
            Self::NotTried => "not_asked",
        }
    }

    /// Whether the origin goes last for a while. Not for what may be about this one request or
    /// object alone, nor for what no time will mend by itself.
    #[must_use]
    pub const fn trips_breaker(self) -> bool {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::Overtaken
            | Self::BrokenOff
            | Self::Busy
            | Self::ServerError
            | Self::KeyRefused
            | Self::NoBucket => true,
            Self::BadRequest
            | Self::Unexpected
            | Self::Misconfigured
            | Self::Unsigned
            | Self::NotTried => false,
        }
    }
}

impl Verdict {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Serve(served) => served.reason(),
            Self::NotFound(NotFoundAs::NotFound) => "not_found",
            Self::NotFound(NotFoundAs::AccessDenied) => "denied",
            Self::Next(failure) => failure.reason(),
            Self::DiagnoseHead => "refused_without_reason",
            Self::FetchWhole => "asked_for_the_whole",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::range::Span;

    #[test]
    fn every_reason_is_distinct() {
        let served = [
            Selection::Whole,
            Selection::Part(Span { first: 0, last: 1 }),
            Selection::NotModified,
            Selection::PreconditionFailed,
            Selection::RangeNotSatisfiable,
        ];
        let absences = [NotFoundAs::NotFound, NotFoundAs::AccessDenied];
        let failures = [
            Failure::Unreachable,
            Failure::TimedOut,
            Failure::Overtaken,
            Failure::BrokenOff,
            Failure::Busy,
            Failure::ServerError,
            Failure::KeyRefused,
            Failure::BadRequest,
            Failure::NoBucket,
            Failure::Unexpected,
            Failure::Misconfigured,
            Failure::Unsigned,
            Failure::NotTried,
        ];
        let verdicts = served
            .into_iter()
            .map(Verdict::Serve)
            .chain(absences.into_iter().map(Verdict::NotFound))
            .chain(failures.into_iter().map(Verdict::Next))
            .chain([Verdict::DiagnoseHead, Verdict::FetchWhole]);
        let reasons: Vec<_> = verdicts.map(Verdict::reason).collect();
        let distinct: std::collections::BTreeSet<_> = reasons.iter().collect();
        assert_eq!(distinct.len(), reasons.len(), "{reasons:?}");
    }
}

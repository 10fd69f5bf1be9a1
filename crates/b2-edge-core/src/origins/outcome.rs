//! The outcome of a request to one origin, and the verdict on it.

use std::time::{Duration, SystemTime};

use http::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::http::selection::Selection;
use crate::s3::error_document::Denial;

/// The outcome of a request to one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The origin responded.
    Responded(OriginResponse),
    /// The body ended early or stalled.
    Incomplete(OriginResponse),
    /// The connection failed before response headers arrived.
    Unreachable,
    /// A timeout expired.
    TimedOut,
    /// Cancelled, because another origin responded first.
    Canceled,
    /// Signing failed; no request was sent.
    Unsigned,
    /// The platform did not send the request, as when a limit of the execution is reached.
    NotSent,
}

impl Outcome {
    /// The response, also if its body ended early.
    #[must_use]
    pub const fn response(&self) -> Option<&OriginResponse> {
        match self {
            Self::Responded(response) | Self::Incomplete(response) => Some(response),
            Self::Unreachable
            | Self::TimedOut
            | Self::Canceled
            | Self::Unsigned
            | Self::NotSent => None,
        }
    }
}

/// The parts of an origin's response that the verdict depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginResponse {
    /// The status code.
    pub status: u16,
    /// The error code of the S3 error document, if the response has one.
    pub code: Option<String>,
    /// Why access is denied, if the code is `AccessDenied`.
    pub denial: Option<Denial>,
    /// `Retry-After`.
    pub retry_after: Option<Duration>,
    /// `Content-Range`, if present.
    pub content_range: Option<HeaderValue>,
    /// `Content-Length` in bytes, if present.
    pub content_length: Option<u64>,
    /// `ETag`, if present.
    pub etag: Option<HeaderValue>,
    /// `Last-Modified`, if it is a date.
    pub last_modified: Option<SystemTime>,
}

impl OriginResponse {
    /// Whether a 404 can mean nothing but that there is no object.
    #[must_use]
    pub fn says_no_such_key(&self) -> bool {
        self.code.as_deref() == Some("NoSuchKey")
    }

    /// Whether it is a 416 about an empty object, of which any range is not satisfiable.
    #[must_use]
    pub fn is_of_empty_object(&self) -> bool {
        let content_range = self.content_range.as_ref();
        self.status == 416 && content_range.is_some_and(|value| value == "bytes */0")
    }
}

/// What to do after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Serve the response.
    Serve(Selection),
    /// The origin does not have the object. Counts as a vote: see
    /// [`Consensus`](crate::origins::consensus::Consensus).
    NotFound(NotFoundAs),
    /// The origin has another version than the requested one, or an older one than is cached: a replica may lag behind.
    /// Counts as a vote.
    OtherVersion,
    /// The origin failed: try the next one.
    FailOver(Failure),
    /// The response is a refusal without an error document, as to every `HEAD`: send a `GET` to the same
    /// origin and judge its outcome by
    /// [`judge_head_diagnosis`](crate::origins::verdict::judge_head_diagnosis).
    DiagnoseHead,
    /// The range of the first segment is not satisfiable, as for an empty object, or the 206 may be an error
    /// document: request the whole object from the same origin.
    FetchWhole,
}

/// How an origin reports that it does not have the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotFoundAs {
    /// Status 404. To a `HEAD` this may also be a missing bucket, because only the error document distinguishes
    /// them.
    NotFound,
    /// 403 `AccessDenied`: the response to a key without `listFiles`.
    AccessDenied,
}

/// Why an origin failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// [`Outcome::Unreachable`].
    Unreachable,
    /// [`Outcome::TimedOut`].
    TimedOut,
    /// [`Outcome::Canceled`].
    Canceled,
    /// [`Outcome::Incomplete`].
    Incomplete,
    /// Rate limiting: 429, or 503 (S3's `SlowDown`).
    Busy,
    /// 403: a daily cap of the account is used up.
    CapExceeded,
    /// Any other 5xx.
    ServerError,
    /// Our key or signature was refused: 401, 403, or 400 with a code that says so.
    KeyRefused,
    /// 403 `RequestTimeTooSkewed`: its clock differs from ours by more than 15 minutes.
    ClockSkewed,
    /// 403 without an S3 error document, as from a firewall in front of the origin.
    Blocked,
    /// Any other 400.
    BadRequest,
    /// 404 `NoSuchBucket`.
    NoBucket,
    /// A response that is not valid for the request.
    Unexpected,
    /// The origin is misconfigured and was not contacted.
    Misconfigured,
    /// [`Outcome::Unsigned`].
    Unsigned,
    /// The total timeout or the limit of backend requests was reached before it was tried, or [`Outcome::NotSent`].
    NotTried,
}

impl NotFoundAs {
    /// The text of the 404 response.
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
    /// Every failure that opens a circuit breaker, which [`Failure::parse`] finds by its label.
    const REMEMBERED: [Self; 11] = [
        Self::Unreachable,
        Self::TimedOut,
        Self::Canceled,
        Self::Incomplete,
        Self::Busy,
        Self::CapExceeded,
        Self::ServerError,
        Self::KeyRefused,
        Self::ClockSkewed,
        Self::Blocked,
        Self::NoBucket,
    ];

    /// The failure with this label, if it opens a circuit breaker.
    #[must_use]
    pub fn parse(reason: &str) -> Option<Self> {
        let mut all = Self::REMEMBERED.into_iter();
        all.find(|failure| failure.reason() == reason)
    }

    /// What an operator has to do about it, where waiting may not help.
    #[must_use]
    pub const fn remedy(self) -> Option<&'static str> {
        match self {
            Self::CapExceeded => Some(
                "Raise the cap on the Caps & Alerts page of the B2 account, or wait until it is reset.",
            ),
            Self::KeyRefused => Some(
                "Check the two secrets of this origin: the key may have been deleted, or belong to another account or region.",
            ),
            Self::ClockSkewed => Some(
                "The clock of this origin differs by more than 15 minutes. Wait, or ask its operator; the secrets are not the cause.",
            ),
            Self::Blocked => Some(
                "Something in front of this origin, such as a firewall, blocks the requests. The secrets are not the cause.",
            ),
            Self::NoBucket => Some(
                "Check the address of the backend: it has to begin with the name of the bucket.",
            ),
            Self::Unreachable
            | Self::TimedOut
            | Self::Canceled
            | Self::Incomplete
            | Self::Busy
            | Self::ServerError
            | Self::BadRequest
            | Self::Unexpected
            | Self::Misconfigured
            | Self::Unsigned
            | Self::NotTried => None,
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Canceled => "overtaken",
            Self::Incomplete => "broken_off",
            Self::Busy => "busy",
            Self::CapExceeded => "cap_exceeded",
            Self::ServerError => "server_error",
            Self::KeyRefused => "key_refused",
            Self::ClockSkewed => "clock_skewed",
            Self::Blocked => "blocked",
            Self::BadRequest => "bad_request",
            Self::NoBucket => "no_such_bucket",
            Self::Unexpected => "unexpected_status",
            Self::Misconfigured => "misconfigured",
            Self::Unsigned => "not_signable",
            Self::NotTried => "not_asked",
        }
    }

    /// Whether this failure opens the origin's circuit breaker. Not if the cause may be this request or
    /// object alone, or if waiting does not help.
    #[must_use]
    pub const fn trips_breaker(self) -> bool {
        match self {
            Self::Unreachable
            | Self::TimedOut
            | Self::Canceled
            | Self::Incomplete
            | Self::Busy
            | Self::CapExceeded
            | Self::ServerError
            | Self::KeyRefused
            | Self::ClockSkewed
            | Self::Blocked
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
            Self::FailOver(failure) => failure.reason(),
            Self::OtherVersion => "other_version",
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
            Failure::Canceled,
            Failure::Incomplete,
            Failure::Busy,
            Failure::CapExceeded,
            Failure::ServerError,
            Failure::KeyRefused,
            Failure::ClockSkewed,
            Failure::Blocked,
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
            .chain(failures.into_iter().map(Verdict::FailOver))
            .chain([
                Verdict::OtherVersion,
                Verdict::DiagnoseHead,
                Verdict::FetchWhole,
            ]);
        let reasons: Vec<_> = verdicts.map(Verdict::reason).collect();
        let distinct: std::collections::BTreeSet<_> = reasons.iter().collect();
        assert_eq!(distinct.len(), reasons.len(), "{reasons:?}");
    }
}

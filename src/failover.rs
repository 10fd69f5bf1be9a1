//! What an origin's outcome means for the read: serve it, or ask the next origin.
//!
//! An origin that cannot be reached, does not answer in time, answers with an error of its own or
//! does not accept our key has failed, and the next one is asked. An answer about the object (it
//! is this, it has not changed, it is not there) is an answer, whichever origin gives it. An answer
//! to a question that was not asked is a failure too.

use std::time::Duration;

use crate::headers::Asked;
use crate::intent::ReadMethod;

/// What came of asking one origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It answered.
    Answered(OriginAnswer),
    /// No connection, or one that broke before an answer came.
    Unreachable,
    /// The platform's time limit for it ran out.
    TimedOut,
    /// It is misconfigured and was not asked.
    Misconfigured,
    /// The request for it could not be signed.
    Unsigned,
}

/// What of an origin's answer the decision rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OriginAnswer {
    /// The status.
    pub status: u16,
    /// The code of its S3 error document, if it has one.
    pub code: Option<String>,
    /// `Retry-After` in seconds, if it is there in that form (RFC 9110, section 10.2.3).
    pub retry_after: Option<Duration>,
}

/// What to do about an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell the client.
    Serve(Served),
    /// Ask the next origin.
    Next(Failure),
    /// A refusal without a document, as every refusal of `HEAD` is: ask the same origin by `GET`
    /// why, and judge that by [`judge_refusal`].
    AskWhy,
}

/// An answer about the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// 200: the whole object.
    Whole,
    /// 206: the part of it that was asked for.
    Part,
    /// 304: the client's copy is good.
    NotModified,
    /// 404.
    NotFound,
    /// 403 `AccessDenied`, which S3 says of a missing object to a key that may not list. The client
    /// hears 404.
    Denied,
    /// 412: a precondition of the client does not hold.
    PreconditionFailed,
    /// 416: the object does not have the range.
    RangeNotSatisfiable,
}

/// Why an origin did not answer for the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// [`Outcome::Unreachable`].
    Unreachable,
    /// [`Outcome::TimedOut`].
    TimedOut,
    /// 429, or 503 as S3's `SlowDown` has it: it wants fewer requests.
    Busy,
    /// Another 5xx.
    ServerError,
    /// 401 or 403: it does not accept our key or our signature.
    KeyRefused,
    /// 404 `NoSuchBucket`: the address names no bucket of it.
    NoBucket,
    /// A status that does not answer what was asked.
    Unexpected,
    /// [`Outcome::Misconfigured`].
    Misconfigured,
    /// [`Outcome::Unsigned`].
    Unsigned,
}

impl Served {
    /// The status that the client gets.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Whole => 200,
            Self::Part => 206,
            Self::NotModified => 304,
            Self::NotFound | Self::Denied => 404,
            Self::PreconditionFailed => 412,
            Self::RangeNotSatisfiable => 416,
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Whole => "served",
            Self::Part => "served_part",
            Self::NotModified => "not_modified",
            Self::NotFound => "not_found",
            Self::Denied => "denied",
            Self::PreconditionFailed => "precondition_failed",
            Self::RangeNotSatisfiable => "range_not_satisfiable",
        }
    }

    /// The text that stands in for the origin's document; `None` where the origin's content passes
    /// or there is none.
    #[must_use]
    pub const fn message(self) -> Option<&'static str> {
        match self {
            Self::Whole | Self::Part | Self::NotModified => None,
            Self::NotFound | Self::Denied => Some("There is no object at this address."),
            Self::PreconditionFailed => {
                Some("The object does not meet the conditions of the request.")
            }
            Self::RangeNotSatisfiable => {
                Some("The object does not have the range that was asked for.")
            }
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
            Self::Busy => "busy",
            Self::ServerError => "server_error",
            Self::KeyRefused => "key_refused",
            Self::NoBucket => "no_such_bucket",
            Self::Unexpected => "unexpected_status",
            Self::Misconfigured => "misconfigured",
            Self::Unsigned => "not_signable",
        }
    }
}

impl Verdict {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Serve(served) => served.reason(),
            Self::Next(failure) => failure.reason(),
            Self::AskWhy => "refused_without_reason",
        }
    }
}

/// Judges what came of asking one origin.
#[must_use]
pub fn judge(asked: &Asked, outcome: &Outcome) -> Verdict {
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Unreachable => return Verdict::Next(Failure::Unreachable),
        Outcome::TimedOut => return Verdict::Next(Failure::TimedOut),
        Outcome::Misconfigured => return Verdict::Next(Failure::Misconfigured),
        Outcome::Unsigned => return Verdict::Next(Failure::Unsigned),
    };
    let code = answer.code.as_deref();
    match answer.status {
        200 => Verdict::Serve(Served::Whole),
        206 if asked.range => Verdict::Serve(Served::Part),
        304 if asked.validator => Verdict::Serve(Served::NotModified),
        412 if asked.precondition => Verdict::Serve(Served::PreconditionFailed),
        416 if asked.range => Verdict::Serve(Served::RangeNotSatisfiable),
        404 if code == Some("NoSuchBucket") => Verdict::Next(Failure::NoBucket),
        404 => Verdict::Serve(Served::NotFound),
        403 if asked.method == ReadMethod::Head && code.is_none() => Verdict::AskWhy,
        401 | 403 => judge_refusal(code),
        429 | 503 => Verdict::Next(Failure::Busy),
        500..=599 => Verdict::Next(Failure::ServerError),
        _ => Verdict::Next(Failure::Unexpected),
    }
}

/// Judges a 401 or 403 by the code of its document: `AccessDenied` is about the object, all others
/// are about our key.
#[must_use]
pub fn judge_refusal(code: Option<&str>) -> Verdict {
    match code {
        Some("AccessDenied") => Verdict::Serve(Served::Denied),
        _ => Verdict::Next(Failure::KeyRefused),
    }
}

/// No origin answered for the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// 502: every origin failed.
    Failed,
    /// 503: some origin only wants fewer requests.
    Busy {
        /// The shortest `Retry-After` that was given.
        retry_after: Option<Duration>,
    },
}

impl Exhausted {
    /// Sums up the failures of every origin, each with its `Retry-After`.
    #[must_use]
    pub fn after(failures: impl IntoIterator<Item = (Failure, Option<Duration>)>) -> Self {
        let mut busy = failures
            .into_iter()
            .filter(|(failure, _)| *failure == Failure::Busy)
            .peekable();
        if busy.peek().is_none() {
            return Self::Failed;
        }
        Self::Busy {
            retry_after: busy.filter_map(|(_, retry_after)| retry_after).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Asked = Asked {
        method: ReadMethod::Get,
        range: false,
        validator: false,
        precondition: false,
    };

    fn verdict(asked: Asked, status: u16, code: Option<&str>) -> Verdict {
        let answer = OriginAnswer {
            status,
            code: code.map(ToOwned::to_owned),
            retry_after: None,
        };
        judge(&asked, &Outcome::Answered(answer))
    }

    #[test]
    fn an_answer_about_the_object_is_served() {
        let range = Asked {
            range: true,
            ..PLAIN
        };
        let validator = Asked {
            validator: true,
            ..PLAIN
        };
        let precondition = Asked {
            precondition: true,
            ..PLAIN
        };
        for (asked, status, code, served) in [
            (PLAIN, 200, None, Served::Whole),
            (range, 200, None, Served::Whole),
            (range, 206, None, Served::Part),
            (validator, 304, None, Served::NotModified),
            (PLAIN, 404, Some("NoSuchKey"), Served::NotFound),
            (PLAIN, 404, None, Served::NotFound),
            (PLAIN, 403, Some("AccessDenied"), Served::Denied),
            (
                precondition,
                412,
                Some("PreconditionFailed"),
                Served::PreconditionFailed,
            ),
            (
                range,
                416,
                Some("InvalidRange"),
                Served::RangeNotSatisfiable,
            ),
        ] {
            assert_eq!(
                verdict(asked, status, code),
                Verdict::Serve(served),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn an_origin_that_fails_is_passed_over() {
        for (outcome, failure) in [
            (Outcome::Unreachable, Failure::Unreachable),
            (Outcome::TimedOut, Failure::TimedOut),
            (Outcome::Misconfigured, Failure::Misconfigured),
            (Outcome::Unsigned, Failure::Unsigned),
        ] {
            assert_eq!(
                judge(&PLAIN, &outcome),
                Verdict::Next(failure),
                "{outcome:?}"
            );
        }
        for (status, code, failure) in [
            (500, Some("InternalError"), Failure::ServerError),
            (502, None, Failure::ServerError),
            (504, None, Failure::ServerError),
            (599, None, Failure::ServerError),
            (503, Some("SlowDown"), Failure::Busy),
            (429, None, Failure::Busy),
            (401, Some("UnauthorizedAccess"), Failure::KeyRefused),
            (403, Some("SignatureDoesNotMatch"), Failure::KeyRefused),
            (403, Some("InvalidAccessKeyId"), Failure::KeyRefused),
            (403, Some("RequestTimeTooSkewed"), Failure::KeyRefused),
            (403, None, Failure::KeyRefused),
            (404, Some("NoSuchBucket"), Failure::NoBucket),
            (400, Some("InvalidRequest"), Failure::Unexpected),
            (301, Some("PermanentRedirect"), Failure::Unexpected),
            (204, None, Failure::Unexpected),
            (100, None, Failure::Unexpected),
            (0, None, Failure::Unexpected),
        ] {
            assert_eq!(
                verdict(PLAIN, status, code),
                Verdict::Next(failure),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn an_answer_to_a_question_that_was_not_asked_is_a_failure() {
        for status in [206, 304, 412, 416] {
            assert_eq!(
                verdict(PLAIN, status, None),
                Verdict::Next(Failure::Unexpected),
                "{status}"
            );
        }
    }

    #[test]
    fn a_refused_head_is_asked_for_its_reason() {
        let head = Asked {
            method: ReadMethod::Head,
            ..PLAIN
        };
        assert_eq!(verdict(head, 403, None), Verdict::AskWhy);
        assert_eq!(
            judge_refusal(Some("AccessDenied")),
            Verdict::Serve(Served::Denied)
        );
        assert_eq!(
            judge_refusal(Some("SignatureDoesNotMatch")),
            Verdict::Next(Failure::KeyRefused)
        );
        assert_eq!(judge_refusal(None), Verdict::Next(Failure::KeyRefused));
    }

    #[test]
    fn when_none_is_left_a_busy_origin_makes_it_503_and_the_rest_502() {
        let seconds = Duration::from_secs;
        for (failures, exhausted) in [
            (vec![], Exhausted::Failed),
            (
                vec![
                    (Failure::Unreachable, None),
                    (Failure::ServerError, Some(seconds(9))),
                ],
                Exhausted::Failed,
            ),
            (
                vec![(Failure::Busy, None)],
                Exhausted::Busy { retry_after: None },
            ),
            (
                vec![
                    (Failure::Busy, Some(seconds(7))),
                    (Failure::TimedOut, None),
                    (Failure::Busy, Some(seconds(3))),
                ],
                Exhausted::Busy {
                    retry_after: Some(seconds(3)),
                },
            ),
        ] {
            assert_eq!(
                Exhausted::after(failures.clone()),
                exhausted,
                "{failures:?}"
            );
        }
    }

    #[test]
    fn every_reason_is_distinct() {
        let served = [
            Served::Whole,
            Served::Part,
            Served::NotModified,
            Served::NotFound,
            Served::Denied,
            Served::PreconditionFailed,
            Served::RangeNotSatisfiable,
        ];
        let failures = [
            Failure::Unreachable,
            Failure::TimedOut,
            Failure::Busy,
            Failure::ServerError,
            Failure::KeyRefused,
            Failure::NoBucket,
            Failure::Unexpected,
            Failure::Misconfigured,
            Failure::Unsigned,
        ];
        let reasons: std::collections::BTreeSet<_> = served
            .iter()
            .map(|s| s.reason())
            .chain(failures.iter().map(|f| f.reason()))
            .collect();
        assert_eq!(reasons.len(), served.len() + failures.len());
    }
}

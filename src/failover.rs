//! What an origin's outcome means for the read: serve it, or ask the next origin.
//!
//! An origin that cannot be reached, does not answer in time, answers with an error of its own or
//! does not accept our key has failed, and the next one is asked. An answer about the object (it
//! is this, it has not changed, it is not there) is an answer, whichever origin gives it. An answer
//! to a question that was not asked is a failure too.
//!
//! Two refusals can be about the object or about the origin, and only the others can tell: 403
//! `AccessDenied` (a missing object, to a key that may not list; or an account over its cap) and 400.
//! The next origin is asked; when all refuse alike, it was about the object.

use std::time::Duration;

use http::HeaderValue;

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
    /// `Content-Range`, if it has one.
    pub content_range: Option<HeaderValue>,
}

/// What to do about an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Tell the client.
    Serve(Served),
    /// Ask the next origin.
    Next(Failure),
    /// A refusal without a document, as every refusal of `HEAD` is: ask the same origin by `GET`
    /// why, and judge that by [`judge_why`].
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
    /// 404. A missing bucket is told apart by its document, which `HEAD` does not have.
    NotFound,
    /// 403 `AccessDenied` from every origin. The client hears 404.
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
    /// 401, 403 or 400 with a code that is about our key or our signature.
    KeyRefused,
    /// 403 `AccessDenied`.
    Denied,
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
            Self::Denied => "denied_by_all",
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
            Self::Denied => "denied",
            Self::BadRequest => "bad_request",
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
        Outcome::Unsigned => return Verdict::Next(Failure::Unsigned),
    };
    let code = answer.code.as_deref();
    match answer.status {
        200 => Verdict::Serve(Served::Whole),
        206 if is_the_part(asked, answer) => Verdict::Serve(Served::Part),
        304 if asked.validator => Verdict::Serve(Served::NotModified),
        412 if asked.precondition => Verdict::Serve(Served::PreconditionFailed),
        416 if asked.range.is_some() => Verdict::Serve(Served::RangeNotSatisfiable),
        404 if code == Some("NoSuchBucket") => Verdict::Next(Failure::NoBucket),
        404 => Verdict::Serve(Served::NotFound),
        403 if asked.method == ReadMethod::Head && code.is_none() => Verdict::AskWhy,
        403 if code == Some("AccessDenied") => Verdict::Next(Failure::Denied),
        401 | 403 => Verdict::Next(Failure::KeyRefused),
        400 if code == Some("AuthorizationHeaderMalformed") => Verdict::Next(Failure::KeyRefused),
        400 => Verdict::Next(Failure::BadRequest),
        429 | 503 => Verdict::Next(Failure::Busy),
        500..=599 => Verdict::Next(Failure::ServerError),
        _ => Verdict::Next(Failure::Unexpected),
    }
}

/// Whether a 206 is the part that was asked for, and not an error document or another range.
fn is_the_part(asked: &Asked, answer: &OriginAnswer) -> bool {
    match (asked.range, &answer.content_range) {
        (Some(range), Some(content_range)) => range.is_answered_by(content_range),
        (None, _) | (_, None) => false,
    }
}

/// Judges what came of asking an origin by `GET` why it refused a `HEAD`. Only that the object is
/// not there explains it; an origin that gives the content after all contradicts itself.
#[must_use]
pub fn judge_why(outcome: &Outcome) -> Verdict {
    let asked = Asked {
        method: ReadMethod::Get,
        range: None,
        validator: false,
        precondition: false,
    };
    match judge(&asked, outcome) {
        verdict @ (Verdict::Serve(Served::NotFound) | Verdict::Next(_)) => verdict,
        Verdict::Serve(_) | Verdict::AskWhy => Verdict::Next(Failure::Unexpected),
    }
}

/// No origin has served the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// 502: an origin failed, and no other answered.
    Failed,
    /// 503: some origin only wants fewer requests.
    Busy {
        /// The shortest `Retry-After` that was given.
        retry_after: Option<Duration>,
    },
    /// Every origin that was asked said [`Failure::Denied`]: what the first one said is
    /// [`Served::Denied`].
    Denied,
    /// 400: every origin that was asked said [`Failure::BadRequest`].
    BadRequest,
}

impl Exhausted {
    /// Sums up the failures of every origin, each with its `Retry-After`. A misconfigured origin was
    /// not asked and has no say in what the others mean.
    #[must_use]
    pub fn after(failures: &[(Failure, Option<Duration>)]) -> Self {
        let all_are = |wanted| {
            let mut asked = failures
                .iter()
                .map(|(failure, _)| *failure)
                .filter(|failure| *failure != Failure::Misconfigured)
                .peekable();
            asked.peek().is_some() && asked.all(|failure| failure == wanted)
        };
        if all_are(Failure::Denied) {
            return Self::Denied;
        }
        if all_are(Failure::BadRequest) {
            return Self::BadRequest;
        }
        let mut busy = failures
            .iter()
            .filter(|(failure, _)| *failure == Failure::Busy)
            .peekable();
        if busy.peek().is_none() {
            return Self::Failed;
        }
        Self::Busy {
            retry_after: busy.filter_map(|(_, retry_after)| *retry_after).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::range::ByteRange;

    const PLAIN: Asked = Asked {
        method: ReadMethod::Get,
        range: None,
        validator: false,
        precondition: false,
    };

    fn verdict(asked: Asked, status: u16, code: Option<&str>) -> Verdict {
        let answer = OriginAnswer {
            status,
            code: code.map(ToOwned::to_owned),
            retry_after: None,
            content_range: (status == 206).then(|| HeaderValue::from_static("bytes 0-1/10")),
        };
        judge(&asked, &Outcome::Answered(answer))
    }

    #[test]
    fn an_answer_about_the_object_is_served() {
        let range = Asked {
            range: ByteRange::parse(&HeaderValue::from_static("bytes=0-1")),
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
            (403, Some("AccessDenied"), Failure::Denied),
            (
                400,
                Some("AuthorizationHeaderMalformed"),
                Failure::KeyRefused,
            ),
            (400, Some("InvalidRequest"), Failure::BadRequest),
            (400, None, Failure::BadRequest),
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
    fn a_part_that_is_not_the_one_asked_for_is_a_failure() {
        let asked = Asked {
            range: ByteRange::parse(&HeaderValue::from_static("bytes=0-1")),
            ..PLAIN
        };
        for content_range in [None, Some("bytes 0-151/152"), Some("bytes */10")] {
            let answer = OriginAnswer {
                status: 206,
                content_range: content_range.map(HeaderValue::from_static),
                ..OriginAnswer::default()
            };
            assert_eq!(
                judge(&asked, &Outcome::Answered(answer)),
                Verdict::Next(Failure::Unexpected),
                "{content_range:?}"
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
        let why = |status, code: Option<&str>| {
            judge_why(&Outcome::Answered(OriginAnswer {
                status,
                code: code.map(ToOwned::to_owned),
                retry_after: None,
                content_range: (status == 206).then(|| HeaderValue::from_static("bytes 0-1/10")),
            }))
        };
        for (status, code, verdict) in [
            (403, Some("AccessDenied"), Verdict::Next(Failure::Denied)),
            (
                403,
                Some("SignatureDoesNotMatch"),
                Verdict::Next(Failure::KeyRefused),
            ),
            (403, None, Verdict::Next(Failure::KeyRefused)),
            (404, Some("NoSuchKey"), Verdict::Serve(Served::NotFound)),
            (404, Some("NoSuchBucket"), Verdict::Next(Failure::NoBucket)),
            (503, Some("SlowDown"), Verdict::Next(Failure::Busy)),
            (200, None, Verdict::Next(Failure::Unexpected)),
            (206, None, Verdict::Next(Failure::Unexpected)),
            (416, None, Verdict::Next(Failure::Unexpected)),
        ] {
            assert_eq!(why(status, code), verdict, "{status} {code:?}");
        }
        assert_eq!(
            judge_why(&Outcome::TimedOut),
            Verdict::Next(Failure::TimedOut)
        );
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
            assert_eq!(Exhausted::after(&failures), exhausted, "{failures:?}");
        }
    }

    #[test]
    fn a_refusal_is_about_the_object_when_every_origin_that_was_asked_refuses_alike() {
        use Failure::{BadRequest, Busy, Denied, Misconfigured, Unreachable};
        for (failures, exhausted) in [
            (vec![Denied], Exhausted::Denied),
            (vec![Denied, Denied], Exhausted::Denied),
            (vec![Misconfigured, Denied], Exhausted::Denied),
            (vec![BadRequest, BadRequest], Exhausted::BadRequest),
            (vec![Denied, Unreachable], Exhausted::Failed),
            (vec![Denied, BadRequest], Exhausted::Failed),
            (vec![Denied, Busy], Exhausted::Busy { retry_after: None }),
            (vec![Misconfigured], Exhausted::Failed),
        ] {
            let failures: Vec<_> = failures
                .into_iter()
                .map(|failure| (failure, None))
                .collect();
            assert_eq!(Exhausted::after(&failures), exhausted, "{failures:?}");
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
            Failure::Denied,
            Failure::BadRequest,
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

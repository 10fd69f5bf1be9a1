//! Judges the outcome of a request to one origin: serve the response, count a not-found vote, or fail over.
//!
//! An origin has failed if it is unreachable, too slow, refuses our key, responds with an error, or responds
//! with something that is not valid for the request: a 206 must be the requested range of the expected
//! version.
//!
//! A not-found is a vote, because a replica may lag behind: the client gets a 404 if all origins that
//! responded agree. 403 `AccessDenied` is the same vote, because a key without permission to list gets it for
//! a missing object, unless its message names another cause, such as a cap of the account. A 400 may be about
//! the request or about the origin; it is about the request if all origins respond with it.
//!
//! Another version than the requested one is a vote as well, and so is an older one than the cache may still serve.

use crate::http::method::ReadMethod;
use crate::http::range::{Span, parse_content_range};
use crate::http::selection::Selection;
use crate::origins::outcome::{Failure, NotFoundAs, OriginResponse, Outcome, Verdict};
use crate::origins::request::Expected;
use crate::s3::error_document::Denial;
use crate::s3::list_objects::NotAPage;

/// Judges an outcome.
#[must_use]
pub fn judge(expected: &Expected, outcome: &Outcome) -> Verdict {
    let response = match outcome {
        Outcome::Responded(response) => response,
        Outcome::Incomplete(_) => return Verdict::FailOver(Failure::Incomplete),
        Outcome::Unreachable => return Verdict::FailOver(Failure::Unreachable),
        Outcome::TimedOut => return Verdict::FailOver(Failure::TimedOut),
        Outcome::Canceled => return Verdict::FailOver(Failure::Canceled),
        Outcome::Unsigned => return Verdict::FailOver(Failure::Unsigned),
        Outcome::NotSent => return Verdict::FailOver(Failure::NotTried),
    };
    let code = response.code.as_deref();
    match response.status {
        200 if expected.version.is_none() => judge_whole(expected, response),
        206 => judge_part(expected, response),
        // The headers of another version would describe the bytes of this one (RFC 9111, section 4.3.4).
        304 if expected.allows_304 && expected.is_known(response.etag.as_ref()) => {
            Verdict::Serve(Selection::NotModified)
        }
        404 if code == Some("NoSuchBucket") => Verdict::FailOver(Failure::NoBucket),
        // Of a pinned version: a replica may lag behind, so it is a vote.
        412 | 416 if expected.version.is_some() => Verdict::OtherVersion,
        412 if expected.allows_412 => Verdict::Serve(Selection::PreconditionFailed),
        416 if expected.is_first_segment || response.is_of_empty_object() => Verdict::FetchWhole,
        // The range is of the client's version, and the origin ignores that this may be another one.
        416 if expected.if_range.is_some() => Verdict::FetchWhole,
        416 if expected.range.is_some() => Verdict::Serve(Selection::RangeNotSatisfiable),
        // It has no document, and the bucket may be missing: worth another request before the cached object is lost.
        404 if expected.method == ReadMethod::Head && expected.held.is_some() => {
            Verdict::DiagnoseHead
        }
        404 => Verdict::NotFound(NotFoundAs::NotFound),
        403 if expected.method == ReadMethod::Head && code.is_none() => Verdict::DiagnoseHead,
        403 if code == Some("AccessDenied") => match response.denial {
            Some(Denial::CapExceeded) => Verdict::FailOver(Failure::CapExceeded),
            Some(Denial::NotS3Key) => Verdict::FailOver(Failure::KeyRefused),
            Some(Denial::NotEntitled) | None => Verdict::NotFound(NotFoundAs::AccessDenied),
        },
        403 if code == Some("RequestTimeTooSkewed") => Verdict::FailOver(Failure::ClockSkewed),
        403 if code.is_none() => Verdict::FailOver(Failure::Blocked),
        401 | 403 => Verdict::FailOver(Failure::KeyRefused),
        400 if code == Some("AuthorizationHeaderMalformed") => {
            Verdict::FailOver(Failure::KeyRefused)
        }
        400 => Verdict::FailOver(Failure::BadRequest),
        429 | 503 => Verdict::FailOver(Failure::Busy),
        500..=599 => Verdict::FailOver(Failure::ServerError),
        _ => Verdict::FailOver(Failure::Unexpected),
    }
}

/// Judges a 200: it must be an object. S3 sends both validators with every one, and neither with what a proxy responds
/// itself.
fn judge_whole(expected: &Expected, response: &OriginResponse) -> Verdict {
    if response.etag.is_none() && response.last_modified.is_none() {
        Verdict::FailOver(Failure::Unexpected)
    } else if expected.is_older(response) {
        Verdict::OtherVersion
    } else {
        Verdict::Serve(Selection::Whole)
    }
}

/// Judges a 206: it must be the requested range of the expected version, and not an error document that a
/// proxy has sent with that status.
fn judge_part(expected: &Expected, response: &OriginResponse) -> Verdict {
    let unexpected = Verdict::FailOver(Failure::Unexpected);
    let (Some(range), Some(content_range)) = (expected.range, &response.content_range) else {
        return unexpected;
    };
    let Some((span, complete_length)) = parse_content_range(content_range) else {
        return unexpected;
    };
    if !range.matches(content_range) || !has_length_of(response, span) {
        return unexpected;
    }
    // S3 sends both with every object and neither with an error document.
    if response.etag.is_none() && response.last_modified.is_none() {
        return unexpected;
    }
    if !expected.matches_if_range(response) {
        return Verdict::FetchWhole;
    }
    if expected.is_older(response) {
        return Verdict::OtherVersion;
    }
    match &expected.version {
        // It ignores `If-Match`, and its bytes may be of any version.
        Some(_) if response.etag.is_none() => unexpected,
        Some(version) if !version.matches_etag(response.etag.as_ref()) => Verdict::OtherVersion,
        Some(version) if version.complete_length != complete_length => unexpected,
        Some(_) | None => Verdict::Serve(Selection::Part(span)),
    }
}

fn has_length_of(response: &OriginResponse, span: Span) -> bool {
    response
        .content_length
        .is_none_or(|length| length == span.length())
}

/// Judges a response again once its body is known. An S3 error document in a 206 may be an error or an object
/// with such content; the status of a request without a range tells them apart.
#[must_use]
pub fn judge_content(
    expected: &Expected,
    selection: Selection,
    is_error_document: bool,
) -> Verdict {
    match selection {
        Selection::Part(_) if is_error_document && expected.is_first_segment => Verdict::FetchWhole,
        Selection::Part(_) if is_error_document => Verdict::FailOver(Failure::Unexpected),
        Selection::Whole
        | Selection::Part(_)
        | Selection::NotModified
        | Selection::PreconditionFailed
        | Selection::RangeNotSatisfiable => Verdict::Serve(selection),
    }
}

/// Judges the outcome of [`OriginRequest::list`](crate::origins::request::OriginRequest::list). A listing has no
/// validators; whether a 200 is one, its content tells.
#[must_use]
pub fn judge_listing(outcome: &Outcome) -> Verdict {
    let is_listed = matches!(outcome, Outcome::Responded(response) if response.status == 200);
    match judge(&Expected::for_method(ReadMethod::Get), outcome) {
        _ if is_listed => Verdict::Serve(Selection::Whole),
        // A folder that does not exist has an empty listing.
        Verdict::NotFound(NotFoundAs::NotFound) => Verdict::FailOver(Failure::Unexpected),
        verdict => verdict,
    }
}

/// The failure of an origin whose 200 is not a listing.
#[must_use]
pub const fn judge_page(content: NotAPage) -> Failure {
    match content {
        NotAPage::CutShort => Failure::Incomplete,
        NotAPage::Unexpected => Failure::Unexpected,
    }
}

/// Judges the outcome of
/// [`OriginRequest::diagnose_head`](crate::origins::request::OriginRequest::diagnose_head). A success
/// contradicts the refused `HEAD`, so it is a failure.
#[must_use]
pub fn judge_head_diagnosis(outcome: &Outcome) -> Verdict {
    match judge(&Expected::for_method(ReadMethod::Get), outcome) {
        verdict @ (Verdict::NotFound(_) | Verdict::FailOver(_)) => verdict,
        Verdict::Serve(_) | Verdict::OtherVersion | Verdict::DiagnoseHead | Verdict::FetchWhole => {
            Verdict::FailOver(Failure::Unexpected)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use http::HeaderValue;

    use super::*;
    use crate::http::range::ByteRange;
    use crate::origins::request::HeldVersion;
    use crate::s3::version::ObjectVersion;

    /// The part that [`ranged`] requests.
    const PART: Selection = Selection::Part(Span { first: 0, last: 1 });

    const PLAIN: Expected = Expected::for_method(ReadMethod::Get);

    fn ranged() -> Expected {
        Expected {
            range: ByteRange::parse(&HeaderValue::from_static("bytes=0-1")),
            ..PLAIN
        }
    }

    /// A response as S3 sends it.
    fn response(status: u16, code: Option<&str>) -> OriginResponse {
        let is_part = status == 206;
        OriginResponse {
            status,
            code: code.map(ToOwned::to_owned),
            denial: None,
            content_range: is_part.then(|| HeaderValue::from_static("bytes 0-1/10")),
            content_length: is_part.then_some(2),
            etag: (status < 400).then(|| HeaderValue::from_static("\"a\"")),
            last_modified: (status < 400).then_some(SystemTime::UNIX_EPOCH),
            retry_after: None,
        }
    }

    fn verdict(expected: &Expected, status: u16, code: Option<&str>) -> Verdict {
        judge(expected, &Outcome::Responded(response(status, code)))
    }

    #[test]
    fn an_answer_about_the_object_is_served() {
        let validator = Expected {
            allows_304: true,
            ..PLAIN
        };
        let precondition = Expected {
            allows_412: true,
            ..PLAIN
        };
        let refused = Some("PreconditionFailed");
        for (expected, status, code, served) in [
            (&PLAIN, 200, None, Selection::Whole),
            (&ranged(), 200, None, Selection::Whole),
            (&ranged(), 206, None, PART),
            (&validator, 304, None, Selection::NotModified),
            (&precondition, 412, refused, Selection::PreconditionFailed),
            (&ranged(), 416, None, Selection::RangeNotSatisfiable),
        ] {
            assert_eq!(
                verdict(expected, status, code),
                Verdict::Serve(served),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn an_origin_lists_a_folder_or_denies_it_or_fails() {
        let denied = Verdict::NotFound(NotFoundAs::AccessDenied);
        for (status, code, verdict) in [
            (200, None, Verdict::Serve(Selection::Whole)),
            (403, Some("AccessDenied"), denied),
            (
                403,
                Some("SignatureDoesNotMatch"),
                Verdict::FailOver(Failure::KeyRefused),
            ),
            (403, None, Verdict::FailOver(Failure::Blocked)),
            (
                404,
                Some("NoSuchBucket"),
                Verdict::FailOver(Failure::NoBucket),
            ),
            (
                404,
                Some("NoSuchKey"),
                Verdict::FailOver(Failure::Unexpected),
            ),
            (404, None, Verdict::FailOver(Failure::Unexpected)),
            (
                400,
                Some("InvalidArgument"),
                Verdict::FailOver(Failure::BadRequest),
            ),
            (206, None, Verdict::FailOver(Failure::Unexpected)),
            (301, None, Verdict::FailOver(Failure::Unexpected)),
            (503, Some("SlowDown"), Verdict::FailOver(Failure::Busy)),
            (500, None, Verdict::FailOver(Failure::ServerError)),
        ] {
            let mut response = response(status, code);
            response.etag = None;
            response.last_modified = None;
            let found = judge_listing(&Outcome::Responded(response));
            assert_eq!(found, verdict, "{status} {code:?}");
        }
        let timed_out = judge_listing(&Outcome::TimedOut);
        assert_eq!(timed_out, Verdict::FailOver(Failure::TimedOut));
        assert_eq!(judge_page(NotAPage::CutShort), Failure::Incomplete);
        assert_eq!(judge_page(NotAPage::Unexpected), Failure::Unexpected);
    }

    /// RFC 9110, section 13.1.5.
    #[test]
    fn a_part_of_another_version_than_the_client_has_is_fetched_whole() {
        let resumed = |if_range| Expected {
            if_range: Some(HeaderValue::from_static(if_range)),
            ..ranged()
        };
        for (if_range, verdict) in [
            ("\"a\"", Verdict::Serve(PART)),
            ("\"b\"", Verdict::FetchWhole),
            ("W/\"a\"", Verdict::FetchWhole),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Verdict::Serve(PART)),
            ("Thu, 01 Jan 1970 00:00:01 GMT", Verdict::FetchWhole),
        ] {
            let response = Outcome::Responded(response(206, None));
            assert_eq!(judge(&resumed(if_range), &response), verdict, "{if_range}");
        }
        let beyond = Outcome::Responded(response(416, None));
        let judged = judge(&resumed("\"b\""), &beyond);
        assert_eq!(judged, Verdict::FetchWhole, "it may be shorter now");
    }

    #[test]
    fn that_there_is_no_object_is_a_vote() {
        for (status, code, absence) in [
            (404, Some("NoSuchKey"), NotFoundAs::NotFound),
            (404, None, NotFoundAs::NotFound),
            (403, Some("AccessDenied"), NotFoundAs::AccessDenied),
        ] {
            assert_eq!(
                verdict(&PLAIN, status, code),
                Verdict::NotFound(absence),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn an_origin_that_fails_is_passed_over() {
        for (outcome, failure) in [
            (Outcome::Unreachable, Failure::Unreachable),
            (Outcome::TimedOut, Failure::TimedOut),
            (Outcome::Canceled, Failure::Canceled),
            (
                Outcome::Incomplete(response(200, None)),
                Failure::Incomplete,
            ),
            (Outcome::Unsigned, Failure::Unsigned),
            (Outcome::NotSent, Failure::NotTried),
        ] {
            assert_eq!(
                judge(&PLAIN, &outcome),
                Verdict::FailOver(failure),
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
            (403, Some("RequestTimeTooSkewed"), Failure::ClockSkewed),
            (403, None, Failure::Blocked),
            (404, Some("NoSuchBucket"), Failure::NoBucket),
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
                verdict(&PLAIN, status, code),
                Verdict::FailOver(failure),
                "{status} {code:?}"
            );
        }
    }

    #[test]
    fn an_answer_to_a_question_that_was_not_asked_is_a_failure() {
        for status in [206, 304, 412, 416] {
            assert_eq!(
                verdict(&PLAIN, status, None),
                Verdict::FailOver(Failure::Unexpected),
                "{status}"
            );
        }
    }

    #[test]
    fn a_part_that_is_not_the_one_asked_for_is_a_failure() {
        let good = response(206, None);
        let of = |content_range| OriginResponse {
            content_range: Some(HeaderValue::from_static(content_range)),
            content_length: None,
            ..good.clone()
        };
        for (what, response) in [
            (
                "no range",
                OriginResponse {
                    content_range: None,
                    ..good.clone()
                },
            ),
            ("an error document's range", of("bytes 0-151/152")),
            ("no satisfied range", of("bytes */10")),
            ("another range", of("bytes 1-2/10")),
            (
                "too short a body",
                OriginResponse {
                    content_length: Some(1),
                    ..good.clone()
                },
            ),
            (
                "no validator, as an error document has none",
                OriginResponse {
                    etag: None,
                    last_modified: None,
                    ..good.clone()
                },
            ),
        ] {
            assert_eq!(
                judge(&ranged(), &Outcome::Responded(response)),
                Verdict::FailOver(Failure::Unexpected),
                "{what}"
            );
        }
    }

    #[test]
    fn another_version_than_the_requested_one_is_a_vote() {
        let pinned = |etag, complete_length| Expected {
            version: Some(ObjectVersion {
                etag: HeaderValue::from_static(etag),
                complete_length,
            }),
            ..ranged()
        };
        for (expected, verdict) in [
            (pinned("\"a\"", 10), Verdict::Serve(PART)),
            (pinned("\"b\"", 10), Verdict::OtherVersion),
            // The same version cannot have another length, so this is another document.
            (pinned("\"a\"", 11), Verdict::FailOver(Failure::Unexpected)),
        ] {
            let response = Outcome::Responded(response(206, None));
            assert_eq!(judge(&expected, &response), verdict, "{expected:?}");
        }
        let whole = Outcome::Responded(response(200, None));
        assert_eq!(
            judge(&pinned("\"a\"", 10), &whole),
            Verdict::FailOver(Failure::Unexpected),
            "200 to a pinned part"
        );
    }

    #[test]
    fn the_first_look_is_taken_again_at_the_whole_where_the_part_does_not_tell() {
        let first_segment = Expected {
            is_first_segment: true,
            ..ranged()
        };
        // No range of an empty object is satisfiable.
        assert_eq!(
            verdict(&first_segment, 416, Some("InvalidRange")),
            Verdict::FetchWhole
        );
        let unexpected = Verdict::FailOver(Failure::Unexpected);
        let (part, whole) = (PART, Selection::Whole);
        for (expected, served, is_error, verdict) in [
            (&first_segment, part, false, Verdict::Serve(part)),
            (&first_segment, part, true, Verdict::FetchWhole),
            (&ranged(), part, true, unexpected),
            (&first_segment, whole, true, Verdict::Serve(whole)),
        ] {
            assert_eq!(
                judge_content(expected, served, is_error),
                verdict,
                "{served:?}, error document: {is_error}"
            );
        }
    }

    #[test]
    fn a_refused_head_is_asked_for_its_reason() {
        let head = Expected::for_method(ReadMethod::Head);
        assert_eq!(verdict(&head, 403, None), Verdict::DiagnoseHead);
        let why = |status, code| judge_head_diagnosis(&Outcome::Responded(response(status, code)));
        for (status, code, verdict) in [
            (
                403,
                Some("AccessDenied"),
                Verdict::NotFound(NotFoundAs::AccessDenied),
            ),
            (
                403,
                Some("SignatureDoesNotMatch"),
                Verdict::FailOver(Failure::KeyRefused),
            ),
            (403, None, Verdict::FailOver(Failure::Blocked)),
            (
                404,
                Some("NoSuchKey"),
                Verdict::NotFound(NotFoundAs::NotFound),
            ),
            (
                404,
                Some("NoSuchBucket"),
                Verdict::FailOver(Failure::NoBucket),
            ),
            (503, Some("SlowDown"), Verdict::FailOver(Failure::Busy)),
            (200, None, Verdict::FailOver(Failure::Unexpected)),
            (206, None, Verdict::FailOver(Failure::Unexpected)),
            (416, None, Verdict::FailOver(Failure::Unexpected)),
        ] {
            assert_eq!(why(status, code), verdict, "{status} {code:?}");
        }
        assert_eq!(
            judge_head_diagnosis(&Outcome::TimedOut),
            Verdict::FailOver(Failure::TimedOut)
        );
    }

    #[test]
    fn a_head_that_finds_nothing_is_asked_for_its_reason_if_an_object_would_be_lost() {
        let head = Expected::for_method(ReadMethod::Head);
        let holding = Expected {
            held: Some(HeldVersion {
                last_modified: None,
                origin: "us_origin".to_owned(),
                is_own: true,
            }),
            ..head.clone()
        };
        assert_eq!(verdict(&holding, 404, None), Verdict::DiagnoseHead);
        let not_found = Verdict::NotFound(NotFoundAs::NotFound);
        assert_eq!(verdict(&head, 404, None), not_found);
    }

    #[test]
    fn an_older_version_is_a_vote_unless_it_is_the_origins_own() {
        let at = |seconds| SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(seconds);
        let holding = |last_modified, is_own| Expected {
            held: Some(HeldVersion {
                last_modified,
                origin: "us_origin".to_owned(),
                is_own,
            }),
            known: Some(HeaderValue::from_static("\"held\"")),
            ..ranged()
        };
        // A response has the first second of 1970, and another ETag.
        for (held, is_own, expected) in [
            (Some(at(1)), false, Verdict::OtherVersion),
            (Some(at(1)), true, Verdict::Serve(PART)),
            (Some(at(0)), false, Verdict::Serve(PART)),
            (None, false, Verdict::Serve(PART)),
        ] {
            let found = verdict(&holding(held, is_own), 206, None);
            assert_eq!(found, expected, "{held:?} {is_own}");
        }
        let same = Expected {
            known: Some(HeaderValue::from_static("\"a\"")),
            ..holding(Some(at(1)), false)
        };
        assert_eq!(verdict(&same, 206, None), Verdict::Serve(PART));
    }

    #[test]
    fn a_cap_is_a_failure_and_a_denial_of_the_object_a_vote() {
        for (denial, verdict) in [
            (
                Some(Denial::CapExceeded),
                Verdict::FailOver(Failure::CapExceeded),
            ),
            (
                Some(Denial::NotS3Key),
                Verdict::FailOver(Failure::KeyRefused),
            ),
            (
                Some(Denial::NotEntitled),
                Verdict::NotFound(NotFoundAs::AccessDenied),
            ),
            (None, Verdict::NotFound(NotFoundAs::AccessDenied)),
        ] {
            let denied = Outcome::Responded(OriginResponse {
                denial,
                ..response(403, Some("AccessDenied"))
            });
            assert_eq!(judge(&PLAIN, &denied), verdict, "{denial:?}");
            assert_eq!(judge_head_diagnosis(&denied), verdict, "{denial:?}");
        }
    }

    #[test]
    fn a_segment_without_an_etag_may_be_of_any_version_and_is_a_failure() {
        let expected = Expected {
            version: Some(ObjectVersion {
                etag: HeaderValue::from_static("\"a\""),
                complete_length: 10,
            }),
            ..ranged()
        };
        let unversioned = Outcome::Responded(OriginResponse {
            etag: None,
            ..response(206, None)
        });
        let unexpected = Verdict::FailOver(Failure::Unexpected);
        assert_eq!(judge(&expected, &unversioned), unexpected);
    }

    #[test]
    fn a_304_of_another_version_confirms_nothing() {
        for (known, etag, is_served) in [
            ("\"a\"", Some("\"a\""), true),
            ("\"a\"", Some("W/\"a\""), true),
            ("W/\"a\"", Some("\"a\""), true),
            ("\"a\"", None, true),
            ("\"a\"", Some("\"b\""), false),
        ] {
            let known = HeaderValue::from_static(known);
            let request = crate::origins::request::OriginRequest::head(Some(&known));
            let confirmed = Outcome::Responded(OriginResponse {
                etag: etag.map(HeaderValue::from_static),
                ..response(304, None)
            });
            let verdict = if is_served {
                Verdict::Serve(Selection::NotModified)
            } else {
                Verdict::FailOver(Failure::Unexpected)
            };
            assert_eq!(
                judge(&request.expected, &confirmed),
                verdict,
                "{known:?} {etag:?}"
            );
        }
    }
}

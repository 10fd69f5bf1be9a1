//! Asks the origins, in order, until one answers for the object.

use std::time::{Duration, Instant, SystemTime};

use b2_edge::failover::{
    Exhausted, Failure, OriginAnswer, Outcome, Served, Verdict, judge, judge_why,
};
use b2_edge::headers::{Asked, for_origin, whole_number};
use b2_edge::intent::ReadMethod;
use b2_edge::log_line::{Attempt, LogLine};
use b2_edge::object_key::ObjectKey;
use b2_edge::origin::{Access, Origin};
use b2_edge::route::Route;
use b2_edge::service::Service;
use b2_edge::sign::{ToSign, sign};
use fastly::http::header::{CONTENT_RANGE, HOST, RANGE, RETRY_AFTER};
use fastly::http::request::SendErrorCause;
use fastly::http::{HeaderValue, Method};
use fastly::{Request, Response};
use http::HeaderMap;

use super::error_document;

/// A read in the form in which every origin is asked.
struct ObjectRead {
    method: ReadMethod,
    path: String,
    headers: HeaderMap,
}

/// An answer about the object, and whose it is.
pub(crate) struct Answer<'s> {
    pub(crate) served: Served,
    pub(crate) origin: &'s Origin,
    pub(crate) response: Response,
}

/// Asks one origin after the other for an object, noting each in the log line.
pub(crate) fn read_object<'s>(
    service: &'s Service,
    route: &Route,
    method: ReadMethod,
    key: &ObjectKey,
    client_headers: &HeaderMap,
    log: &mut LogLine,
) -> Result<Answer<'s>, Exhausted> {
    let read = ObjectRead {
        method,
        path: key.to_path(),
        headers: for_origin(method, client_headers),
    };
    let mut failures = Vec::new();
    let mut denied = None;
    for slot in route
        .order
        .iter()
        .filter_map(|&index| service.origins.get(index))
    {
        let origin = match &slot.origin {
            Ok(origin) => origin,
            Err(problems) => {
                log.tried(Attempt::misconfigured(&slot.backend, problems));
                failures.push((Failure::Misconfigured, None));
                continue;
            }
        };
        let started = Instant::now();
        let Asking {
            outcome,
            verdict,
            response,
        } = ask(origin, &read);
        log.tried(Attempt::new(
            &slot.backend,
            &outcome,
            verdict,
            started.elapsed(),
        ));
        let answer = |served| {
            response.map(|response| Answer {
                served,
                origin,
                response,
            })
        };
        match verdict {
            Verdict::Serve(served) => {
                if let Some(answer) = answer(served) {
                    return Ok(answer);
                }
            }
            Verdict::Next(failure) => {
                failures.push((failure, retry_after(&outcome)));
                if failure == Failure::Denied {
                    denied = denied.or_else(|| answer(Served::Denied));
                }
            }
            // It has been asked.
            Verdict::AskWhy => {}
        }
    }
    match (Exhausted::after(&failures), denied) {
        (Exhausted::Denied, Some(answer)) => Ok(answer),
        (exhausted, _) => Err(exhausted),
    }
}

/// What came of asking one origin, and what to do about it.
struct Asking {
    outcome: Outcome,
    verdict: Verdict,
    response: Option<Response>,
}

/// Asks one origin, and if it refuses without a reason, why.
fn ask(origin: &Origin, read: &ObjectRead) -> Asking {
    let (outcome, response) = send(origin, &read.method.as_http(), &read.path, &read.headers);
    let verdict = judge(&Asked::by(read.method, &read.headers), &outcome);
    if verdict != Verdict::AskWhy {
        return Asking {
            outcome,
            verdict,
            response,
        };
    }
    let one_byte = HeaderMap::from_iter([(RANGE, HeaderValue::from_static("bytes=0-0"))]);
    let (outcome, _) = send(origin, &Method::GET, &read.path, &one_byte);
    Asking {
        verdict: judge_why(&outcome),
        outcome,
        response,
    }
}

/// Sends one request to an origin.
fn send(
    origin: &Origin,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> (Outcome, Option<Response>) {
    let Some(mut request) = address(origin, method, path) else {
        return (Outcome::Unsigned, None);
    };
    for (name, value) in headers {
        request.set_header(name, value);
    }
    match request.send(&origin.backend) {
        Ok(mut response) => (Outcome::Answered(describe(&mut response)), Some(response)),
        Err(error) => (failure(error.root_cause()), None),
    }
}

/// A request to the bucket, signed unless the bucket is public.
///
/// It passes by the platform's read-through cache, which would keep one copy for each host and
/// could answer one client's conditions with another's.
fn address(origin: &Origin, method: &Method, path: &str) -> Option<Request> {
    let host = &origin.place.host;
    // The authority of the URL is nobody's: `Host` is what the platform sends (documentation of
    // `BackendBuilder::override_host`), and not every `Host` is one that the URL parser takes.
    let mut request = Request::new(method, format!("https://origin.invalid{path}")).with_pass(true);
    request.set_header(HOST, host);
    if let Access::Private(credentials) = &origin.access {
        let to_sign = ToSign { method, host, path };
        for (name, value) in sign(
            &to_sign,
            &origin.place.region,
            credentials,
            SystemTime::now(),
        )
        .ok()?
        {
            request.set_header(name, value);
        }
    }
    Some(request)
}

/// What the decision needs of a response. An error document goes no further than this.
fn describe(response: &mut Response) -> OriginAnswer {
    let status = response.get_status();
    let is_error = status.is_client_error() || status.is_server_error();
    OriginAnswer {
        status: status.as_u16(),
        code: is_error
            .then(|| error_document::code_of(response))
            .flatten(),
        retry_after: response
            .get_header(RETRY_AFTER)
            .and_then(whole_number)
            .map(Duration::from_secs),
        content_range: response.get_header(CONTENT_RANGE).cloned(),
    }
}

fn failure(cause: &SendErrorCause) -> Outcome {
    match cause {
        SendErrorCause::DnsTimeout
        | SendErrorCause::ConnectionTimeout
        | SendErrorCause::HttpResponseTimeout => Outcome::TimedOut,
        // The SDK's enum is open, and whatever it adds is a way of not getting an answer.
        _ => Outcome::Unreachable,
    }
}

fn retry_after(outcome: &Outcome) -> Option<Duration> {
    match outcome {
        Outcome::Answered(answer) => answer.retry_after,
        Outcome::Unreachable | Outcome::TimedOut | Outcome::Unsigned => None,
    }
}

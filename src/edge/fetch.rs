//! Asks the origins, in order, until one answers for the object.

use std::io::Read as _;
use std::time::{Duration, Instant, SystemTime};

use b2_edge::failover::{Exhausted, OriginAnswer, Outcome, Served, Verdict, judge, judge_refusal};
use b2_edge::headers::{Asked, for_origin, whole_number};
use b2_edge::intent::ReadMethod;
use b2_edge::log_line::{Attempt, LogLine};
use b2_edge::object_key::ObjectKey;
use b2_edge::origin::{Access, Origin};
use b2_edge::route::Route;
use b2_edge::s3_error::{MAX_DOCUMENT_BYTES, code_in};
use b2_edge::service::Service;
use b2_edge::sign::{ToSign, sign};
use fastly::http::header::{HOST, RANGE, RETRY_AFTER};
use fastly::http::request::SendErrorCause;
use fastly::http::{HeaderValue, Method};
use fastly::{Request, Response};
use http::HeaderMap;

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
    let asked = Asked::by(method, &read.headers);
    let mut failures = Vec::new();
    for slot in route
        .order
        .iter()
        .filter_map(|&index| service.origins.get(index))
    {
        let started = Instant::now();
        let (outcome, response) = match &slot.origin {
            Ok(origin) => ask(origin, &read),
            Err(_) => (Outcome::Misconfigured, None),
        };
        let verdict = match (judge(&asked, &outcome), &slot.origin) {
            (Verdict::AskWhy, Ok(origin)) => {
                judge_refusal(reason_of_refusal(origin, &read).as_deref())
            }
            (verdict, _) => verdict,
        };
        let attempt = Attempt::new(&slot.backend, &outcome, verdict, started.elapsed());
        log.tried(match &slot.origin {
            Ok(_) => attempt,
            Err(problems) => attempt.because(problems),
        });
        match (verdict, response, &slot.origin) {
            (Verdict::Serve(served), Some(response), Ok(origin)) => {
                return Ok(Answer {
                    served,
                    origin,
                    response,
                });
            }
            (Verdict::Next(failure), _, _) => failures.push((failure, retry_after(&outcome))),
            // Only an answer is served, and why has been asked.
            (Verdict::Serve(_) | Verdict::AskWhy, _, _) => {}
        }
    }
    Err(Exhausted::after(failures))
}

/// Asks one origin.
fn ask(origin: &Origin, read: &ObjectRead) -> (Outcome, Option<Response>) {
    let Some(mut request) = address(origin, &read.method.as_http(), &read.path) else {
        return (Outcome::Unsigned, None);
    };
    for (name, value) in &read.headers {
        request.set_header(name, value);
    }
    match request.send(&origin.backend) {
        Ok(mut response) => (Outcome::Answered(describe(&mut response)), Some(response)),
        Err(error) => (failure(error.root_cause()), None),
    }
}

/// The code with which an origin refuses, asked for by a `GET` of one byte.
fn reason_of_refusal(origin: &Origin, read: &ObjectRead) -> Option<String> {
    let mut request = address(origin, &Method::GET, &read.path)?;
    request.set_header(RANGE, HeaderValue::from_static("bytes=0-0"));
    let mut response = request.send(&origin.backend).ok()?;
    describe(&mut response).code
}

/// A request to the bucket, signed unless the bucket is public.
///
/// It passes by the platform's read-through cache, which would keep one copy for each host and
/// could answer one client's conditions with another's.
fn address(origin: &Origin, method: &Method, path: &str) -> Option<Request> {
    let host = &origin.place.host;
    let url = format!("https://{}{path}", host.to_str().ok()?);
    let mut request = Request::new(method, url).with_pass(true);
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

/// What the decision needs of a response. An error document is read as far as its code.
fn describe(response: &mut Response) -> OriginAnswer {
    let status = response.get_status();
    let code = (status.is_client_error() || status.is_server_error())
        .then(|| response.try_get_body_mut())
        .flatten()
        .and_then(|body| {
            let mut document = Vec::new();
            // What was read before an error is as good as a document that ends there.
            let _ = body
                .take(MAX_DOCUMENT_BYTES as u64)
                .read_to_end(&mut document);
            code_in(&document)
        });
    OriginAnswer {
        status: status.as_u16(),
        code,
        retry_after: response
            .get_header(RETRY_AFTER)
            .and_then(whole_number)
            .map(Duration::from_secs),
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
        Outcome::Unreachable | Outcome::TimedOut | Outcome::Misconfigured | Outcome::Unsigned => {
            None
        }
    }
}

//! Shapes what the client gets.

use std::time::Duration;

use b2_edge::answer::Answer;
use b2_edge::cache_state::CacheState;
use b2_edge::content_type::{self, Kind};
use b2_edge::cors::Cors;
use b2_edge::entry::{Entry, EntryKey, Holds};
use b2_edge::error::GatewayError;
use b2_edge::headers::for_client;
use b2_edge::intent::{ALLOW, ReadMethod};
use b2_edge::log_line::LogLine;
use b2_edge::misconfiguration::{Problem, page};
use b2_edge::outcome::{Absence, Served};
use b2_edge::range::{Span, unsatisfied_range};
use b2_edge::tally::Exhausted;
use fastly::http::header::{
    ACCEPT_RANGES, AGE, ALLOW as ALLOW_HEADER, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, LOCATION, ORIGIN, RETRY_AFTER,
};
use fastly::http::{FramingHeadersMode, HeaderName, HeaderValue, Method, StatusCode};
use fastly::{Body, Response};

use super::attempt::Content;
use super::cache::{self, Hit};
use super::inbound::Client;
use super::race::Answered;
use super::read::Read;
use super::segmented::Segments;

/// The origin whose answer a response is.
const X_B2_HOST: HeaderName = HeaderName::from_static("x-b2-host");

/// What the cache had to do with it.
const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// The same for the developer tools of a browser, with times.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// How long a browser may keep a permanent redirect. Without a limit it keeps it for ever, and an operator could
/// not take a mistake back.
const PERMANENT: Duration = Duration::from_hours(1);

/// A response, with what the log says of it.
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) reason: &'static str,
    /// The length of its content, if it is known.
    pub(crate) bytes: Option<u64>,
    /// What kind of content it is about, where it is about an object's.
    pub(crate) kind: Option<Kind>,
    /// That there is no such object, if it says so.
    pub(crate) absence: Option<Absence>,
    pub(crate) then: Then,
    /// Whether to ask, after all that, if the object has changed that was served.
    pub(crate) is_to_revalidate: bool,
}

/// What remains to be done.
pub(crate) enum Then {
    Nothing,
    /// To see that the entry with this key is stored to its end.
    Watch(Vec<u8>, Box<Entry>),
    /// To send the content, segment by segment.
    Send(Box<Segments>),
}

impl Reply {
    const fn new(response: Response, reason: &'static str, bytes: Option<u64>) -> Self {
        Self {
            response,
            reason,
            bytes,
            kind: None,
            absence: None,
            then: Then::Nothing,
            is_to_revalidate: false,
        }
    }

    /// About content of a kind.
    const fn about(mut self, kind: Kind) -> Self {
        self.kind = Some(kind);
        self
    }

    pub(crate) const fn then_revalidate(mut self) -> Self {
        self.is_to_revalidate = true;
        self
    }

    pub(crate) fn then_watch(mut self, read: &Read<'_>, key: EntryKey<'_>, hit: &Hit) -> Self {
        let is_streamed = hit.entry.length > read.service.failover.whole_body_bytes;
        if is_streamed && hit.entry.holds == Holds::Content {
            let key = cache::cache_key(read, key);
            self.then = Then::Watch(key, Box::new(hit.entry.clone()));
        }
        self
    }

    /// Tells the client what only the log tells otherwise.
    pub(crate) fn tell_attempts(&mut self, line: &LogLine) {
        if let Some(timing) = line.server_timing() {
            self.response.append_header(SERVER_TIMING, timing);
        }
    }

    pub(crate) fn with_body(mut self, body: Body) -> Self {
        self.response.set_body(body);
        self
    }

    pub(crate) fn with_segments(mut self, segments: Segments) -> Self {
        self.then = Then::Send(Box::new(segments));
        self
    }
}

/// An answer from an entry; `None` if the cache does not give its bytes.
pub(crate) fn with_entry(read: &Read<'_>, hit: &Hit, state: CacheState) -> Option<Reply> {
    if let Holds::Absence(absence) = hit.entry.holds {
        let mut reply = not_found(read, absence);
        tell(&mut reply.response, read, &hit.entry, state, hit.age);
        return Some(reply);
    }
    let answer = Answer::select(read.method, read.client, &hit.entry);
    let part = match answer {
        Answer::Part(span) => Some(span),
        Answer::Whole
        | Answer::NotModified
        | Answer::PreconditionFailed
        | Answer::RangeNotSatisfiable => None,
    };
    let mut reply = match (answer.served().message(), answer, read.method) {
        (Some(message), _, method) => {
            let (status, reason) = (answer.served().status(), answer.served().reason());
            let mut reply = text(status, reason, message, &method.as_http());
            if answer == Answer::RangeNotSatisfiable {
                let range = unsatisfied_range(hit.entry.length);
                reply.response.set_header(CONTENT_RANGE, range);
            }
            reply
        }
        (None, Answer::NotModified, _) => {
            let response = Response::from_status(StatusCode::NOT_MODIFIED);
            let mut reply = Reply::new(response, answer.served().reason(), Some(0));
            describe(&mut reply.response, answer.served(), &hit.entry);
            reply.about(hit.entry.kind())
        }
        (None, _, ReadMethod::Head) => {
            let mut reply = head_of(&hit.entry, part);
            reply.bytes = Some(0);
            reply
        }
        (None, _, ReadMethod::Get) => head_of(&hit.entry, part).with_body(hit.body(part)?),
    };
    tell(&mut reply.response, read, &hit.entry, state, hit.age);
    Some(reply)
}

/// The head of an answer with the object or a part of it, of which `first` is the first segment.
pub(crate) fn with_part_of(
    read: &Read<'_>,
    described: &Hit,
    part: Option<Span>,
    first: &Hit,
    state: CacheState,
) -> Reply {
    let mut reply = head_of(&described.entry, part);
    tell(
        &mut reply.response,
        read,
        &first.entry,
        state,
        described.age,
    );
    reply
}

/// The head of an answer with an object or a part of it.
fn head_of(entry: &Entry, part: Option<Span>) -> Reply {
    let served = if part.is_some() {
        Served::Part
    } else {
        Served::Whole
    };
    let length = part.map_or(entry.length, Span::length);
    let mut response = Response::from_status(served.status());
    describe(&mut response, served, entry);
    if let Some(span) = part {
        response.set_header(CONTENT_RANGE, span.content_range(entry.length));
    }
    response.set_header(ACCEPT_RANGES, "bytes");
    response.set_header(CONTENT_LENGTH, length.to_string());
    keep_content_length(&mut response);
    Reply::new(response, served.reason(), Some(length)).about(entry.kind())
}

fn describe(response: &mut Response, served: Served, entry: &Entry) {
    for (name, value) in entry.lines_for(served) {
        response.append_header(name, value);
    }
}

/// Says whose the bytes are and how the cache came by them.
fn tell(response: &mut Response, read: &Read<'_>, entry: &Entry, state: CacheState, age: Duration) {
    match state {
        CacheState::Hit | CacheState::Stale => {
            response.set_header(AGE, age.as_secs().to_string());
        }
        CacheState::Miss | CacheState::Pass => {}
    }
    if let Some(host) = entry.host() {
        response.set_header(X_B2_HOST, host);
    }
    tell_state(response, read, &entry.origin, state);
}

fn tell_state(response: &mut Response, read: &Read<'_>, origin: &str, state: CacheState) {
    response.set_header(X_CACHE, state.as_header());
    let timing = state.server_timing(origin, read.asked_for.get());
    response.set_header(SERVER_TIMING, timing);
}

/// An origin's answer about the object, passed on: its content streams through, its errors do not.
pub(crate) fn with_answer(read: &Read<'_>, answered: Answered<'_>) -> Reply {
    let Answered {
        served,
        origin,
        received,
        ..
    } = answered;
    let headers = for_client(served, &received.headers);
    let mut reply = if let Some(message) = served.message() {
        let method = read.method.as_http();
        text(served.status(), served.reason(), message, &method)
    } else {
        // A 304 does not say of which type the object is.
        let mut description = received.headers;
        content_type::amend(&mut description, read.key.as_str());
        let kind = Kind::of_map(&description);
        content(read.method, served, received.content).about(kind)
    };
    for (name, value) in &headers {
        reply.response.append_header(name, value);
    }
    reply.response.set_header(X_B2_HOST, &origin.place.host);
    tell_state(&mut reply.response, read, &origin.backend, CacheState::Pass);
    reply
}

fn content(method: ReadMethod, served: Served, content: Content) -> Reply {
    let mut response = Response::from_status(served.status());
    let bytes = match (method, served) {
        (ReadMethod::Head, _) => {
            keep_content_length(&mut response);
            Some(0)
        }
        // A 304 has no content, whatever length it tells (RFC 9110, section 15.4.5).
        (ReadMethod::Get, Served::NotModified) => Some(0),
        (ReadMethod::Get, _) => match content {
            Content::Bytes(bytes) => {
                let length = bytes.len() as u64;
                response.set_body(bytes);
                Some(length)
            }
            Content::Stream(body, length) => {
                response.set_body(Body::from(body));
                length
            }
        },
    };
    Reply::new(response, served.reason(), bytes)
}

/// What an origin has said of an object that is not there, when it is not kept.
pub(crate) fn with_absence(
    read: &Read<'_>,
    backend: &str,
    host: &HeaderValue,
    absence: Absence,
) -> Reply {
    let mut reply = not_found(read, absence);
    reply.response.set_header(X_B2_HOST, host);
    tell_state(&mut reply.response, read, backend, CacheState::Pass);
    reply
}

fn not_found(read: &Read<'_>, absence: Absence) -> Reply {
    let method = read.method.as_http();
    let mut reply = text(404, absence.reason(), Absence::MESSAGE, &method);
    reply.absence = Some(absence);
    reply
}

/// A redirect to the folder of the same name.
pub(crate) fn with_folder(address: &str, lifetime: Duration) -> Option<Reply> {
    let location = HeaderValue::try_from(address).ok()?;
    Some(with_location(301, location, "folder_redirect", lifetime))
}

/// A redirect of the configuration. One that is temporary is asked for each time.
pub(crate) fn with_redirect(status: u16, location: HeaderValue) -> Reply {
    let is_permanent = matches!(status, 301 | 308);
    let lifetime = if is_permanent {
        PERMANENT
    } else {
        Duration::ZERO
    };
    with_location(status, location, "redirect", lifetime)
}

fn with_location(
    status: u16,
    location: HeaderValue,
    reason: &'static str,
    lifetime: Duration,
) -> Reply {
    let lifetime = format!("public, max-age={}", lifetime.as_secs());
    let response = Response::from_status(status)
        .with_header(LOCATION, location)
        .with_header(CACHE_CONTROL, lifetime);
    Reply::new(response, reason, Some(0))
}

/// The answer to a preflight.
pub(crate) fn with_preflight(cors: &Cors, client: &Client) -> Reply {
    let mut reply = with_options();
    for (name, value) in cors.preflight(client.negotiation.get(ORIGIN)) {
        reply.response.set_header(name, value);
    }
    reply.reason = "preflight";
    reply
}

/// The answer to `OPTIONS`.
pub(crate) fn with_options() -> Reply {
    let response = Response::from_status(StatusCode::NO_CONTENT).with_header(ALLOW_HEADER, ALLOW);
    Reply::new(response, "options", Some(0))
}

/// The answer to a `PURGE` that was done, in the form of Fastly's own.
pub(crate) fn with_purged() -> Reply {
    let body = "{\"status\": \"ok\"}\n";
    let response = Response::from_body(body)
        .with_header(CONTENT_TYPE, "application/json")
        .with_header(CACHE_CONTROL, "no-store");
    Reply::new(response, "purged", Some(body.len() as u64))
}

/// A refusal, with a page of what keeps the service from serving anything, if something does.
pub(crate) fn with_error(error: GatewayError, problems: &[Problem], method: &Method) -> Reply {
    let message = if problems.is_empty() {
        error.message()
    } else {
        &page(problems)
    };
    let mut reply = text(error.status(), error.reason(), message, method);
    match error {
        GatewayError::MethodNotAllowed => reply.response.set_header(ALLOW_HEADER, ALLOW),
        GatewayError::OriginsExhausted(Exhausted::Busy {
            retry_after: Some(after),
        }) => {
            let seconds = after.as_secs().to_string();
            reply.response.set_header(RETRY_AFTER, seconds);
        }
        GatewayError::OriginsExhausted(
            Exhausted::Busy { retry_after: None }
            | Exhausted::Failed
            | Exhausted::BadRequest
            | Exhausted::NotConfigured,
        )
        | GatewayError::Key(_)
        | GatewayError::PurgeNotAllowed
        | GatewayError::PurgeFailed
        | GatewayError::NotConfigured => {}
    }
    reply
}

/// A short text of our own.
fn text(status: u16, reason: &'static str, message: &str, method: &Method) -> Reply {
    let message = format!("{}\n", message.trim_end());
    own(status, reason, "text/plain; charset=utf-8", message, method)
}

/// Content of our own. No cache keeps it, because it is about now and not about an object.
pub(crate) fn own(
    status: u16,
    reason: &'static str,
    content_type: &str,
    content: String,
    method: &Method,
) -> Reply {
    let length = content.len();
    let mut response = Response::from_status(status)
        .with_header(CONTENT_TYPE, content_type)
        .with_header(CACHE_CONTROL, "no-store")
        .with_header(CONTENT_LENGTH, length.to_string());
    if method == Method::HEAD {
        keep_content_length(&mut response);
    } else {
        response.set_body(content);
    }
    let is_head = method == Method::HEAD;
    let bytes = if is_head { 0 } else { length as u64 };
    Reply::new(response, reason, Some(bytes))
}

/// Lets `Content-Length` stand: by itself the platform replaces it with what it knows of the body, which
/// is nothing for `HEAD` and for a body that is still coming.
fn keep_content_length(response: &mut Response) {
    response.set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
}

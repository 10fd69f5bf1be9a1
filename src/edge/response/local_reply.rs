//! Answers of our own: redirects, refusals, and what is about no object.

use std::time::Duration;

use b2_edge_core::error::GatewayError;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::request::intent::ALLOW;
use b2_edge_core::setup::problem::{Problem, page};
use b2_edge_core::site::cors::Cors;
use fastly::Response;
use fastly::http::header::{
    ALLOW as ALLOW_HEADER, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, ORIGIN,
    RETRY_AFTER,
};
use fastly::http::{HeaderValue, Method, StatusCode};

use crate::edge::platform::request::Client;
use crate::edge::response::object::keep_content_length;
use crate::edge::response::reply::Reply;

/// How long a browser may keep a permanent redirect. Without a limit it keeps it for ever, and an operator could
/// not take a mistake back.
const PERMANENT: Duration = Duration::from_hours(1);

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
pub(crate) fn text(status: u16, reason: &'static str, message: &str, method: &Method) -> Reply {
    let message = format!("{}\n", message.trim_end());
    content(status, reason, "text/plain; charset=utf-8", message, method)
}

/// Content of our own. No cache keeps it, because it is about now and not about an object.
pub(crate) fn content(
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

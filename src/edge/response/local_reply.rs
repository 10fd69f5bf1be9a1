//! Responses that the application makes itself: redirects, errors, texts and pages.

use std::time::Duration;

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::target::Target;
use b2_edge_core::origins::consensus::Exhausted;
use b2_edge_core::request::intent::ALLOW;
use b2_edge_core::setup::problem::{Problem, page};
use b2_edge_core::site::cors::Cors;
use fastly::http::header::{
    ALLOW as ALLOW_HEADER, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, LOCATION, ORIGIN,
    RETRY_AFTER,
};
use fastly::http::{HeaderValue, Method, StatusCode};

use crate::edge::platform::request::Client;
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::reply::Reply;

/// How long a browser may cache a permanent redirect. By default it does so without limit, and an operator could
/// not undo a mistake.
const PERMANENT: Duration = Duration::from_hours(1);

/// A redirect to the folder of the same name.
pub(crate) fn folder_redirect(location: &str, ttl: Duration) -> Option<Reply> {
    let location = HeaderValue::try_from(location).ok()?;
    Some(redirect_to(301, location, "folder_redirect", ttl))
}

/// A redirect to the address that was requested, whose variant is stored now. No cache stores it: it is true once.
pub(crate) fn stored_redirect(target: &Target<'_>) -> Option<Reply> {
    let mut location = target.path.to_vec();
    if let Some(query) = target.query {
        location.push(b'?');
        location.extend(query.bytes());
    }
    let location = HeaderValue::from_bytes(&location).ok()?;
    let response = Outgoing::new(StatusCode::MOVED_PERMANENTLY)
        .with_header(LOCATION, location)
        .with_header(CACHE_CONTROL, "no-store");
    Some(Reply::new(response, "variant_stored", Some(0)))
}

/// A redirect of the configuration. A temporary one is not cached.
pub(crate) fn redirect(status: u16, location: HeaderValue) -> Reply {
    let is_permanent = matches!(status, 301 | 308);
    let ttl = if is_permanent {
        PERMANENT
    } else {
        Duration::ZERO
    };
    redirect_to(status, location, "redirect", ttl)
}

fn redirect_to(status: u16, location: HeaderValue, reason: &'static str, ttl: Duration) -> Reply {
    let cache_control = format!("public, max-age={}", ttl.as_secs());
    let response = Outgoing::new(status)
        .with_header(LOCATION, location)
        .with_header(CACHE_CONTROL, cache_control);
    Reply::new(response, reason, Some(0))
}

/// The response to a preflight request.
pub(crate) fn preflight(cors: &Cors, client: &Client) -> Reply {
    let mut reply = no_content("preflight");
    for (name, value) in cors.preflight(client.negotiation.get(ORIGIN)) {
        reply.response.set_header(name, value);
    }
    reply
}

/// The response to `OPTIONS`.
pub(crate) fn options() -> Reply {
    no_content("options")
}

fn no_content(reason: &'static str) -> Reply {
    let response = Outgoing::new(StatusCode::NO_CONTENT).with_header(ALLOW_HEADER, ALLOW);
    Reply::new(response, reason, Some(0))
}

/// The response to a successful `PURGE`, in the form of Fastly's own.
pub(crate) fn purged() -> Reply {
    let body = "{\"status\": \"ok\"}\n";
    let response = Outgoing::new(StatusCode::OK)
        .with_body(Vec::from(body))
        .with_header(CONTENT_TYPE, "application/json")
        .with_header(CACHE_CONTROL, "no-store");
    Reply::new(response, "purged", Some(body.len() as u64))
}

/// An error, with a page of the problems that keep the service from serving anything, if there are any.
pub(crate) fn error(error: GatewayError, problems: &[Problem], method: &Method) -> Reply {
    let message = if problems.is_empty() {
        error.message()
    } else {
        &page(problems)
    };
    let mut reply = text(error.status(), error.reason(), message, method);
    match error {
        GatewayError::OriginsExhausted(Exhausted::EngineUnavailable) => {
            reply.response.set_header(RETRY_AFTER, "1");
        }
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
        | GatewayError::InvalidPage
        | GatewayError::PurgeNotAllowed
        | GatewayError::PurgeFailed
        | GatewayError::NotConfigured => {}
    }
    reply
}

/// A short text.
pub(crate) fn text(status: u16, reason: &'static str, message: &str, method: &Method) -> Reply {
    let message = format!("{}\n", message.trim_end());
    content(status, reason, "text/plain; charset=utf-8", message, method)
}

/// Content that no cache may store, because it is about this moment.
pub(crate) fn content(
    status: u16,
    reason: &'static str,
    content_type: &str,
    content: String,
    method: &Method,
) -> Reply {
    let length = content.len();
    let mut response = Outgoing::new(status)
        .with_header(CONTENT_TYPE, content_type)
        .with_header(CACHE_CONTROL, "no-store")
        .with_header(CONTENT_LENGTH, length.to_string());
    let is_head = method == Method::HEAD;
    if is_head {
        response.keeps_content_length = true;
    } else {
        response.set_body(content.into_bytes());
    }
    let bytes = if is_head { 0 } else { length as u64 };
    Reply::new(response, reason, Some(bytes))
}

//! Shapes what the client gets.

use b2_edge::error::GatewayError;
use b2_edge::failover::{Exhausted, Served};
use b2_edge::headers::{for_client, whole_number};
use b2_edge::intent::{ALLOW, ReadMethod};
use b2_edge::misconfiguration::{Problem, page};
use fastly::Response;
use fastly::http::header::{
    ALLOW as ALLOW_HEADER, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
};
use fastly::http::{FramingHeadersMode, HeaderName, Method, StatusCode};

use super::fetch::Answer;

/// The origin whose answer a response is.
const X_B2_HOST: HeaderName = HeaderName::from_static("x-b2-host");

const X_CONTENT_TYPE_OPTIONS: HeaderName = HeaderName::from_static("x-content-type-options");

/// A response, with what the log says of it.
pub(crate) struct Reply {
    pub(crate) response: Response,
    pub(crate) reason: &'static str,
    /// The length of its content, if it is known.
    pub(crate) bytes: Option<u64>,
}

/// An origin's answer about the object: its content streams through, its errors do not.
pub(crate) fn with_answer(method: ReadMethod, answer: Answer<'_>) -> Reply {
    let Answer {
        served,
        origin,
        response,
    } = answer;
    let headers = for_client(served, response.get_headers());
    let mut reply = match served.message() {
        Some(message) => text(served.status(), served.reason(), message, &method.as_http()),
        None => content(method, served, response),
    };
    for (name, value) in &headers {
        reply.response.append_header(name, value);
    }
    reply.response.set_header(X_B2_HOST, &origin.place.host);
    reply
}

/// The origin's content, handed on as a whole: the platform streams it.
fn content(method: ReadMethod, served: Served, mut origin: Response) -> Reply {
    let mut response = Response::from_status(served.status());
    let bytes = match (method, served) {
        (ReadMethod::Head, _) => {
            keep_content_length(&mut response);
            Some(0)
        }
        // A 304 has no content, whatever length it tells (RFC 9110, section 15.4.5).
        (ReadMethod::Get, Served::NotModified) => Some(0),
        (ReadMethod::Get, _) => {
            // Not by the SDK's own call: it counts in `usize`, which here ends at 4 GiB.
            let announced = origin.get_header(CONTENT_LENGTH).and_then(whole_number);
            if let Some(body) = origin.try_take_body() {
                response.set_body(body);
            }
            announced
        }
    };
    Reply {
        response,
        reason: served.reason(),
        bytes,
    }
}

/// The answer to `OPTIONS`.
pub(crate) fn with_options() -> Reply {
    Reply {
        response: Response::from_status(StatusCode::NO_CONTENT).with_header(ALLOW_HEADER, ALLOW),
        reason: "options",
        bytes: Some(0),
    }
}

/// A refusal.
pub(crate) fn with_error(error: GatewayError, method: &Method) -> Reply {
    let mut reply = text(error.status(), error.reason(), error.message(), method);
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
            | Exhausted::Denied
            | Exhausted::BadRequest,
        )
        | GatewayError::Key(_)
        | GatewayError::NotConfigured => {}
    }
    reply
}

/// The page of a service that is not set up.
pub(crate) fn with_problems(problems: &[Problem], method: &Method) -> Reply {
    let error = GatewayError::NotConfigured;
    text(error.status(), error.reason(), &page(problems), method)
}

/// A short text of our own. No cache keeps it, because it is about now and not about the object.
fn text(status: u16, reason: &'static str, message: &str, method: &Method) -> Reply {
    let message = format!("{}\n", message.trim_end());
    let length = message.len();
    let mut response = Response::from_status(status)
        .with_header(CONTENT_TYPE, "text/plain; charset=utf-8")
        .with_header(X_CONTENT_TYPE_OPTIONS, "nosniff")
        .with_header(CACHE_CONTROL, "no-store")
        .with_header(CONTENT_LENGTH, length.to_string());
    if method == Method::HEAD {
        keep_content_length(&mut response);
    } else {
        response.set_body(message);
    }
    Reply {
        response,
        reason,
        bytes: Some(if method == Method::HEAD {
            0
        } else {
            length as u64
        }),
    }
}

/// Lets `Content-Length` stand although there is no body to measure: by itself the platform would
/// replace it with 0.
fn keep_content_length(response: &mut Response) {
    response.set_framing_headers_mode(FramingHeadersMode::ManuallyFromHeaders);
}

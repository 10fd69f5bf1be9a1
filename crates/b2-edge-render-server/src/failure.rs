//! A request that is refused or has failed: its status, its reason for the log, and its text for the client.

use std::borrow::Cow;

use http::StatusCode;

use crate::render::mac::Unauthorized;

/// Nothing in it reveals keys, signatures or addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status of the response.
    pub(crate) status: StatusCode,
    /// A stable label for the log.
    pub(crate) reason: &'static str,
    /// The text of the response: one sentence without its full stop.
    pub(crate) message: Cow<'static, str>,
}

impl Failure {
    pub(crate) fn new(
        status: StatusCode,
        reason: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            reason,
            message: message.into(),
        }
    }

    /// The request itself is wrong.
    pub(crate) fn bad_request(reason: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, reason, message)
    }

    /// The client has not shown that it may use the service. It does not learn what is wrong.
    pub(crate) fn unauthorized(reason: &'static str) -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            reason,
            "The request is not authorised",
        )
    }

    /// Nothing is at this path.
    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "no_endpoint",
            "There is nothing at this path",
        )
    }

    /// The whole request took too long.
    pub(crate) fn out_of_time() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            "out_of_time",
            "The image was not rendered in time",
        )
    }

    /// No further request is admitted.
    pub(crate) fn queue_full() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "queue_full",
            "The queue is full",
        )
    }
}

impl From<Unauthorized> for Failure {
    fn from(error: Unauthorized) -> Self {
        Self::unauthorized(error.reason())
    }
}

//! Refusals: responses that the application gives itself because there is no object to serve.
//!
//! The client gets a status and a sentence; the log gets a stable reason, and the outcome of each attempt at
//! an origin.

use crate::origins::consensus::Exhausted;
use crate::s3::object_key::KeyError;

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatewayError {
    /// The path names no object.
    Key(KeyError),
    /// The method is none of `GET`, `HEAD`, `OPTIONS` and `PURGE`.
    MethodNotAllowed,
    /// The parameter `page` of a listing is none that b2-edge has given.
    InvalidPage,
    /// A `PURGE` without a valid Fastly API token.
    PurgeNotAllowed,
    /// The platform failed to purge.
    PurgeFailed,
    /// The service is not set up. An operator finds the reasons on the page and in the log.
    NotConfigured,
    /// No origin gave a usable response. An operator finds the failure of each in the log.
    OriginsExhausted(Exhausted),
}

impl GatewayError {
    /// The status code.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Key(KeyError::Bucket | KeyError::NoIndex | KeyError::OutsideBasePath) => 404,
            Self::Key(_) | Self::InvalidPage | Self::OriginsExhausted(Exhausted::BadRequest) => 400,
            Self::MethodNotAllowed => 405,
            Self::PurgeNotAllowed => 401,
            Self::PurgeFailed => 500,
            Self::NotConfigured
            | Self::OriginsExhausted(
                Exhausted::Busy { .. } | Exhausted::NotConfigured | Exhausted::EngineUnavailable,
            ) => 503,
            Self::OriginsExhausted(Exhausted::Failed) => 502,
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Key(error) => error.reason(),
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidPage => "listing_page_invalid",
            Self::PurgeNotAllowed => "purge_not_allowed",
            Self::PurgeFailed => "purge_failed",
            Self::NotConfigured | Self::OriginsExhausted(Exhausted::NotConfigured) => {
                "not_configured"
            }
            Self::OriginsExhausted(Exhausted::Failed) => "origins_failed",
            Self::OriginsExhausted(Exhausted::Busy { .. }) => "origins_busy",
            Self::OriginsExhausted(Exhausted::BadRequest) => "refused_by_origins",
            Self::OriginsExhausted(Exhausted::EngineUnavailable) => "engine_unavailable",
        }
    }

    /// The text of the response.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Key(error) => error.message(),
            Self::MethodNotAllowed => "This address can be read with GET and HEAD only.",
            Self::InvalidPage => {
                "There is no such page. Please begin with the first page of this folder."
            }
            Self::PurgeNotAllowed => "To purge, send a valid Fastly API token in Fastly-Key.",
            Self::PurgeFailed => "The cache did not take the purge. Please try again.",
            Self::NotConfigured | Self::OriginsExhausted(Exhausted::NotConfigured) => {
                "This service is not set up yet."
            }
            Self::OriginsExhausted(Exhausted::Failed) => {
                "The storage behind this address did not answer as it should. Please try again."
            }
            Self::OriginsExhausted(Exhausted::Busy { .. }) => {
                "The storage behind this address is busy. Please try again in a moment."
            }
            Self::OriginsExhausted(Exhausted::EngineUnavailable) => {
                "The picture cannot be resized at the moment. Please try again."
            }
            Self::OriginsExhausted(Exhausted::BadRequest) => {
                "The storage behind this address does not accept the request."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::path::PathError;

    #[test]
    fn each_refusal_has_its_status_and_reason() {
        for (error, status, reason) in [
            (GatewayError::Key(KeyError::Bucket), 404, "key_empty"),
            (
                GatewayError::Key(KeyError::NoIndex),
                404,
                "index_key_too_long",
            ),
            (
                GatewayError::Key(KeyError::OutsideBasePath),
                404,
                "outside_base_path",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::BadEscape)),
                400,
                "key_bad_escape",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::NotUtf8)),
                400,
                "key_not_utf8",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::Nul)),
                400,
                "key_nul",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::TooLong)),
                400,
                "key_too_long",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::DotSegment)),
                400,
                "key_dot_segment",
            ),
            (
                GatewayError::Key(KeyError::Path(PathError::NotAPath)),
                400,
                "target_not_a_path",
            ),
            (GatewayError::MethodNotAllowed, 405, "method_not_allowed"),
            (GatewayError::InvalidPage, 400, "listing_page_invalid"),
            (GatewayError::NotConfigured, 503, "not_configured"),
            (
                GatewayError::OriginsExhausted(Exhausted::Failed),
                502,
                "origins_failed",
            ),
            (
                GatewayError::OriginsExhausted(Exhausted::Busy { retry_after: None }),
                503,
                "origins_busy",
            ),
            (GatewayError::PurgeNotAllowed, 401, "purge_not_allowed"),
            (GatewayError::PurgeFailed, 500, "purge_failed"),
            (
                GatewayError::OriginsExhausted(Exhausted::BadRequest),
                400,
                "refused_by_origins",
            ),
        ] {
            assert_eq!(
                (error.status(), error.reason()),
                (status, reason),
                "{error:?}"
            );
            assert!(error.message().ends_with('.'), "{error:?}");
        }
    }
}

//! A request to the S3 endpoint, and why it is refused.

use b2_edge_core::s3_endpoint::error::{Code, S3Error};
use b2_edge_core::s3_endpoint::unverified::Incoming;
use b2_edge_core::setup::problem::Problem;
use fastly::http::Method;

use crate::edge::context::RequestContext;

/// Why there is no response of the bucket.
pub(super) struct Refusal {
    pub(super) error: S3Error,
    pub(super) problems: Vec<Problem>,
}

impl Refusal {
    /// The bucket cannot be reached with what the service has.
    pub(super) fn misconfigured(problems: Vec<Problem>) -> Self {
        let error = S3Error::new(
            Code::ServiceUnavailable,
            "not_configured",
            "The origin of this bucket is not set up. Its operator finds the reason in the log.",
        );
        Self { error, problems }
    }
}

impl From<S3Error> for Refusal {
    fn from(error: S3Error) -> Self {
        let problems = Vec::new();
        Self { error, problems }
    }
}

/// A request to the endpoint.
#[derive(Clone, Copy)]
pub(super) struct S3Request<'r> {
    pub(super) context: &'r RequestContext<'r>,
    pub(super) method: &'r Method,
    pub(super) incoming: Incoming<'r>,
}

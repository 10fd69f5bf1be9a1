//! That a bucket refuses to store variants, as the POP remembers it: for a minute it is not tried again.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long it is remembered.
pub const RETENTION: Duration = Duration::from_mins(1);

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedStore {
    /// When, in RFC 3339.
    pub time: String,
    /// The backend that the request went to.
    pub backend: String,
    /// The status of the response; absent if there is no key to sign with.
    pub status: Option<u16>,
    /// The code of the S3 error document.
    pub code: Option<String>,
}

/// The cache key of the refusal of an origin.
#[must_use]
pub fn cache_key(origin: &str) -> String {
    format!("b2-edge images store refused\0{origin}")
}

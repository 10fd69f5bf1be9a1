//! What a POP remembers of image variants: that a bucket refuses to store them, which is not tried again for a minute, and
//! that the render service does not respond.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The cache key of the failure of the render service.
pub const RENDER_SERVICE_FAILED: &str = "b2-edge images render service failed";

/// How long that is remembered: as long as clients are spared the wait.
pub const RENDER_SERVICE_RETENTION: Duration = Duration::from_secs(5);

/// How long a refusal is remembered.
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

//! One version of an object.

use http::HeaderValue;

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// Its strong `ETag`.
    pub etag: HeaderValue,
    /// Its length in bytes.
    pub complete_length: u64,
}

impl ObjectVersion {
    /// Whether an answer with this `ETag` is of this version.
    #[must_use]
    pub fn matches_etag(&self, etag: Option<&HeaderValue>) -> bool {
        etag.is_none_or(|etag| *etag == self.etag)
    }
}

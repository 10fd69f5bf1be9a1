//! The version of an object, by which segments of a large object are checked to belong together.

use http::HeaderValue;

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectVersion {
    /// The strong `ETag`.
    pub etag: HeaderValue,
    /// The length of the whole object in bytes.
    pub complete_length: u64,
}

impl ObjectVersion {
    /// Whether a response with this `ETag` is of this version. One without an `ETag` may be of any.
    #[must_use]
    pub fn matches_etag(&self, etag: Option<&HeaderValue>) -> bool {
        etag.is_some_and(|etag| *etag == self.etag)
    }
}

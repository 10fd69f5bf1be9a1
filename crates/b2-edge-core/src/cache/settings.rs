//! How responses are cached if the object has no caching headers.

use std::time::Duration;

/// `cache`, except its rules. An object's own caching headers take precedence over each of the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// `cache.ttl_s`: the TTL of objects without caching headers. 0 caches only objects that have a
    /// lifetime of their own.
    pub ttl: Duration,
    /// `cache.not_found_ttl_s`: how long a 404 is cached. With 0, every request for a missing object goes
    /// to the origins.
    pub not_found_ttl: Duration,
    /// `cache.stale_while_revalidate_s`: how long after its TTL an object is still served immediately,
    /// while one request revalidates it (RFC 5861, section 3).
    pub stale_while_revalidate: Duration,
    /// `cache.stale_if_error_s`: how long after its TTL an object is still served if every origin fails
    /// (RFC 5861, section 4).
    pub stale_if_error: Duration,
    /// `override` of a rule: whether `ttl` and the stale times apply whatever the object's own headers say.
    pub overrides_object: bool,
    /// `cache.segment_bytes`: objects larger than this are cached in segments of this size.
    pub segment_bytes: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_hours(1),
            not_found_ttl: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_mins(1),
            stale_if_error: Duration::from_hours(24),
            overrides_object: false,
            segment_bytes: 8 << 20,
        }
    }
}

//! The cache settings: TTLs for objects without caching headers, and the segment size.

use std::time::Duration;

/// The `cache` settings. An object's own headers take precedence over the TTL and the stale windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// `cache.ttl_s`: the TTL of objects without caching headers; default 3600 s, at most a year. 0: do not
    /// cache them.
    pub ttl: Duration,
    /// `cache.not_found_ttl_s`: the TTL of a 404; default 10 s, at most a day. 0: do not cache 404s.
    pub not_found_ttl: Duration,
    /// `cache.stale_while_revalidate_s`: how long after its TTL an object is served stale while it is
    /// revalidated; default 60 s, at most 30 days (RFC 5861, section 3).
    pub stale_while_revalidate: Duration,
    /// `cache.stale_if_error_s`: how long after its TTL an object is served stale if no origin responds;
    /// default a day, at most a year (RFC 5861, section 4).
    pub stale_if_error: Duration,
    /// `cache.segment_bytes`: the size of the segments in which larger objects are cached; default 8 MiB, 1
    /// to 64 MiB.
    pub segment_bytes: u64,
}

impl Default for CacheSettings {
    fn default() -> Self {
        Self {
            ttl: Duration::from_hours(1),
            not_found_ttl: Duration::from_secs(10),
            stale_while_revalidate: Duration::from_mins(1),
            stale_if_error: Duration::from_hours(24),
            segment_bytes: 8 << 20,
        }
    }
}

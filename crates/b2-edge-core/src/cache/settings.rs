//! How responses are cached where an object does not say.

use std::time::Duration;

/// How answers are cached. What an object says of itself comes before each of the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CacheSettings {
    /// `cache.ttl_s`: how long an object is fresh, default 3600 s, at most a year. 0 caches nothing that
    /// does not ask for it.
    pub ttl: Duration,
    /// `cache.not_found_ttl_s`: how long it is remembered that there is no such object, default 10 s, at
    /// most a day. 0 asks the origins each time.
    pub not_found_ttl: Duration,
    /// `cache.stale_while_revalidate_s`: how long after its lifetime an object is still served while it
    /// is asked for again, default 60 s, at most 30 days (RFC 5861, section 3).
    pub stale_while_revalidate: Duration,
    /// `cache.stale_if_error_s`: how long after its lifetime an object is still served when no origin
    /// can, default a day, at most a year (RFC 5861, section 4).
    pub stale_if_error: Duration,
    /// `cache.segment_bytes`: the size of the pieces that a large object is cached in, default 8 MiB, 1
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

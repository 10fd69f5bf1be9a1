//! The circuit breaker of an origin, with exponential backoff.
//!
//! Its state is a cache entry for each failing origin, shared by the POP. Fresh: open, the origin is tried
//! last. Stale: half-open, the cache gives one request the obligation to revalidate, and that request is the
//! probe. Absent: closed, because a probe has succeeded or the record has expired.

use std::time::{Duration, SystemTime};

use crate::origins::outcome::Failure;

/// The first backoff.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest backoff, also by `Retry-After`.
const LONGEST: Duration = Duration::from_mins(1);

/// How long a record is retained after its backoff, so that another failure doubles the backoff.
pub const RETENTION: Duration = LONGEST;

/// The version of the record's format, part of its cache key.
const SCHEMA: &str = "m3";

/// The record of a failing origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureRecord {
    /// Consecutive failures, counting one for each probe.
    failures: u32,
    /// The time of the first failure, in seconds of Unix time.
    since_s: u64,
    /// The last failure.
    cause: Option<Failure>,
}

/// The health of an origin, as seen from this POP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OriginHealth {
    /// The record of its failures and the time until the next probe; `None` while its circuit breaker is
    /// closed.
    pub failing: Option<(FailureRecord, Duration)>,
    /// The result of Fastly's health check; `None` if the backend has none.
    pub is_healthy: Option<bool>,
}

impl FailureRecord {
    /// The record after a failure at `now`, given the record before it.
    #[must_use]
    pub fn after_failure(before: Option<Self>, cause: Failure, now: SystemTime) -> Self {
        let cause = Some(cause);
        match before {
            Some(record) => Self {
                failures: record.failures.saturating_add(1),
                cause,
                ..record
            },
            None => Self {
                failures: 1,
                since_s: now
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default()
                    .as_secs(),
                cause,
            },
        }
    }

    /// The number of consecutive failures.
    #[must_use]
    pub const fn failures(self) -> u32 {
        self.failures
    }

    /// The last failure.
    #[must_use]
    pub const fn cause(self) -> Option<Failure> {
        self.cause
    }

    /// The time of the first failure.
    #[must_use]
    pub fn since(self) -> SystemTime {
        let since = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.since_s));
        since.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How long the breaker stays open: 1 s, doubled with each consecutive failure, and at least
    /// `retry_after`; never more than 60 s.
    #[must_use]
    pub fn backoff(self, retry_after: Option<Duration>) -> Duration {
        let doublings = self.failures.saturating_sub(1);
        let backoff = SHORTEST.saturating_mul(2_u32.saturating_pow(doublings));
        backoff.max(retry_after.unwrap_or_default()).min(LONGEST)
    }

    /// The record as stored in the cache.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        let cause = self.cause.map_or("", Failure::reason);
        format!("{} {} {cause}", self.failures, self.since_s).into_bytes()
    }

    /// Parses a record as stored in the cache.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(bytes).ok()?.splitn(3, ' ');
        let (failures, since_s, cause) = (words.next()?, words.next()?, words.next()?);
        Some(Self {
            cause: Failure::parse(cause),
            failures: failures.parse().ok()?,
            since_s: since_s.parse().ok()?,
        })
    }
}

/// The cache key of an origin's record.
#[must_use]
pub fn cache_key(backend: &str) -> Vec<u8> {
    format!("{SCHEMA} {backend}").into_bytes()
}

/// The surrogate key that purges an origin's record.
#[must_use]
pub fn surrogate_key(backend: &str) -> String {
    format!("b2-edge:failing:{backend}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_that_keeps_failing_goes_last_for_twice_as_long_each_time() {
        let began = SystemTime::UNIX_EPOCH + Duration::from_hours(500_000);
        let mut record = None;
        let mut seconds = Vec::new();
        for step in 0..9 {
            let after = FailureRecord::after_failure(
                record,
                Failure::CapExceeded,
                began + Duration::from_secs(step),
            );
            seconds.push(after.backoff(None).as_secs());
            record = FailureRecord::from_bytes(&after.to_bytes());
            assert_eq!(record, Some(after));
        }
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let record = record.expect("some");
        assert_eq!((record.failures(), record.since()), (9, began));
        assert_eq!(record.cause(), Some(Failure::CapExceeded));
        let forever = FailureRecord {
            failures: u32::MAX,
            since_s: u64::MAX,
            cause: None,
        };
        assert_eq!(forever.backoff(None).as_secs(), 60);
    }

    #[test]
    fn an_origin_may_ask_for_a_longer_time_but_not_for_any() {
        let record = FailureRecord::after_failure(None, Failure::Busy, SystemTime::UNIX_EPOCH);
        for (retry_after, expected) in [(0, 1), (1, 1), (7, 7), (60, 60), (86_400, 60)] {
            let backoff = record.backoff(Some(Duration::from_secs(retry_after)));
            assert_eq!(backoff.as_secs(), expected, "Retry-After: {retry_after}");
        }
    }

    #[test]
    fn what_is_no_memory_is_none() {
        for bytes in [&b""[..], b"x", b"1", b"-1 1", b"1 -1", b"1 1", b"\xff"] {
            assert_eq!(FailureRecord::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}

//! How long an origin that failed goes last.
//!
//! A circuit breaker with exponential backoff. Its state is one cache entry for each failing origin,
//! shared by the POP: fresh while the origin goes last; stale when the time has come to try it again,
//! which the cache lets one request do; gone when it has answered or when nobody has asked for long.

use std::time::{Duration, SystemTime};

/// The first backoff.
const SHORTEST: Duration = Duration::from_secs(1);

/// The longest: `Retry-After` asks for no more either.
const LONGEST: Duration = Duration::from_mins(1);

/// How long a failing origin is remembered after its backoff, so that failing again doubles it.
pub const RETENTION: Duration = LONGEST;

/// The version of what a memory looks like.
const SCHEMA: &str = "m2";

/// What the POP remembers of an origin that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureRecord {
    /// How often it failed in a row, each time when it was tried again.
    failures: u32,
    /// When it failed first, in seconds of Unix time.
    since_s: u64,
}

impl FailureRecord {
    /// After one more failure.
    #[must_use]
    pub fn after_failure(before: Option<Self>, now: SystemTime) -> Self {
        match before {
            Some(memory) => Self {
                failures: memory.failures.saturating_add(1),
                ..memory
            },
            None => Self {
                failures: 1,
                since_s: now
                    .duration_since(SystemTime::UNIX_EPOCH)
                    .unwrap_or_default()
                    .as_secs(),
            },
        }
    }

    /// How often it failed in a row.
    #[must_use]
    pub const fn failures(self) -> u32 {
        self.failures
    }

    /// When it failed first.
    #[must_use]
    pub fn since(self) -> SystemTime {
        let since = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.since_s));
        since.unwrap_or(SystemTime::UNIX_EPOCH)
    }

    /// How long the origin goes last: 1 s, 2 s, 4 s, up to 60 s, and at least what it asked for with
    /// `Retry-After`, up to 60 s as well.
    #[must_use]
    pub fn backoff(self, retry_after: Option<Duration>) -> Duration {
        let doublings = self.failures.saturating_sub(1);
        let backoff = SHORTEST.saturating_mul(2_u32.saturating_pow(doublings));
        backoff.max(retry_after.unwrap_or_default()).min(LONGEST)
    }

    /// Its form in the cache.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        format!("{} {}", self.failures, self.since_s).into_bytes()
    }

    /// Reads its form in the cache.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (failures, since_s) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        Some(Self {
            failures: failures.parse().ok()?,
            since_s: since_s.parse().ok()?,
        })
    }
}

/// The cache key of what is remembered of an origin.
#[must_use]
pub fn cache_key(backend: &str) -> Vec<u8> {
    format!("{SCHEMA} {backend}").into_bytes()
}

/// The surrogate key that forgets it.
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
        let mut memory = None;
        let mut seconds = Vec::new();
        for step in 0..9 {
            let after = FailureRecord::after_failure(memory, began + Duration::from_secs(step));
            seconds.push(after.backoff(None).as_secs());
            memory = FailureRecord::from_bytes(&after.to_bytes());
            assert_eq!(memory, Some(after));
        }
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        let memory = memory.expect("some");
        assert_eq!((memory.failures(), memory.since()), (9, began));
        let forever = FailureRecord {
            failures: u32::MAX,
            since_s: u64::MAX,
        };
        assert_eq!(forever.backoff(None).as_secs(), 60);
    }

    #[test]
    fn an_origin_may_ask_for_a_longer_time_but_not_for_any() {
        let memory = FailureRecord::after_failure(None, SystemTime::UNIX_EPOCH);
        for (asked, given) in [(0, 1), (1, 1), (7, 7), (60, 60), (86_400, 60)] {
            let backoff = memory.backoff(Some(Duration::from_secs(asked)));
            assert_eq!(backoff.as_secs(), given, "Retry-After: {asked}");
        }
    }

    #[test]
    fn what_is_no_memory_is_none() {
        for bytes in [&b""[..], b"x", b"1", b"-1 1", b"1 -1", b"1 1 1", b"\xff"] {
            assert_eq!(FailureRecord::from_bytes(bytes), None, "{bytes:?}");
        }
    }
}

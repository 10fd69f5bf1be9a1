//! What the cache had to do with an answer, as the client and the log are told.

use std::time::Duration;

/// What the cache had to do with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStatus {
    /// A fresh entry answered.
    Hit,
    /// An origin was asked, and its answer kept if it may be.
    Miss,
    /// An entry answered that is past its lifetime.
    Stale,
    /// The object is not kept: an origin answered.
    Pass,
}

impl CacheStatus {
    /// The value of `X-Cache`.
    #[must_use]
    pub const fn as_header(self) -> &'static str {
        match self {
            Self::Hit => "HIT",
            Self::Miss => "MISS",
            Self::Stale => "STALE",
            Self::Pass => "PASS",
        }
    }

    /// A stable label for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Stale => "stale",
            Self::Pass => "pass",
        }
    }

    /// The value of `Server-Timing` (<https://www.w3.org/TR/server-timing/>): what the cache did, and
    /// which origin's the answer is with the time it took to answer, 0 when it was not asked. A backend's
    /// name is letters, digits, `-`, `_` and `.`, which need no escape in a quoted string.
    #[must_use]
    pub fn server_timing(self, origin: &str, asked_for: Duration) -> String {
        format!(
            "cache;desc=\"{}\", origin;desc=\"{origin}\";dur={:.1}",
            self.as_header(),
            asked_for.as_secs_f64() * 1000.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_the_state_the_origin_and_its_milliseconds() {
        assert_eq!(
            CacheStatus::Miss.server_timing("us_origin", Duration::from_micros(12_345)),
            "cache;desc=\"MISS\", origin;desc=\"us_origin\";dur=12.3"
        );
    }
}

//! The freshness of a cached response at its age (RFC 9111, section 4.2; RFC 5861).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a response may be served, in whole seconds. Stored in its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// The TTL: how long it is fresh.
    pub fresh_s: u64,
    /// How long after the TTL it is served while it is revalidated in the background.
    pub stale_while_revalidate_s: u64,
    /// How long after the TTL it is served if no origin responds.
    pub stale_if_error_s: u64,
}

/// What a cached response may be used for, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Freshness {
    /// Serve it.
    Fresh,
    /// Serve it, and revalidate it afterwards.
    StaleWhileRevalidate,
    /// Revalidate it; serve it stale if no origin responds.
    StaleIfError,
    /// Revalidate it; it may be served again once a 304 confirms it.
    Expired,
}

impl Freshness {
    /// A stable label for the log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::StaleWhileRevalidate => "stale_while_revalidate",
            Self::StaleIfError => "stale_if_error",
            Self::Expired => "expired",
        }
    }
}

impl Lifetime {
    /// That of a result which answers the requests that waited for it, and no others: a failure, or a not-found that some
    /// origin may contradict.
    pub const BRIEF: Self = Self {
        fresh_s: 1,
        stale_while_revalidate_s: 0,
        stale_if_error_s: 0,
    };

    /// The same, but fresh for no longer than `most`.
    #[must_use]
    pub fn fresh_at_most(self, most: Duration) -> Self {
        Self {
            fresh_s: self.fresh_s.min(most.as_secs()),
            ..self
        }
    }

    /// The TTL.
    #[must_use]
    pub const fn fresh(&self) -> Duration {
        Duration::from_secs(self.fresh_s)
    }

    /// How long after the TTL it is served while it is revalidated.
    #[must_use]
    pub const fn stale_while_revalidate(&self) -> Duration {
        Duration::from_secs(self.stale_while_revalidate_s)
    }

    /// How long after the TTL it is served if no origin responds.
    #[must_use]
    pub const fn stale_if_error(&self) -> Duration {
        Duration::from_secs(self.stale_if_error_s)
    }

    /// The longer of the two stale windows.
    #[must_use]
    pub fn stale_window(&self) -> Duration {
        self.stale_while_revalidate().max(self.stale_if_error())
    }

    /// The freshness at this age. A soft purge ends the TTL at once but not the stale windows, which still
    /// count from the original end of the TTL.
    #[must_use]
    pub fn freshness_at(&self, age: Duration, soft_purged: bool) -> Freshness {
        if age < self.fresh() && !soft_purged {
            return Freshness::Fresh;
        }
        let staleness = age.saturating_sub(self.fresh());
        if staleness < self.stale_while_revalidate() {
            Freshness::StaleWhileRevalidate
        } else if staleness < self.stale_if_error() {
            Freshness::StaleIfError
        } else {
            Freshness::Expired
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Freshness::{Expired, Fresh, StaleIfError, StaleWhileRevalidate};
    use super::*;

    #[test]
    fn a_stored_response_is_good_for_less_as_it_ages() {
        for ((fresh_s, while_s, error_s), age, soft_purged, expected) in [
            ((10, 5, 20), 0, false, Fresh),
            ((10, 5, 20), 9, false, Fresh),
            ((10, 5, 20), 10, false, StaleWhileRevalidate),
            ((10, 5, 20), 14, false, StaleWhileRevalidate),
            ((10, 5, 20), 15, false, StaleIfError),
            ((10, 5, 20), 29, false, StaleIfError),
            ((10, 5, 20), 30, false, Expired),
            ((10, 20, 5), 29, false, StaleWhileRevalidate),
            ((10, 20, 5), 30, false, Expired),
            ((10, 0, 0), 10, false, Expired),
            ((10, 5, 20), 0, true, StaleWhileRevalidate),
            ((10, 5, 20), 12, true, StaleWhileRevalidate),
            ((10, 5, 20), 15, true, StaleIfError),
            ((10, 0, 20), 3, true, StaleIfError),
            ((10, 0, 0), 3, true, Expired),
            (
                (u64::MAX, u64::MAX, u64::MAX),
                u64::MAX,
                false,
                StaleWhileRevalidate,
            ),
        ] {
            let lifetime = Lifetime {
                fresh_s,
                stale_while_revalidate_s: while_s,
                stale_if_error_s: error_s,
            };
            let found = lifetime.freshness_at(Duration::from_secs(age), soft_purged);
            assert_eq!(
                found, expected,
                "{lifetime:?} at {age}, purged: {soft_purged}"
            );
            assert_eq!(
                lifetime.stale_window(),
                Duration::from_secs(while_s.max(error_s))
            );
        }
    }

    #[test]
    fn a_lifetime_is_kept_as_text_and_read_again() {
        let lifetime = Lifetime {
            fresh_s: 3600,
            stale_while_revalidate_s: 0,
            stale_if_error_s: u64::MAX,
        };
        let json = serde_json::to_string(&lifetime).expect("numbers");
        assert_eq!(
            serde_json::from_str::<Lifetime>(&json).expect("its own"),
            lifetime
        );
    }

    #[test]
    fn each_freshness_has_a_label_of_its_own() {
        let labels = [Fresh, StaleWhileRevalidate, StaleIfError, Expired].map(Freshness::reason);
        let distinct: std::collections::BTreeSet<_> = labels.into_iter().collect();
        assert_eq!(distinct.len(), labels.len(), "{labels:?}");
    }
}

//! What a stored response is good for at its age (RFC 9111, section 4.2; RFC 5861).

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a stored response is good for what, in whole seconds. It is kept beside the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifetime {
    /// How long it is fresh.
    pub fresh_s: u64,
    /// For how long after that it is served while it is asked for again.
    pub stale_while_revalidate_s: u64,
    /// For how long after it was fresh it is served where no origin can.
    pub stale_if_error_s: u64,
}

/// What a stored response is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// It is served.
    Fresh,
    /// It is served, and asked for again for the next client.
    StaleWhileRevalidate,
    /// It is asked for again, and served when no origin can.
    StaleIfError,
    /// It is asked for again. What is stored serves at most to ask whether it has changed.
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
    /// How long the response is fresh.
    #[must_use]
    pub const fn fresh(&self) -> Duration {
        Duration::from_secs(self.fresh_s)
    }

    /// For how long after that it is served while it is asked for again.
    #[must_use]
    pub const fn stale_while_revalidate(&self) -> Duration {
        Duration::from_secs(self.stale_while_revalidate_s)
    }

    /// For how long after it was fresh it is served where no origin can.
    #[must_use]
    pub const fn stale_if_error(&self) -> Duration {
        Duration::from_secs(self.stale_if_error_s)
    }

    /// For how long after it was fresh the response is of any use.
    #[must_use]
    pub fn stale_window(&self) -> Duration {
        self.stale_while_revalidate().max(self.stale_if_error())
    }

    /// What the response is good for at this age. A soft purge ends its freshness at once, and the time
    /// after that counts from the end that it would have had.
    #[must_use]
    pub fn at(&self, age: Duration, soft_purged: bool) -> Freshness {
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
            let found = lifetime.at(Duration::from_secs(age), soft_purged);
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

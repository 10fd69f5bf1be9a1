//! What the cache did for a response, and why it did no better.

use crate::cache::policy::UncacheableReason;

/// What the cache did for a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheStatus {
    /// A fresh entry, or one that another request has just filled.
    Hit,
    /// An entry past its TTL, which an origin confirmed with 304 before it was served.
    Revalidated,
    /// An origin was asked and sent the object or a 404.
    Miss(MissReason),
    /// An entry past its TTL.
    Stale(StaleReason),
    /// An origin sent the object and it was not cached.
    Pass(UncacheableReason),
}

/// Why an origin was asked for a cacheable object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissReason {
    /// The cache has no entry for it.
    NoEntry,
    /// The cache has the entry of the large object, but not the segment that the response begins with.
    NoSegment,
    /// The entry was too stale to be served, and the origin sent the object again: it changed or has no `ETag`.
    Expired,
    /// The object was not found. That is cached for a second only, because some origin could not be asked.
    UnconfirmedNotFound,
    /// The object was not found. That is cached for a second only, because `cache.not_found_ttl_s` is 0.
    NotFoundUncacheable,
}

/// Why an entry past its TTL was served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleReason {
    /// It is in its `stale-while-revalidate` period: it is revalidated after the response.
    WhileRevalidate,
    /// It is past its TTL, and no origin gave a usable response in time.
    IfError,
}

impl CacheStatus {
    /// The value of `X-Cache`.
    #[must_use]
    pub const fn as_header(self) -> &'static str {
        match self {
            Self::Hit | Self::Revalidated => "HIT",
            Self::Miss(_) => "MISS",
            Self::Stale(_) => "STALE",
            Self::Pass(_) => "PASS",
        }
    }

    /// The label of log field `cache`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit | Self::Revalidated => "hit",
            Self::Miss(_) => "miss",
            Self::Stale(_) => "stale",
            Self::Pass(_) => "pass",
        }
    }

    /// The label of log field `cache_reason`; `None` for a plain hit.
    #[must_use]
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Hit => None,
            Self::Revalidated => Some("revalidated"),
            Self::Miss(reason) => Some(match reason {
                MissReason::NoEntry => "no_entry",
                MissReason::NoSegment => "no_segment",
                MissReason::Expired => "expired",
                MissReason::UnconfirmedNotFound => "unconfirmed_not_found",
                MissReason::NotFoundUncacheable => "not_found_ttl_zero",
            }),
            Self::Stale(StaleReason::WhileRevalidate) => Some("stale_while_revalidate"),
            Self::Stale(StaleReason::IfError) => Some("stale_if_error"),
            Self::Pass(reason) => Some(reason.reason()),
        }
    }

    /// Whether the response has an `Age` in any case: one from an entry that was in the cache before (RFC 9111,
    /// section 5.1).
    #[must_use]
    pub const fn has_age(self) -> bool {
        match self {
            Self::Hit | Self::Revalidated | Self::Stale(_) => true,
            Self::Miss(_) | Self::Pass(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_a_plain_hit_have_a_reason() {
        for (status, label, reason) in [
            (CacheStatus::Hit, "hit", None),
            (CacheStatus::Revalidated, "hit", Some("revalidated")),
            (
                CacheStatus::Miss(MissReason::NoEntry),
                "miss",
                Some("no_entry"),
            ),
            (
                CacheStatus::Stale(StaleReason::IfError),
                "stale",
                Some("stale_if_error"),
            ),
            (
                CacheStatus::Pass(UncacheableReason::NoStore),
                "pass",
                Some("no_store"),
            ),
        ] {
            assert_eq!((status.as_str(), status.reason()), (label, reason));
            assert_eq!(status.as_header(), label.to_ascii_uppercase());
        }
    }
}

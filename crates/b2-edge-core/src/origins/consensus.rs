//! Sums up the origins' outcomes if none of them served the object.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::origins::outcome::{Failure, NotFoundAs};

/// The outcomes of a fetch so far, none of which served the object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consensus {
    failures: Vec<(Failure, Option<Duration>)>,
    not_found_as: Option<NotFoundAs>,
    /// Whether any origin said so in a way that may hide an object or a missing bucket.
    is_doubtful: bool,
    /// Whether any origin has another version than the one that is wanted, and whether all that said so were certain.
    other_version: Option<bool>,
}

/// That the object was not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotFound {
    /// [`NotFoundAs::NotFound`] if any origin reported that.
    pub said: NotFoundAs,
    /// Whether no origin failed or was left untried. Otherwise the 404 is cached for a second only.
    pub unanimous: bool,
    /// Whether every origin has said so in a way that means that the object is missing: with 404 `NoSuchKey`. A denial may
    /// hide an object, and without an error document the bucket may be missing.
    pub is_confirmed: bool,
}

/// The result if no origin served the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// No origin that responded has the object.
    NotFound(NotFound),
    /// An origin has another version than the one that is wanted, and none has that.
    OtherVersion {
        /// Whether no origin failed, was left untried, or denied the version without saying that it is gone.
        unanimous: bool,
    },
    /// No origin gave a usable response.
    Exhausted(Exhausted),
}

/// Why no origin gave a usable response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Exhausted {
    /// 502: every origin failed.
    Failed,
    /// 503: at least one origin is rate limiting, or at a cap of its account.
    Busy {
        /// The shortest `Retry-After` of these origins.
        retry_after: Option<Duration>,
    },
    /// 400: every origin that was contacted failed with [`Failure::BadRequest`].
    BadRequest,
    /// 503: no origin is usable as configured.
    NotConfigured,
    /// 503: the source of a variant is there, but no engine could be reached, or had the time.
    EngineUnavailable,
}

impl Consensus {
    /// Adds a failed origin, with its `Retry-After`.
    pub fn failed(&mut self, failure: Failure, retry_after: Option<Duration>) {
        self.failures.push((failure, retry_after));
    }

    /// Adds an origin that does not have the object. `is_certain` is whether its response can mean nothing else.
    pub fn not_found(&mut self, not_found_as: NotFoundAs, is_certain: bool) {
        self.is_doubtful |= !is_certain;
        self.not_found_as = match (self.not_found_as, not_found_as) {
            (Some(NotFoundAs::NotFound), _) | (_, NotFoundAs::NotFound) => {
                Some(NotFoundAs::NotFound)
            }
            (_, NotFoundAs::AccessDenied) => Some(NotFoundAs::AccessDenied),
        };
    }

    /// Adds an origin that has another version than the one that is wanted, or denies that one.
    pub fn other_version(&mut self, is_certain: bool) {
        self.other_version = Some(self.other_version.unwrap_or(true) && is_certain);
    }

    /// The result of all outcomes added so far.
    #[must_use]
    pub fn conclude(&self) -> Conclusion {
        if let Some(is_certain) = self.other_version {
            return Conclusion::OtherVersion {
                unanimous: is_certain && self.failures.is_empty(),
            };
        }
        match self.not_found_as {
            Some(said) => Conclusion::NotFound(NotFound {
                said,
                unanimous: self.failures.is_empty(),
                is_confirmed: self.failures.is_empty() && !self.is_doubtful,
            }),
            None => Conclusion::Exhausted(self.exhausted()),
        }
    }

    fn exhausted(&self) -> Exhausted {
        // A misconfigured origin was not contacted and says nothing about the request.
        let mut contacted = self
            .failures
            .iter()
            .map(|(failure, _)| *failure)
            .filter(|failure| *failure != Failure::Misconfigured)
            .peekable();
        if contacted.peek().is_some() && contacted.all(|failure| failure == Failure::BadRequest) {
            return Exhausted::BadRequest;
        }
        let mut busy = self
            .failures
            .iter()
            .filter(|(failure, _)| matches!(failure, Failure::Busy | Failure::CapExceeded))
            .peekable();
        if busy.peek().is_none() {
            return Exhausted::Failed;
        }
        Exhausted::Busy {
            retry_after: busy.filter_map(|(_, retry_after)| *retry_after).min(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consensus(failures: &[(Failure, Option<u64>)], reports: &[NotFoundAs]) -> Consensus {
        let mut consensus = Consensus::default();
        for (failure, retry_after) in failures {
            consensus.failed(*failure, retry_after.map(Duration::from_secs));
        }
        for not_found_as in reports {
            consensus.not_found(*not_found_as, *not_found_as == NotFoundAs::NotFound);
        }
        consensus
    }

    #[test]
    fn when_no_origin_can_tell_a_busy_one_makes_it_503_and_the_rest_502() {
        use Failure::{
            BadRequest, Busy, CapExceeded, Misconfigured, ServerError, TimedOut, Unreachable,
        };
        let busy = |seconds: Option<u64>| Exhausted::Busy {
            retry_after: seconds.map(Duration::from_secs),
        };
        for (failures, exhausted) in [
            (vec![], Exhausted::Failed),
            (vec![(Misconfigured, None)], Exhausted::Failed),
            (
                vec![(Unreachable, None), (ServerError, Some(9))],
                Exhausted::Failed,
            ),
            (vec![(Busy, None)], busy(None)),
            (
                vec![(CapExceeded, Some(60)), (Unreachable, None)],
                busy(Some(60)),
            ),
            (
                vec![(Busy, Some(7)), (TimedOut, None), (Busy, Some(3))],
                busy(Some(3)),
            ),
            (
                vec![(BadRequest, None), (Misconfigured, None)],
                Exhausted::BadRequest,
            ),
            (
                vec![(BadRequest, None), (Unreachable, None)],
                Exhausted::Failed,
            ),
        ] {
            assert_eq!(
                consensus(&failures, &[]).conclude(),
                Conclusion::Exhausted(exhausted),
                "{failures:?}"
            );
        }
    }

    #[test]
    fn that_there_is_no_object_is_certain_when_every_origin_says_so() {
        use NotFoundAs::{AccessDenied, NotFound};
        for (failures, reports, said, unanimous) in [
            (vec![], vec![NotFound], NotFound, true),
            (vec![], vec![AccessDenied, AccessDenied], AccessDenied, true),
            (vec![], vec![AccessDenied, NotFound], NotFound, true),
            (vec![], vec![NotFound, AccessDenied], NotFound, true),
            (vec![Failure::Busy], vec![NotFound], NotFound, false),
            (
                vec![Failure::Misconfigured],
                vec![AccessDenied],
                AccessDenied,
                false,
            ),
            (vec![Failure::NotTried], vec![NotFound], NotFound, false),
        ] {
            let failures: Vec<_> = failures
                .into_iter()
                .map(|failure| (failure, None))
                .collect();
            assert_eq!(
                consensus(&failures, &reports).conclude(),
                Conclusion::NotFound(super::NotFound {
                    said,
                    unanimous,
                    is_confirmed: unanimous && !reports.contains(&AccessDenied),
                }),
                "{failures:?} {reports:?}"
            );
        }
    }
}

//! How long a client is kept waiting.

use std::time::{Duration, Instant};

/// A wait that has begun, and the longest that it may last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    began: Instant,
    limit: Duration,
}

impl Deadline {
    /// A wait that began at `began`.
    pub(crate) const fn since(began: Instant, limit: Duration) -> Self {
        Self { began, limit }
    }

    /// A wait that begins now.
    pub(crate) fn from_now(limit: Duration) -> Self {
        Self::since(Instant::now(), limit)
    }

    /// The same wait, with exactly so much of it left.
    pub(crate) fn with_left(self, left: Duration) -> Self {
        let used = self.limit.saturating_sub(left);
        Self {
            began: Instant::now().checked_sub(used).unwrap_or(self.began),
            ..self
        }
    }

    /// The same wait, with at least so much of it left.
    pub(crate) fn with_at_least(self, left: Duration) -> Self {
        if self.left() < left {
            self.with_left(left)
        } else {
            self
        }
    }

    /// How long it has lasted.
    pub(crate) fn elapsed(self) -> Duration {
        self.began.elapsed()
    }

    /// How much of it is left.
    pub(crate) fn left(self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }
}

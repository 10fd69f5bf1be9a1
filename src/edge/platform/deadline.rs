//! Until when a client waits for the response to begin.

use std::time::{Duration, Instant};

/// The end of a wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The end of a wait that began at `began`.
    pub(crate) fn after(began: Instant, limit: Duration) -> Self {
        Self(began + limit)
    }

    /// The end of a wait that begins now.
    pub(crate) fn from_now(limit: Duration) -> Self {
        Self::after(Instant::now(), limit)
    }

    /// The same, or later if less than `least` is left.
    pub(crate) fn with_at_least(self, least: Duration) -> Self {
        Self(self.0.max(Instant::now() + least))
    }

    /// The same, or earlier if more than `most` is left.
    pub(crate) fn at_most(self, most: Duration) -> Self {
        Self(self.0.min(Instant::now() + most))
    }

    /// How much of the wait is left.
    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

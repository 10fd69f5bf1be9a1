//! Which origins have faults while random operations run.

use std::sync::atomic::{AtomicBool, Ordering};

/// Which origins may have faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Faulty {
    /// The preferred one of clients without `?pop=`, so that a healthy one is left.
    Us,
    /// Each, and both at once.
    Any,
}

/// Whether the US and the EU origin have had a fault for any key. Its circuit breaker may be open then, which is one
/// for all keys.
#[derive(Debug, Default)]
pub(super) struct HaveFailed([AtomicBool; 2]);

impl HaveFailed {
    pub(super) fn set(&self, us: bool, eu: bool) {
        self.0[0].fetch_or(us, Ordering::Relaxed);
        self.0[1].fetch_or(eu, Ordering::Relaxed);
    }

    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|failed| failed.load(Ordering::Relaxed))
    }

    pub(super) fn all(&self) -> bool {
        self.0.iter().all(|failed| failed.load(Ordering::Relaxed))
    }
}

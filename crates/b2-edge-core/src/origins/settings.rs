//! How long an origin may take, and when the next one is contacted.

use std::time::Duration;

/// `failover`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverSettings {
    /// `failover.attempt_timeout_ms`: how long an origin may be silent before the request is also sent to
    /// the next one.
    pub attempt_timeout: Duration,
    /// `failover.total_timeout_ms`: how long a request may wait for all origins together, no less than
    /// `attempt_timeout`.
    pub total_timeout: Duration,
    /// `failover.ask_others_on_404`: whether the request is sent to the other origins when one returns 404.
    pub try_others_on_404: bool,
    /// `failover.borrowed_ttl_s`: how long an object from another origin than the preferred one is fresh, at most.
    pub borrowed_ttl: Duration,
    /// `failover.whole_body_bytes`: bodies up to this size are read completely before the response begins,
    /// so that a broken transfer can fail over.
    pub whole_body_bytes: u64,
}

impl Default for FailoverSettings {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(1),
            total_timeout: Duration::from_secs(20),
            try_others_on_404: true,
            borrowed_ttl: Duration::from_mins(1),
            whole_body_bytes: 256 << 10,
        }
    }
}

/// `limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitSettings {
    /// `limits.backend_requests`: how many requests to origins an execution of the program may make.
    pub backend_requests: usize,
    /// `limits.vcpu_ms`: how much CPU time an execution may use, in milliseconds.
    pub vcpu_ms: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            backend_requests: 32,
            vcpu_ms: 50,
        }
    }
}

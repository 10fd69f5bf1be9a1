//! When the next origin is tried, and how long a client waits.

use std::time::Duration;

/// How long an origin may take, and when the next one is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverSettings {
    /// `failover.attempt_timeout_ms`: how long one origin is waited for before the next is asked,
    /// default 1000 ms, 50 to 15000.
    pub attempt_timeout: Duration,
    /// `failover.total_timeout_ms`: how long all origins together are waited for, default 20000 ms, 100
    /// to 60000 and no less than one attempt.
    pub total_timeout: Duration,
    /// `failover.ask_others_on_404`: whether the other origins are asked for an object that one does not
    /// have, default `true`.
    pub ask_others_on_404: bool,
    /// `failover.whole_body_bytes`: up to which size a body is read to its end before it is passed on, so
    /// that another origin can stand in when it ends early; default 256 KiB, at most 1 MiB.
    pub whole_body_bytes: u64,
}

impl Default for FailoverSettings {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(1),
            total_timeout: Duration::from_secs(20),
            ask_others_on_404: true,
            whole_body_bytes: 256 << 10,
        }
    }
}

//! The failover settings: timeouts, and when the next origin is tried.

use std::time::Duration;

/// The `failover` settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailoverSettings {
    /// `failover.attempt_timeout_ms`: after this long without a response, the next origin is tried as well;
    /// default 1000 ms, 50 to 15000.
    pub attempt_timeout: Duration,
    /// `failover.total_timeout_ms`: the longest time to wait for response headers from any origin; default
    /// 20000 ms, 100 to 60000, at least `attempt_timeout`.
    pub total_timeout: Duration,
    /// `failover.ask_others_on_404`: whether to try the other origins if one does not have the object;
    /// default `true`.
    pub ask_others_on_404: bool,
    /// `failover.whole_body_bytes`: the size in bytes up to which a body is buffered before the response is
    /// sent, so that failover is possible if it ends early; default 256 KiB, at most 1 MiB.
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

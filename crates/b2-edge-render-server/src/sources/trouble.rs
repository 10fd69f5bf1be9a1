//! Why a request to S3 failed.

/// A failure that says nothing about the object: another source may have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No connection, or no TLS.
    Connect,
    /// The source took too long.
    TimedOut,
    /// The connection ended early, or what arrived is not HTTP.
    BrokenOff,
    /// A redirect, which is not followed.
    Redirect,
    /// The source refused the request: its key or its signature.
    Refused,
    /// Another status than 200, 404 and 412.
    Status,
    /// A response without a length: whether it is complete cannot be known.
    NoLength,
}

impl Trouble {
    /// A stable label for the log and the metrics.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::TimedOut => "timed_out",
            Self::BrokenOff => "broken_off",
            Self::Redirect => "redirect",
            Self::Refused => "refused",
            Self::Status => "status",
            Self::NoLength => "no_length",
        }
    }
}

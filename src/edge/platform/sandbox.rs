//! One sandbox of the program, which the platform calls a sandbox: the requests that it serves, and
//! the limits that they share.

use std::cell::Cell;
use std::time::{Duration, Instant};

use fastly::Request;
use fastly::compute_runtime::elapsed_vcpu_ms;
use fastly::http::serve::{NextRequestOptions, RequestPromise};

use crate::edge::platform::downstream::Countries;

/// How many backend requests an sandbox may make: 32, and 10 on a trial account
/// (<https://docs.fastly.com/products/compute-resource-limits>). Whether a reused sandbox counts each
/// of its requests anew is not documented, so they share the number here.
const BACKEND_REQUESTS: usize = 32;

/// How many of them a sandbox may have made and still take another request: a read that fails over
/// once or twice still fits into a trial account's limit then.
const BACKEND_REQUESTS_BEFORE_REUSE: usize = 5;

/// How long a sandbox serves with the set-up it began with. Together with [`IDLE`] it bounds how old
/// a set-up can be: five seconds.
const LIFETIME: Duration = Duration::from_secs(3);

/// How long a sandbox waits for its next request.
const IDLE: Duration = Duration::from_secs(2);

/// The limits of an sandbox, and what is used of them.
pub(crate) struct Sandbox {
    began: Instant,
    requests_made: Cell<usize>,
    /// The milliseconds on a processor that earlier requests took.
    vcpu_ms: Cell<u64>,
    /// Where its clients are.
    pub(crate) countries: Countries,
}

impl Sandbox {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
            requests_made: Cell::new(0),
            vcpu_ms: Cell::new(0),
            countries: Countries::default(),
        }
    }

    /// Serves the request that the sandbox was made for, and others while it may.
    ///
    /// The next request is taken before the last is logged: one that comes meanwhile waits for that, and
    /// needs no new sandbox.
    pub(crate) fn serve<L>(&self, mut serve: impl FnMut(Request) -> L, mut log: impl FnMut(&L)) {
        let options = NextRequestOptions::from_timeout(IDLE);
        let mut request = Request::from_client();
        loop {
            let line = serve(request);
            let is_used_up = self.requests_made.get() > BACKEND_REQUESTS_BEFORE_REUSE
                || self.began.elapsed() >= LIFETIME;
            let next = (!is_used_up).then(|| RequestPromise::new(&options));
            log(&line);
            let Some(Ok(Ok(next))) = next.map(|promise| promise.map(RequestPromise::wait)) else {
                return;
            };
            request = next;
        }
    }

    /// The milliseconds on a processor since the last call, or since the sandbox began: what the
    /// request took that ends now, and the writing of the log line before it. `None` where the platform does
    /// not tell.
    pub(crate) fn vcpu_ms(&self) -> Option<u64> {
        let total = elapsed_vcpu_ms().ok()?;
        Some(total.saturating_sub(self.vcpu_ms.replace(total)))
    }

    /// How many backend requests are left.
    pub(crate) fn requests_left(&self) -> usize {
        BACKEND_REQUESTS.saturating_sub(self.requests_made.get())
    }

    /// Counts one more.
    pub(crate) fn count_request(&self) {
        self.requests_made.set(self.requests_made.get() + 1);
    }
}

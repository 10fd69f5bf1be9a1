//! A sandbox: one execution of the program, the requests that it serves, and the limits that they share.

use std::cell::Cell;
use std::time::{Duration, Instant, SystemTime};

use fastly::Request;
use fastly::compute_runtime::elapsed_vcpu_ms;
use fastly::http::serve::{NextRequestOptions, RequestPromise};

use crate::edge::platform::downstream::Countries;

/// How many backend requests a sandbox may have made to take another request, and at most half of its limit. A read that
/// fails over once or twice still fits into a trial account's limit of 10 then.
const BACKEND_REQUESTS_BEFORE_REUSE: usize = 5;

/// How long a sandbox takes requests with the configuration that it began with. With [`IDLE`], a changed configuration
/// takes effect within five seconds.
const LIFETIME: Duration = Duration::from_secs(3);

/// How long a sandbox waits for its next request.
const IDLE: Duration = Duration::from_secs(2);

/// The limits of a sandbox, and how much of them is used.
pub(crate) struct Sandbox {
    began: Instant,
    /// The same point in time by the calendar.
    began_at: SystemTime,
    /// How many backend requests it may make (<https://docs.fastly.com/products/compute-resource-limits>). Whether the
    /// count starts again with each request of a reused sandbox is not documented, so its requests share it here.
    request_limit: usize,
    requests_made: Cell<usize>,
    /// The CPU time of earlier requests, in milliseconds.
    vcpu_ms: Cell<u64>,
    /// Whether it takes no further request.
    is_retired: Cell<bool>,
    /// The countries of its clients.
    pub(crate) countries: Countries,
}

impl Sandbox {
    pub(crate) fn begin(request_limit: usize) -> Self {
        Self {
            began: Instant::now(),
            began_at: SystemTime::now(),
            request_limit,
            requests_made: Cell::new(0),
            vcpu_ms: Cell::new(0),
            is_retired: Cell::new(false),
            countries: Countries::default(),
        }
    }

    /// Serves the request that the sandbox was started for, and further ones within its limits.
    ///
    /// The next request is accepted before the last one is logged. A request that arrives meanwhile waits for that, which
    /// is faster than a new sandbox.
    pub(crate) fn serve<L>(&self, mut serve: impl FnMut(Request) -> L, mut log: impl FnMut(&L)) {
        let before_reuse = BACKEND_REQUESTS_BEFORE_REUSE.min(self.request_limit / 2);
        let options = NextRequestOptions::from_timeout(IDLE);
        let mut request = Request::from_client();
        loop {
            let line = serve(request);
            let is_used_up =
                self.requests_made.get() > before_reuse || self.began.elapsed() >= LIFETIME;
            let takes_more = !is_used_up && !self.is_retired.get();
            let next = takes_more.then(|| RequestPromise::new(&options));
            log(&line);
            let Some(Ok(Ok(next))) = next.map(|promise| promise.map(RequestPromise::wait)) else {
                return;
            };
            request = next;
        }
    }

    /// The CPU time in milliseconds since the last call, or since the sandbox began: that of the current request, and of
    /// writing the log line before it. `None` if the platform does not measure it.
    pub(crate) fn vcpu_ms(&self) -> Option<u64> {
        let total = elapsed_vcpu_ms().ok()?;
        Some(total.saturating_sub(self.vcpu_ms.replace(total)))
    }

    /// The CPU time in milliseconds since the sandbox began; `None` if the platform does not measure it.
    pub(crate) fn total_vcpu_ms() -> Option<u64> {
        elapsed_vcpu_ms().ok()
    }

    /// Has it take no further request, because it has used much of its CPU time.
    pub(crate) fn retire(&self) {
        self.is_retired.set(true);
    }

    /// A point in the life of the sandbox by the calendar, without another host call.
    pub(crate) fn time_of(&self, instant: Instant) -> SystemTime {
        self.began_at + instant.saturating_duration_since(self.began)
    }

    /// How many backend requests are left.
    pub(crate) fn requests_left(&self) -> usize {
        self.request_limit.saturating_sub(self.requests_made.get())
    }

    /// Counts one backend request.
    pub(crate) fn count_request(&self) {
        self.requests_made.set(self.requests_made.get() + 1);
    }
}

//! Waiting for the first of several requests or bodies, with a timeout. The SDK's own `select` has none.

use std::time::Duration;

use fastly::handle::BodyHandle;
use fastly_sys::fastly_async_io::select;

/// The handle to wait on for more of a body.
#[expect(unsafe_code, reason = "the SDK cannot wait for a body")]
pub(crate) fn on_body(body: &BodyHandle) -> u32 {
    // SAFETY: the handle is only passed to `select`, which neither closes nor keeps it.
    unsafe { body.as_u32() }
}

/// Waits until one of these pending requests or bodies is ready, or has ended, and returns its index; `None` after the
/// timeout.
#[expect(unsafe_code, reason = "the SDK cannot wait with a timeout")]
pub(crate) fn first_ready(handles: &[u32], timeout: Duration) -> Option<usize> {
    // The host call takes 0 for no timeout.
    let timeout = u32::try_from(timeout.as_millis())
        .unwrap_or(u32::MAX)
        .max(1);
    let mut ready = u32::MAX;
    // SAFETY: the host reads the handles of the array and writes one `u32` into `ready`. Both live until the call
    // returns.
    let status = unsafe { select(handles.as_ptr(), handles.len(), timeout, &raw mut ready) };
    // `u32::MAX` after the timeout (Viceroy's source, async_io.rs).
    let is_ready = status.is_ok() && ready != u32::MAX;
    is_ready.then_some(ready as usize)
}

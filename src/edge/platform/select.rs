//! Waits for the platform, with a time limit. The SDK's own waits have none.

use std::time::Duration;

use fastly::handle::BodyHandle;
use fastly_sys::fastly_async_io::select;

/// What to wait on for more of a body.
#[expect(unsafe_code, reason = "the SDK has no wait for a body")]
pub(crate) fn on_body(body: &BodyHandle) -> u32 {
    // SAFETY: the number is only given to `select`, which closes nothing and keeps nothing.
    unsafe { body.as_u32() }
}

/// Waits until one of these pending requests or bodies has something to say, its end included, and
/// tells which; `None` when the time is up.
#[expect(unsafe_code, reason = "the SDK has no wait with a time limit")]
pub(crate) fn first_ready(handles: &[u32], patience: Duration) -> Option<usize> {
    // To the host call, 0 is no limit.
    let patience = u32::try_from(patience.as_millis())
        .unwrap_or(u32::MAX)
        .max(1);
    let mut ready = u32::MAX;
    // SAFETY: the handles are only looked at, by the host, which reads as many from the array as it
    // has and writes one `u32` into `ready`; both live until the call returns.
    let status = unsafe { select(handles.as_ptr(), handles.len(), patience, &raw mut ready) };
    // `u32::MAX` says that the time was up (Viceroy's source, async_io.rs).
    let is_ready = status.is_ok() && ready != u32::MAX;
    is_ready.then_some(ready as usize)
}

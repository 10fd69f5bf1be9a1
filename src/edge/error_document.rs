//! Reads why an origin refuses or fails, without letting it keep the client waiting.

use std::io::Read as _;
use std::time::{Duration, Instant};

use b2_edge::s3_error::{MAX_DOCUMENT_BYTES, code_in};
use fastly::Response;
use fastly::handle::BodyHandle;
use fastly_sys::fastly_async_io::select;

/// How long a document may take altogether. It is a few hundred bytes long and comes with the headers
/// as a rule; an origin that is failing may also send it byte by byte, or never.
const PATIENCE: Duration = Duration::from_millis(500);

/// The code in the S3 error document of a response, as far as it comes in time.
pub(crate) fn code_of(response: &mut Response) -> Option<String> {
    let mut body = response.try_take_body()?.into_handle();
    let deadline = Instant::now() + PATIENCE;
    let mut document = Vec::new();
    while document.len() < MAX_DOCUMENT_BYTES && is_readable_before(deadline, &body) {
        let mut chunk = [0; 1024];
        let length = body.read(&mut chunk).ok().filter(|length| *length > 0)?;
        document.extend_from_slice(chunk.get(..length)?);
        if let Some(code) = code_in(&document) {
            return Some(code);
        }
    }
    None
}

/// Waits until a body has something to read, its end included; false when the time is up.
#[expect(unsafe_code, reason = "the SDK has no wait with a time limit")]
fn is_readable_before(deadline: Instant, body: &BodyHandle) -> bool {
    let left = deadline
        .saturating_duration_since(Instant::now())
        .as_millis();
    // To the host call, 0 is no limit.
    let Some(left) = u32::try_from(left).ok().filter(|left| *left > 0) else {
        return false;
    };
    let mut ready = u32::MAX;
    // SAFETY: the handle is only looked at, by the host, and outlives the call; the host reads one
    // handle from the array and writes one `u32` into `ready`.
    let status = unsafe { select([body.as_u32()].as_ptr(), 1, left, &raw mut ready) };
    // `u32::MAX` says that the time was up (Viceroy's source, async_io.rs).
    status.is_ok() && ready != u32::MAX
}

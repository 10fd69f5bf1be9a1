//! The content of an origin's response.

use std::io::Read as _;

use fastly::handle::BodyHandle;

use crate::edge::platform::deadline::Deadline;
use crate::edge::platform::select::{first_ready, on_body};

/// The content of a response.
pub(crate) enum Content {
    /// All of it.
    Bytes(Vec<u8>),
    /// It is still arriving; its length in bytes, if known.
    Stream(BodyHandle, Option<u64>),
}

impl Content {
    /// No content.
    pub(crate) const fn empty() -> Self {
        Self::Bytes(Vec::new())
    }
}

/// How much of a body is read at once, in bytes.
const CHUNK_BYTES: usize = 32 * 1024;

/// The same for a body that is read whole: fewer calls take less CPU time.
const LARGE_CHUNK_BYTES: usize = 512 * 1024;

/// Reads more of a body that is ready. False at its end, whether it is complete or broke off.
pub(crate) fn read_chunk(body: &mut BodyHandle, into: &mut Vec<u8>, at_most: usize) -> bool {
    let start = into.len();
    into.resize(start + at_most.min(CHUNK_BYTES), 0);
    let chunk = into.get_mut(start..).unwrap_or_default();
    let length = body.read(chunk).unwrap_or(0);
    into.truncate(start + length);
    length > 0
}

/// Reads a body of `length` bytes until the deadline; `None` if it is shorter, or not complete by then.
pub(crate) fn read_whole(
    mut body: BodyHandle,
    length: usize,
    deadline: Deadline,
) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let mut missing = bytes.as_mut_slice();
    while !missing.is_empty() {
        first_ready(&[on_body(&body)], deadline.left())?;
        let at_most = missing.len().min(LARGE_CHUNK_BYTES);
        match body.read(missing.get_mut(..at_most)?) {
            Ok(0) | Err(_) => return None,
            Ok(read) => missing = missing.get_mut(read..)?,
        }
    }
    Some(bytes)
}

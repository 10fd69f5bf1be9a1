//! A lookup in the Core Cache with as few host calls as it takes.
//!
//! The SDK's lookup asks for the state of what it found three times. This asks once, and remembers whether it is stale.

use std::ptr;
use std::time::Duration;

use b2_edge_core::http::range::Span;
use fastly::Body;
use fastly::handle::{BodyHandle, RequestHandle};
use fastly_sys::fastly_cache::{
    CacheGetBodyOptions, CacheGetBodyOptionsMask, CacheHandle, CacheLookupOptions,
    CacheLookupOptionsMask, CacheLookupState, close, get_age_ns, get_body, get_state,
    get_user_metadata, lookup,
};

/// The size of the first buffer for metadata, in bytes: enough for most entries, also with a copy of a small body.
const METADATA_BYTES: usize = 4096;

/// An entry that a lookup has found. Its metadata and body are read when they are needed.
pub(crate) struct Found {
    handle: CacheHandle,
    /// Whether it is older than its TTL, or was purged softly.
    pub(crate) is_stale: bool,
}

impl Found {
    /// Looks an entry up without waiting for another request. Of an entry that is still being inserted, a range can be
    /// read nevertheless.
    pub(crate) fn lookup(key: &[u8]) -> Option<Self> {
        let options = CacheLookupOptions {
            request_headers: RequestHandle::INVALID.as_u32(),
            service: ptr::null(),
            service_len: 0,
        };
        let mut handle = 0;
        #[expect(unsafe_code, reason = "the SDK asks for the state three times")]
        // SAFETY: the host reads `key.len()` bytes and the options, and writes one handle. All live until the call
        // returns.
        let status = unsafe {
            lookup(
                key.as_ptr(),
                key.len(),
                CacheLookupOptionsMask::ALWAYS_USE_REQUESTED_RANGE,
                &raw const options,
                &raw mut handle,
            )
        };
        if status.is_err() {
            return None;
        }
        // From here on it is closed when this is dropped.
        let found = Self {
            handle,
            is_stale: false,
        };
        let mut state = CacheLookupState::empty();
        #[expect(unsafe_code, reason = "the SDK asks for the state three times")]
        // SAFETY: the host writes the state, which lives until the call returns. Any bits are a valid value.
        let status = unsafe { get_state(found.handle, &raw mut state) };
        let is_found = status.is_ok() && state.contains(CacheLookupState::FOUND);
        is_found.then(|| {
            let mut found = found;
            found.is_stale = state.contains(CacheLookupState::STALE);
            found
        })
    }

    /// The metadata of the entry.
    pub(crate) fn metadata(&self) -> Option<Vec<u8>> {
        let (mut metadata, mut length) = (Vec::new(), METADATA_BYTES);
        // The second round is for longer metadata, whose length the host returned in the first.
        for _ in 0..2 {
            metadata.resize(length, 0);
            #[expect(
                unsafe_code,
                reason = "there is no other way from a handle to the metadata"
            )]
            // SAFETY: the host writes at most `metadata.len()` bytes into the buffer and one `usize` into `length`. Both
            // live, and are not borrowed otherwise, until the call returns.
            let status = unsafe {
                get_user_metadata(
                    self.handle,
                    metadata.as_mut_ptr(),
                    metadata.len(),
                    &raw mut length,
                )
            };
            if status.is_ok() {
                metadata.truncate(length);
                return Some(metadata);
            }
        }
        None
    }

    /// The age of the entry.
    pub(crate) fn age(&self) -> Option<Duration> {
        let mut nanoseconds = 0;
        #[expect(unsafe_code, reason = "there is no other way from a handle to the age")]
        // SAFETY: the host writes one number, which lives until the call returns.
        let status = unsafe { get_age_ns(self.handle, &raw mut nanoseconds) };
        status.is_ok().then(|| Duration::from_nanos(nanoseconds))
    }

    /// Its bytes, or a part of them. Only one body can be open at a time.
    pub(crate) fn body(&self, part: Option<Span>) -> Option<Body> {
        let (mask, options) = match part {
            None => (
                CacheGetBodyOptionsMask::empty(),
                CacheGetBodyOptions { from: 0, to: 0 },
            ),
            Some(Span { first, last }) => (
                CacheGetBodyOptionsMask::FROM | CacheGetBodyOptionsMask::TO,
                CacheGetBodyOptions {
                    from: first,
                    to: last,
                },
            ),
        };
        let mut handle = 0;
        #[expect(
            unsafe_code,
            reason = "there is no other way from a handle to the body"
        )]
        // SAFETY: the host reads the options and writes one handle. Both live until the call returns.
        let status = unsafe { get_body(self.handle, mask, &raw const options, &raw mut handle) };
        if status.is_err() {
            return None;
        }
        #[expect(unsafe_code, reason = "a handle becomes a body of the SDK only so")]
        // SAFETY: the host has just returned this handle, and nothing else has it.
        let body = unsafe { BodyHandle::from_u32(handle) };
        Some(Body::from(body))
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        #[expect(unsafe_code, reason = "a handle that is not closed stays open")]
        // SAFETY: the handle is this value's own, and is not used again.
        let _ = unsafe { close(self.handle) };
    }
}

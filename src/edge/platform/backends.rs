//! The addresses of the backends, which each sandbox reads.

use b2_edge_core::setup::origin::BackendAddress;
use fastly::Backend;
use fastly_sys::fastly_backend;

/// The longest host override that is read without the SDK, in bytes. A host name has at most 253 (RFC 1035, section
/// 2.3.4).
const HOST_BYTES: usize = 256;

/// The address of the backend with this name; `None` if the service has no such backend.
pub(crate) fn backend_address(name: &str) -> Option<BackendAddress> {
    if let Some(host) = host_override(name) {
        return Some(BackendAddress::Override(host));
    }
    let backend = Backend::from_name(name).ok().filter(Backend::exists)?;
    let host_override = backend
        .get_host_override()
        .and_then(|host| host.to_str().ok().map(ToOwned::to_owned));
    Some(host_override.map_or_else(
        || BackendAddress::Host(backend.get_host()),
        BackendAddress::Override,
    ))
}

/// The host override of a backend; `None` if it has none, if there is no such backend, or if it is longer than a host
/// name.
fn host_override(name: &str) -> Option<String> {
    let (mut host, mut length) = ([0; HOST_BYTES], 0);
    #[expect(
        unsafe_code,
        reason = "the SDK makes two more calls, for existence and length, and panics without a backend"
    )]
    // SAFETY: the host reads `name.len()` bytes, and writes at most `host.len()` bytes into the array and one `usize`
    // into `length`. All live, and are not borrowed otherwise, until the call returns.
    let status = unsafe {
        fastly_backend::get_override_host(
            name.as_ptr(),
            name.len(),
            host.as_mut_ptr(),
            host.len(),
            &raw mut length,
        )
    };
    let host = host.get(..length).filter(|_| status.is_ok())?;
    String::from_utf8(host.to_vec()).ok()
}

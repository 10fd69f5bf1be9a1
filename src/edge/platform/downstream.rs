//! What the platform tells of a client's request beyond the request itself.
//!
//! By the host calls beneath the SDK: its own read all that the platform knows of a client to tell one thing
//! of it, parse a whole description of a place, and panic where the platform has nothing to tell.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

use b2_edge_core::request::country::Country;
use b2_edge_core::request::request_id::RequestId;
use fastly::Request;
use fastly_sys::{fastly_geo, fastly_http_downstream};
use http::HeaderValue;

/// The longest ID of the platform's that is read, in bytes. A UUID has 36.
const ID_BYTES: usize = 128;

/// The longest description of a place that is read, in bytes: as long as the SDK expects it to be.
const PLACE_BYTES: usize = 1024;

/// The longest address, in bytes: one of IPv6.
const ADDRESS_BYTES: usize = 16;

/// The ID that the platform has given the request; where it has none, one that no other has.
pub(crate) fn request_id(request: &Request) -> RequestId {
    platforms_id(request).unwrap_or_else(random_id)
}

fn platforms_id(request: &Request) -> Option<RequestId> {
    let handle = request.as_handles().0.as_u32();
    let (mut id, mut length) = ([0; ID_BYTES], 0);
    #[expect(
        unsafe_code,
        reason = "the SDK asks three other things with it, and panics where there is none"
    )]
    // SAFETY: the host writes at most `id.len()` bytes into the array and one `usize` into `length`; both
    // live, and are borrowed for nothing else, until the call returns.
    let status = unsafe {
        fastly_http_downstream::downstream_client_request_id(
            handle,
            id.as_mut_ptr(),
            id.len(),
            &raw mut length,
        )
    };
    let id = id.get(..length).filter(|_| status.is_ok())?;
    RequestId::parse(HeaderValue::from_bytes(id).ok()?)
}

/// 128 random bits.
fn random_id() -> RequestId {
    // Each state has keys of its own, the first of them random.
    let bits = || RandomState::new().hash_one(());
    RequestId::of_bits([bits(), bits()])
}

/// The address of a client: its 4 or 16 bytes, and how many they are.
type Address = ([u8; ADDRESS_BYTES], usize);

/// The countries of clients. The last is remembered: what describes a place is long, and a client that asks
/// once asks again.
#[derive(Default)]
pub(crate) struct Countries(Cell<Option<(Address, Option<Country>)>>);

impl Countries {
    /// The country that the client's address is in, where the platform knows.
    pub(crate) fn of(&self, request: &Request) -> Option<Country> {
        let address = address(request)?;
        if let Some((known, country)) = self.0.get()
            && known == address
        {
            return country;
        }
        let (bytes, length) = &address;
        let country = bytes.get(..*length).and_then(country);
        self.0.set(Some((address, country)));
        country
    }
}

fn address(request: &Request) -> Option<Address> {
    let handle = request.as_handles().0.as_u32();
    let (mut address, mut length) = ([0; ADDRESS_BYTES], 0);
    #[expect(unsafe_code, reason = "the SDK asks three other things with it")]
    // SAFETY: the host writes the 4 or 16 bytes of an address into the array of 16, and one `usize` into
    // `length`; both live, and are borrowed for nothing else, until the call returns.
    let status = unsafe {
        fastly_http_downstream::downstream_client_ip_addr(
            handle,
            address.as_mut_ptr(),
            &raw mut length,
        )
    };
    status.is_ok().then_some((address, length))
}

fn country(address: &[u8]) -> Option<Country> {
    let (mut place, mut length) = ([0; PLACE_BYTES], 0);
    #[expect(
        unsafe_code,
        reason = "the SDK parses and copies all that is known of the place"
    )]
    // SAFETY: the host reads `address.len()` bytes, and writes at most `place.len()` bytes into the array and
    // one `usize` into `length`; all live, and are borrowed for nothing else, until the call returns.
    let status = unsafe {
        fastly_geo::lookup(
            address.as_ptr(),
            address.len(),
            place.as_mut_ptr(),
            place.len(),
            &raw mut length,
        )
    };
    Country::in_geolocation(place.get(..length).filter(|_| status.is_ok())?)
}

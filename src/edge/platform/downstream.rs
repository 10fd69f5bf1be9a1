//! What the platform knows about a client's request: its ID, and the country of its address.
//!
//! This uses the host calls beneath the SDK. The SDK's functions read everything that the platform knows about a client
//! to return one item, parse a whole geolocation, and panic if the platform has no answer.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};

use b2_edge_core::request::country::Country;
use b2_edge_core::request::request_id::RequestId;
use fastly::Request;
use fastly_sys::{fastly_geo, fastly_http_downstream};
use http::HeaderValue;

/// The longest request ID of the platform that is read, in bytes. A UUID has 36.
const ID_BYTES: usize = 128;

/// The longest geolocation that is read, in bytes: the size of the SDK's buffer.
const GEOLOCATION_BYTES: usize = 1024;

/// The longest address, in bytes: that of IPv6.
const ADDRESS_BYTES: usize = 16;

/// The platform's ID of the request, or a random one if there is none.
pub(crate) fn request_id(request: &Request) -> RequestId {
    platforms_id(request).unwrap_or_else(random_id)
}

fn platforms_id(request: &Request) -> Option<RequestId> {
    let handle = request.as_handles().0.as_u32();
    let (mut id, mut length) = ([0; ID_BYTES], 0);
    #[expect(
        unsafe_code,
        reason = "the SDK makes three more host calls, and panics without an ID"
    )]
    // SAFETY: the host writes at most `id.len()` bytes into the array and one `usize` into `length`. Both live, and are
    // not borrowed otherwise, until the call returns.
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
pub(crate) fn random_id() -> RequestId {
    // Every state has other keys, the first of which are random.
    let bits = || RandomState::new().hash_one(());
    RequestId::of_bits([bits(), bits()])
}

/// The 4 or 16 bytes of a client's address, and their number.
type Address = ([u8; ADDRESS_BYTES], usize);

/// Looks up the countries of clients. The last one is cached: a geolocation is long, and a client that sends one request
/// sends more.
#[derive(Default)]
pub(crate) struct Countries(Cell<Option<(Address, Option<Country>)>>);

impl Countries {
    /// The country of the client's address, if the platform knows it.
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
    #[expect(unsafe_code, reason = "the SDK makes three more host calls")]
    // SAFETY: the host writes the 4 or 16 bytes of an address into the array of 16, and one `usize` into `length`. Both
    // live, and are not borrowed otherwise, until the call returns.
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
    let (mut geolocation, mut length) = ([0; GEOLOCATION_BYTES], 0);
    #[expect(
        unsafe_code,
        reason = "the SDK parses and copies the whole geolocation"
    )]
    // SAFETY: the host reads `address.len()` bytes, and writes at most `geolocation.len()` bytes into the array and one
    // `usize` into `length`. All live, and are not borrowed otherwise, until the call returns.
    let status = unsafe {
        fastly_geo::lookup(
            address.as_ptr(),
            address.len(),
            geolocation.as_mut_ptr(),
            geolocation.len(),
            &raw mut length,
        )
    };
    Country::in_geolocation(geolocation.get(..length).filter(|_| status.is_ok())?)
}

//! The authorisation of `POST /render`, with the code of [`b2_edge_core::images::mac`]. A request is valid for a minute
//! before and after its time.

use b2_edge_core::images::mac::{MAC_HEADER, TIME_HEADER, mac};
use http::{HeaderMap, Method};
use subtle::ConstantTimeEq as _;

use crate::secret::Secret;

/// How far the time may be from the service's, in seconds.
const WINDOW_S: u64 = 60;

/// The key, and the one before it: the edge and the service do not change theirs at the same moment.
#[derive(Debug)]
pub(crate) struct RenderKeys {
    current: Secret,
    previous: Option<Secret>,
}

/// What a request claims, before its body is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claim {
    time_s: u64,
    /// Hexadecimal digits in lower case.
    mac: String,
}

/// Why a request is not authorised. The client does not learn which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unauthorized {
    /// A header is missing, repeated or malformed.
    Malformed,
    /// The time is too far from the service's.
    Time,
    /// The MAC is that of no key.
    Mac,
}

impl Unauthorized {
    /// The label for the log.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "mac_missing",
            Self::Time => "mac_time",
            Self::Mac => "mac_mismatch",
        }
    }
}

impl Claim {
    /// Reads the headers. What is malformed or too old is refused here, before the body is received.
    ///
    /// # Errors
    ///
    /// [`Unauthorized::Malformed`], [`Unauthorized::Time`].
    pub(crate) fn read(headers: &HeaderMap, now_s: u64) -> Result<Self, Unauthorized> {
        let time = single(headers, TIME_HEADER).ok_or(Unauthorized::Malformed)?;
        let mac = single(headers, MAC_HEADER).ok_or(Unauthorized::Malformed)?;
        let is_time = !time.is_empty() && time.bytes().all(|byte| byte.is_ascii_digit());
        let is_mac = mac.len() == 64 && mac.bytes().all(|byte| byte.is_ascii_hexdigit());
        let time_s: u64 = time.parse().map_err(|_| Unauthorized::Malformed)?;
        if !is_time || !is_mac {
            return Err(Unauthorized::Malformed);
        }
        if now_s.abs_diff(time_s) > WINDOW_S {
            return Err(Unauthorized::Time);
        }
        Ok(Self {
            time_s,
            mac: mac.to_ascii_lowercase(),
        })
    }
}

impl RenderKeys {
    pub(crate) const fn new(current: Secret, previous: Option<Secret>) -> Self {
        Self { current, previous }
    }

    /// The length of the shortest key in bytes.
    pub(crate) fn shortest(&self) -> usize {
        let keys = std::iter::once(&self.current).chain(&self.previous);
        keys.map(|key| key.as_bytes().len()).min().unwrap_or(0)
    }

    /// Whether the claim is right for this request. `target` is the path and the query, as they were received.
    ///
    /// # Errors
    ///
    /// [`Unauthorized::Mac`].
    pub(crate) fn verify(
        &self,
        claim: &Claim,
        method: &Method,
        target: &str,
        body: &[u8],
    ) -> Result<(), Unauthorized> {
        let is_of = |key: &Secret| {
            let right = mac(key.as_bytes(), method.as_str(), target, claim.time_s, body);
            bool::from(right.as_bytes().ct_eq(claim.mac.as_bytes()))
        };
        if is_of(&self.current) || self.previous.as_ref().is_some_and(is_of) {
            Ok(())
        } else {
            Err(Unauthorized::Mac)
        }
    }
}

/// The value of a header that occurs once.
fn single<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_764_153_000;

    /// Calculated with Python's `hmac` and `hashlib`, for `POST /render?a=%20` at [`NOW`] with the body `{}`.
    const OF_KEY_ONE: &str = "108a1ef168e298b662ab5e173e46dbdf560bea0831e83d0851ff7860ad4833f4";
    const OF_KEY_TWO: &str = "79e438111c34aa1d2969f5328fdebe4967ac421a6f34e4327131ecc04fac7bc0";

    fn headers(time: &str, mac: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(TIME_HEADER, time.parse().expect("a value"));
        headers.insert(MAC_HEADER, mac.parse().expect("a value"));
        headers
    }

    fn verify(mac: &str, method: &Method, target: &str, body: &[u8]) -> Result<(), Unauthorized> {
        let keys = RenderKeys::new(Secret::new("key one"), Some(Secret::new("key two")));
        let claim = Claim::read(&headers(&NOW.to_string(), mac), NOW)?;
        keys.verify(&claim, method, target, body)
    }

    #[test]
    fn a_request_with_the_mac_of_either_key_is_authorised() {
        for mac in [OF_KEY_ONE, OF_KEY_TWO, &OF_KEY_ONE.to_uppercase()] {
            let result = verify(mac, &Method::POST, "/render?a=%20", b"{}");
            assert_eq!(result, Ok(()), "{mac}");
        }
    }

    #[test]
    fn the_mac_covers_method_target_time_and_body() {
        let refused = Err(Unauthorized::Mac);
        for (method, target, body) in [
            (Method::PUT, "/render?a=%20", &b"{}"[..]),
            (Method::POST, "/render?a=+", b"{}"),
            (Method::POST, "/render", b"{}"),
            (Method::POST, "/render?a=%20", b"{} "),
            (Method::POST, "/render?a=%20", b""),
        ] {
            let result = verify(OF_KEY_ONE, &method, target, body);
            assert_eq!(result, refused, "{method} {target} {body:?}");
        }
        let claim = Claim::read(&headers(&(NOW + 1).to_string(), OF_KEY_ONE), NOW).expect("recent");
        let keys = RenderKeys::new(Secret::new("key one"), None);
        let result = keys.verify(&claim, &Method::POST, "/render?a=%20", b"{}");
        assert_eq!(result, refused, "another time");
    }

    #[test]
    fn without_a_previous_key_its_mac_is_refused() {
        let keys = RenderKeys::new(Secret::new("key one"), None);
        let claim = Claim::read(&headers(&NOW.to_string(), OF_KEY_TWO), NOW).expect("recent");
        let result = keys.verify(&claim, &Method::POST, "/render?a=%20", b"{}");
        assert_eq!(result, Err(Unauthorized::Mac));
    }

    #[test]
    fn a_request_is_valid_for_a_minute_around_its_time() {
        for (time, expected) in [
            (NOW - 60, Ok(())),
            (NOW + 60, Ok(())),
            (NOW - 61, Err(Unauthorized::Time)),
            (NOW + 61, Err(Unauthorized::Time)),
            (0, Err(Unauthorized::Time)),
            (u64::MAX, Err(Unauthorized::Time)),
        ] {
            let claim = Claim::read(&headers(&time.to_string(), OF_KEY_ONE), NOW);
            assert_eq!(claim.map(drop), expected, "{time}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused_before_the_body() {
        let now = NOW.to_string();
        for (time, mac) in [
            ("", OF_KEY_ONE),
            ("+1764153000", OF_KEY_ONE),
            ("1764153000.5", OF_KEY_ONE),
            ("99999999999999999999999", OF_KEY_ONE),
            (now.as_str(), ""),
            (now.as_str(), &OF_KEY_ONE[1..]),
            (now.as_str(), &OF_KEY_ONE[2..]),
            (now.as_str(), &OF_KEY_ONE.replace('0', "g")),
        ] {
            let claim = Claim::read(&headers(time, mac), NOW);
            assert_eq!(claim, Err(Unauthorized::Malformed), "{time} {mac}");
        }
        let mut twice = headers(&now, OF_KEY_ONE);
        twice.append(MAC_HEADER, OF_KEY_TWO.parse().expect("a value"));
        assert_eq!(Claim::read(&twice, NOW), Err(Unauthorized::Malformed));
        assert_eq!(
            Claim::read(&HeaderMap::new(), NOW),
            Err(Unauthorized::Malformed)
        );
    }
}

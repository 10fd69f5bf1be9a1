//! How requests to the render service are authorised: HMAC-SHA256 with a key that both have.

use aws_sigv4::sign::v4::calculate_signature;

use crate::s3::hex::sha256;

/// The header with the time of a request, in Unix seconds.
pub const TIME_HEADER: &str = "x-render-time";

/// The header with the code.
pub const MAC_HEADER: &str = "x-render-mac";

/// The code of a request, in hexadecimal digits: HMAC-SHA256 over method, target (path and query), time and the SHA-256
/// of the body, one a line.
#[must_use]
pub fn mac(key: &[u8], method: &str, target: &str, unix_seconds: u64, body: &[u8]) -> String {
    let digest = sha256(body);
    let text = format!("{method}\n{target}\n{unix_seconds}\n{digest}");
    calculate_signature(key, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calculated with Python's `hmac` and `hashlib`.
    #[test]
    fn a_code_covers_method_target_time_and_body() {
        let code = mac(b"key", "POST", "/render", 1_764_150_000, b"{}");
        assert_eq!(
            code,
            "b5ff14adedbb2161c18160e220fa0a35370cf87fc79feefab3fc0acbbfbefa9b"
        );
        for other in [
            mac(b"kez", "POST", "/render", 1_764_150_000, b"{}"),
            mac(b"key", "PUT", "/render", 1_764_150_000, b"{}"),
            mac(b"key", "POST", "/render?", 1_764_150_000, b"{}"),
            mac(b"key", "POST", "/render", 1_764_150_001, b"{}"),
            mac(b"key", "POST", "/render", 1_764_150_000, b"{ }"),
        ] {
            assert_ne!(code, other);
        }
    }
}

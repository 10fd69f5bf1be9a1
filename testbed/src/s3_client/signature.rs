//! HMAC-SHA256 and the signing key of Signature Version 4.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of the empty string.
pub(super) const EMPTY_SHA256: &str =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

pub(super) fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// What signs the chunks of one request.
#[derive(Clone, Debug)]
pub(super) struct ChunkKey {
    key: Vec<u8>,
    /// `YYYYMMDD'T'HHMMSS'Z'`.
    date: String,
    /// `<day>/<region>/<service>/aws4_request`.
    scope: String,
}

impl ChunkKey {
    pub(super) fn derive(secret: &str, date: &str, region: &str, service: &str) -> Self {
        let day = date.get(..8).unwrap_or_default();
        let mut key = format!("AWS4{secret}").into_bytes();
        for part in [day, region, service, "aws4_request"] {
            key = hmac(&key, part.as_bytes());
        }
        Self {
            key,
            date: date.to_owned(),
            scope: format!("{day}/{region}/{service}/aws4_request"),
        }
    }

    pub(super) fn sign_chunk(&self, previous: &str, data: &[u8]) -> String {
        let hashes = format!("{EMPTY_SHA256}\n{}", sha256_hex(data));
        self.sign("AWS4-HMAC-SHA256-PAYLOAD", previous, &hashes)
    }

    /// `fields` are the trailer fields as `name:value`, each with a line feed.
    pub(super) fn sign_trailer(&self, previous: &str, fields: &str) -> String {
        let hash = sha256_hex(fields.as_bytes());
        self.sign("AWS4-HMAC-SHA256-TRAILER", previous, &hash)
    }

    fn sign(&self, algorithm: &str, previous: &str, hashes: &str) -> String {
        let (date, scope) = (&self.date, &self.scope);
        let text = format!("{algorithm}\n{date}\n{scope}\n{previous}\n{hashes}");
        hex(&hmac(&self.key, text.as_bytes()))
    }
}

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length");
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

//! The checksums that S3 defines for uploads.

use base64_simd::STANDARD;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};

/// A checksum algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checksum {
    /// CRC-32.
    Crc32,
    /// CRC-32C.
    Crc32c,
    /// CRC-64/NVME, the default of today's SDKs.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Checksum {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The name of its header or trailer field.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The value of its field for these bytes, in Base64.
    #[must_use]
    pub fn of(self, bytes: &[u8]) -> String {
        match self {
            Self::Crc32 => STANDARD.encode_to_string(Crc32::checksum(bytes)),
            Self::Crc32c => STANDARD.encode_to_string(Crc32c::checksum(bytes)),
            Self::Crc64Nvme => STANDARD.encode_to_string(Crc64Nvme::checksum(bytes)),
            Self::Sha1 => STANDARD.encode_to_string(Sha1::checksum(bytes)),
            Self::Sha256 => STANDARD.encode_to_string(Sha256::checksum(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3_client::signature::hex as to_hex;

    /// From the catalogue of CRC algorithms, and FIPS 180-4 for `abc`.
    #[test]
    fn the_check_values_are_the_published_ones() {
        for (checksum, bytes, hex) in [
            (Checksum::Crc32, "123456789", "cbf43926"),
            (Checksum::Crc32c, "123456789", "e3069283"),
            (Checksum::Crc64Nvme, "123456789", "ae8b14860a799888"),
            (
                Checksum::Sha1,
                "abc",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            (
                Checksum::Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            let value = STANDARD.decode_to_vec(checksum.of(bytes.as_bytes()));
            let value = value.expect("Base64");
            assert_eq!(to_hex(&value), hex, "{checksum:?}");
        }
    }
}

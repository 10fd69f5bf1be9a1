//! The checksums that S3 clients add to an upload, in a header or in a trailer
//! (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html>).

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, CRC_64_NVME, Crc, Digest, Table};
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

static CRC32: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);
static CRC32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static CRC64NVME: Crc<u64, Table<16>> = Crc::<u64, Table<16>>::new(&CRC_64_NVME);

/// The longest checksum in base64, in characters: SHA-256's.
const MAX_BASE64_LENGTH: usize = 44;

/// A checksum algorithm of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChecksumAlgorithm {
    /// CRC-32 as in gzip (ISO-HDLC), 4 bytes.
    Crc32,
    /// CRC-32C (Castagnoli, iSCSI), 4 bytes.
    Crc32c,
    /// CRC-64/NVME, 8 bytes; the default of current SDKs.
    Crc64Nvme,
    /// SHA-1, 20 bytes.
    Sha1,
    /// SHA-256, 32 bytes.
    Sha256,
}

impl ChecksumAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    /// The algorithm of a header or trailer, by its name in lower case; `None` for any other name.
    #[must_use]
    pub fn of_header(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.header() == name)
    }

    /// The name of the header or trailer with the checksum, in lower case.
    #[must_use]
    pub const fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// Whether the checksum costs so much CPU time (1 to 2 ms for each MB, a CRC less than 0.4 ms) that
    /// `s3.signed_chunk_limit_bytes` is the limit of the upload.
    #[must_use]
    pub const fn is_expensive(self) -> bool {
        match self {
            Self::Crc32 | Self::Crc32c | Self::Crc64Nvme => false,
            Self::Sha1 | Self::Sha256 => true,
        }
    }

    /// The checksum of no bytes, to be updated.
    #[must_use]
    pub fn hasher(self) -> Checksum {
        Checksum(match self {
            Self::Crc32 => State::Crc32(CRC32.digest()),
            Self::Crc32c => State::Crc32(CRC32C.digest()),
            Self::Crc64Nvme => State::Crc64(CRC64NVME.digest()),
            Self::Sha1 => State::Sha1(Sha1::new()),
            Self::Sha256 => State::Sha256(Sha256::new()),
        })
    }
}

/// A checksum that is being calculated.
#[derive(Clone)]
pub struct Checksum(State);

impl std::fmt::Debug for Checksum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checksum").finish_non_exhaustive()
    }
}

#[derive(Clone)]
enum State {
    Crc32(Digest<'static, u32, Table<16>>),
    Crc64(Digest<'static, u64, Table<16>>),
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Checksum {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc32(crc) => crc.update(bytes),
            State::Crc64(crc) => crc.update(bytes),
            State::Sha1(hash) => hash.update(bytes),
            State::Sha256(hash) => hash.update(bytes),
        }
    }

    /// Whether `base64`, the value of a header or trailer, is this checksum. The bytes are compared, in network byte
    /// order; what is not base64 with padding, or has another length, is not this checksum.
    #[must_use]
    pub fn matches(self, base64: &str) -> bool {
        if base64.len() > MAX_BASE64_LENGTH {
            return false;
        }
        let Ok(expected) = base64_simd::STANDARD.decode_to_vec(base64) else {
            return false;
        };
        match self.0 {
            State::Crc32(crc) => crc.finalize().to_be_bytes().as_slice() == expected,
            State::Crc64(crc) => crc.finalize().to_be_bytes().as_slice() == expected,
            State::Sha1(hash) => hash.finalize().as_slice() == expected,
            State::Sha256(hash) => hash.finalize().as_slice() == expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checksum(algorithm: ChecksumAlgorithm, bytes: &[u8]) -> Checksum {
        let mut checksum = algorithm.hasher();
        checksum.update(bytes);
        checksum
    }

    fn base64(bytes: &[u8]) -> String {
        base64_simd::STANDARD.encode_to_string(bytes)
    }

    fn bytes_of_hex(hex: &str) -> Vec<u8> {
        (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex"))
            .collect()
    }

    /// A reflected CRC, one bit at a time, from its polynomial alone.
    fn bitwise_crc(polynomial: u64, width: u32, bytes: &[u8]) -> u64 {
        let ones = u64::MAX >> (64 - width);
        let mut crc = ones;
        for &byte in bytes {
            crc ^= u64::from(byte);
            for _ in 0..8 {
                let carry = crc & 1;
                crc = (crc >> 1) ^ (polynomial * carry);
            }
        }
        crc ^ ones
    }

    #[test]
    fn each_algorithm_gives_its_published_check_value() {
        // The CRCs: the check values of the catalogue of parametrised CRC algorithms. The hashes of "abc": FIPS 180-4.
        for (algorithm, input, hex) in [
            (ChecksumAlgorithm::Crc32, "123456789", "cbf43926"),
            (ChecksumAlgorithm::Crc32c, "123456789", "e3069283"),
            (
                ChecksumAlgorithm::Crc64Nvme,
                "123456789",
                "ae8b14860a799888",
            ),
            (
                ChecksumAlgorithm::Sha1,
                "abc",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            (
                ChecksumAlgorithm::Sha256,
                "abc",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            ),
        ] {
            let expected = base64(&bytes_of_hex(hex));
            assert!(
                checksum(algorithm, input.as_bytes()).matches(&expected),
                "{algorithm:?}"
            );
            assert!(
                !checksum(algorithm, &input.as_bytes()[1..]).matches(&expected),
                "{algorithm:?} of other bytes"
            );
        }
    }

    #[test]
    fn crcs_of_any_length_and_splitting_are_those_of_a_bitwise_calculation() {
        let mut random = fastrand::Rng::with_seed(1);
        for round in 0..300 {
            let bytes: Vec<u8> = (0..random.usize(0..700)).map(|_| random.u8(..)).collect();
            for (algorithm, polynomial, width) in [
                (ChecksumAlgorithm::Crc32, 0xedb8_8320, 32),
                (ChecksumAlgorithm::Crc32c, 0x82f6_3b78, 32),
                (ChecksumAlgorithm::Crc64Nvme, 0x9a6c_9329_ac4b_c9b5, 64),
            ] {
                let crc = bitwise_crc(polynomial, width, &bytes).to_be_bytes();
                let expected = base64(&crc[8 - width as usize / 8..]);
                let (one, other) = bytes.split_at(random.usize(0..=bytes.len()));
                let mut checksum = algorithm.hasher();
                checksum.update(one);
                checksum.update(other);
                assert!(checksum.matches(&expected), "{algorithm:?}, round {round}");
            }
        }
    }

    #[test]
    fn what_is_not_base64_of_the_right_length_does_not_match() {
        // The CRC-32 of nothing is 0.
        for (value, is_match) in [
            ("AAAAAA==", true),
            ("AAAAAA", false),
            ("AAAAAA=", false),
            ("AAAAAB==", false),
            ("AAAAA===", false),
            ("AAAAAA==AAAAAA==", false),
            (" AAAAAA==", false),
            ("AAAAAA==\n", false),
            ("AAAA", false),
            ("AAAAAAAA", false),
            ("AAAAAAAAAAA=", false),
            ("00000000", false),
            ("", false),
            ("é", false),
        ] {
            assert_eq!(
                ChecksumAlgorithm::Crc32.hasher().matches(value),
                is_match,
                "{value:?}"
            );
        }
        let long = "A".repeat(1_000_000);
        assert!(!ChecksumAlgorithm::Crc32.hasher().matches(&long));
    }

    #[test]
    fn an_algorithm_is_found_by_the_name_of_its_header() {
        for algorithm in ChecksumAlgorithm::ALL {
            assert_eq!(
                ChecksumAlgorithm::of_header(algorithm.header()),
                Some(algorithm)
            );
        }
        for name in [
            "x-amz-checksum-md5",
            "x-amz-checksum-type",
            "x-amz-checksum-",
            "X-Amz-Checksum-Crc32",
            "",
        ] {
            assert_eq!(ChecksumAlgorithm::of_header(name), None, "{name}");
        }
    }

    #[test]
    fn only_the_hashes_are_expensive() {
        let expensive: Vec<_> = ChecksumAlgorithm::ALL
            .into_iter()
            .filter(|algorithm| algorithm.is_expensive())
            .collect();
        assert_eq!(
            expensive,
            [ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256]
        );
    }
}

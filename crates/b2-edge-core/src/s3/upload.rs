//! Verifies the body of an upload on its way to the origin.
//!
//! An origin stores the object as soon as it has all bytes of the request's `Content-Length`, even if the request is
//! abandoned then. Checksums and signatures, however, can only be verified at the end. Therefore, the last byte is
//! held back until everything is verified. Without it, the origin's request is incomplete, and stores nothing.

use crate::s3::aws_chunked::AwsChunked;
use crate::s3::checksum::{Checksum, ChecksumAlgorithm};
use crate::s3::chunk_signatures::ChunkSignatures;
use crate::s3::upload_error::{PushError, UploadError};

/// How the content arrives, and what it is verified against.
#[derive(Clone, Debug)]
pub enum UploadBody {
    /// In the encoding `aws-chunked`.
    AwsChunked {
        /// The length of the content in bytes: `x-amz-decoded-content-length`.
        decoded_length: u64,
        /// The signatures of the chunks, if they are signed.
        signatures: Option<ChunkSignatures>,
        /// The checksum that `x-amz-trailer` declares.
        trailer: Option<ChecksumAlgorithm>,
    },
    /// As it is.
    Plain {
        /// The length of the content in bytes: `Content-Length`.
        length: u64,
        /// The checksum from an `x-amz-checksum-*` header, in base64.
        checksum: (ChecksumAlgorithm, String),
    },
}

/// Stands between the body of an upload and the origin.
#[derive(Debug)]
pub struct UploadVerifier {
    source: Source,
    content: Content,
}

#[derive(Debug)]
enum Source {
    AwsChunked(Box<AwsChunked>),
    Plain {
        expected: String,
        failed: Option<UploadError>,
    },
}

/// The content so far. Separate from the source, which passes content to it.
#[derive(Debug)]
struct Content {
    length: u64,
    received: u64,
    last_byte: Option<u8>,
    checksum: Option<(ChecksumAlgorithm, Checksum)>,
}

impl UploadVerifier {
    /// The verifier of one body.
    #[must_use]
    pub fn new(body: UploadBody) -> Self {
        let (length, algorithm, source) = match body {
            UploadBody::AwsChunked {
                decoded_length,
                signatures,
                trailer,
            } => (
                decoded_length,
                trailer,
                Source::AwsChunked(Box::new(AwsChunked::new(
                    decoded_length,
                    signatures,
                    trailer,
                ))),
            ),
            UploadBody::Plain {
                length,
                checksum: (algorithm, expected),
            } => (
                length,
                Some(algorithm),
                Source::Plain {
                    expected,
                    failed: None,
                },
            ),
        };
        Self {
            source,
            content: Content {
                length,
                received: 0,
                last_byte: None,
                checksum: algorithm.map(|algorithm| (algorithm, algorithm.hasher())),
            },
        }
    }

    /// Processes the next piece of the body. `forward` gets the content in it, without the last byte of the declared
    /// length. It is never called with more than that, nor with no bytes.
    ///
    /// # Errors
    ///
    /// The body is refused, or `forward` failed. All later calls then fail as well.
    pub fn push<E>(
        &mut self,
        piece: &[u8],
        mut forward: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), PushError<E>> {
        let content = &mut self.content;
        match &mut self.source {
            Source::AwsChunked(decoder) => {
                decoder.push(piece, |bytes| content.take(bytes, &mut forward))
            }
            Source::Plain {
                failed: Some(error),
                ..
            } => Err((*error).into()),
            Source::Plain { failed, .. } => {
                if piece.len() as u64 > content.length.saturating_sub(content.received) {
                    *failed = Some(UploadError::TooLong);
                    return Err(UploadError::TooLong.into());
                }
                content.take(piece, &mut forward).map_err(|error| {
                    // Content is missing.
                    *failed = Some(UploadError::TooShort);
                    PushError::Forward(error)
                })
            }
        }
    }

    /// Ends the body, and returns its last byte if everything is right: complete, of the declared length, with valid
    /// signatures and the right checksum. Only then may the origin get the byte. It is `None` for an empty object,
    /// whose request may only be sent now.
    ///
    /// # Errors
    ///
    /// The body is refused. The request to the origin must not be completed.
    pub fn finish(self) -> Result<Option<u8>, UploadError> {
        let expected = match self.source {
            Source::AwsChunked(decoder) => decoder.finish()?,
            Source::Plain {
                failed: Some(error),
                ..
            } => return Err(error),
            Source::Plain { expected, .. } => Some(expected),
        };
        let content = self.content;
        if content.received != content.length {
            return Err(UploadError::TooShort);
        }
        if let Some((algorithm, checksum)) = content.checksum
            && !checksum.matches(expected.as_deref().unwrap_or_default())
        {
            return Err(UploadError::Checksum(algorithm));
        }
        Ok(content.last_byte)
    }
}

impl Content {
    /// Takes content that is within the declared length.
    fn take<E>(
        &mut self,
        bytes: &[u8],
        forward: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some((_, checksum)) = &mut self.checksum {
            checksum.update(bytes);
        }
        self.received = self.received.saturating_add(bytes.len() as u64);
        let passed_on = match bytes.split_last() {
            Some((last, before)) if self.received == self.length => {
                self.last_byte = Some(*last);
                before
            }
            _ => bytes,
        };
        if passed_on.is_empty() {
            return Ok(());
        }
        forward(passed_on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::s3::aws_chunked::encoder::{TRAILER_SEED, encode, published_trailer, signatures};

    const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    const CRC32: ChecksumAlgorithm = ChecksumAlgorithm::Crc32;

    fn chunked(
        decoded_length: u64,
        seed: Option<&str>,
        trailer: Option<ChecksumAlgorithm>,
    ) -> UploadBody {
        UploadBody::AwsChunked {
            decoded_length,
            signatures: seed.map(signatures),
            trailer,
        }
    }

    fn plain(length: u64, algorithm: ChecksumAlgorithm, checksum: &str) -> UploadBody {
        UploadBody::Plain {
            length,
            checksum: (algorithm, checksum.to_owned()),
        }
    }

    /// CRC-32, one bit at a time, in base64.
    fn crc32_of(content: &[u8]) -> String {
        let crc = content.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| {
                (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
            })
        });
        base64_simd::STANDARD.encode_to_string((!crc).to_be_bytes())
    }

    /// What the origin got before the end, and the result.
    type Outcome = (Vec<u8>, Result<Option<u8>, UploadError>);

    /// Uploads a body in random pieces.
    fn upload(body: UploadBody, bytes: &[u8], random: &mut fastrand::Rng) -> Outcome {
        let mut verifier = UploadVerifier::new(body);
        let mut forwarded = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(random.usize(1..=rest.len()));
            rest = after;
            let pushed = verifier.push(piece, |content| {
                assert!(!content.is_empty());
                forwarded.extend_from_slice(content);
                Ok::<(), ()>(())
            });
            match pushed {
                Ok(()) => {}
                Err(PushError::Upload(error)) => {
                    assert_eq!(verifier.finish(), Err(error), "an error is final");
                    return (forwarded, Err(error));
                }
                Err(PushError::Forward(())) => unreachable!("it never fails"),
            }
        }
        (forwarded, verifier.finish())
    }

    #[test]
    fn the_last_byte_is_held_back_until_everything_is_verified() {
        let body = b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:hYfYZQ==\r\n\r\n";
        let mut verifier = UploadVerifier::new(chunked(5, None, Some(CRC32)));
        let mut forwarded = Vec::new();
        for byte in body {
            let pushed = verifier.push(&[*byte], |content| {
                forwarded.extend_from_slice(content);
                Ok::<(), ()>(())
            });
            assert_eq!(pushed, Ok(()));
        }
        assert_eq!(forwarded, b"abcd");
        assert_eq!(verifier.finish(), Ok(Some(b'e')));
    }

    #[test]
    fn the_example_that_aws_publishes_is_accepted_with_its_checksum() {
        let mut random = fastrand::Rng::with_seed(1);
        let crc32c = Some(ChecksumAlgorithm::Crc32c);
        let body = chunked(66560, Some(TRAILER_SEED), crc32c);
        let (forwarded, result) = upload(body, &published_trailer(), &mut random);
        assert_eq!(result, Ok(Some(b'a')));
        assert_eq!(forwarded, "a".repeat(66559).as_bytes());
    }

    #[test]
    fn the_body_of_a_second_implementation_is_accepted() {
        // From `AwsChunkedWrapper` of botocore 1.43.11, with chunks of 8 bytes.
        let bytes = b"8\r\nhello wo\r\n3\r\nrld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        let mut random = fastrand::Rng::with_seed(1);
        assert_eq!(
            upload(chunked(11, None, Some(CRC32)), bytes, &mut random),
            (b"hello worl".to_vec(), Ok(Some(b'd')))
        );
    }

    #[test]
    fn the_error_says_what_is_wrong_with_the_body() {
        let mut random = fastrand::Rng::with_seed(1);
        let wrong = Err(UploadError::Checksum(CRC32));
        let sha1 = ChecksumAlgorithm::Sha1;
        let abc_sha1 = "qZk+NkcGgWq6PiVxeFDCbJzQ2J0=";
        let trailer =
            |value: &str| format!("3\r\nabc\r\n0\r\nx-amz-checksum-crc32:{value}\r\n\r\n");
        let empty = |value: &str| format!("0\r\nx-amz-checksum-crc32:{value}\r\n\r\n");
        let crc = || chunked(3, None, Some(CRC32));
        for (body, bytes, forwarded, result) in [
            (crc(), trailer("NSRBwg=="), "ab", Ok(Some(b'c'))),
            (crc(), trailer("NSRBww=="), "ab", wrong),
            (crc(), trailer("NSRBwg"), "ab", wrong),
            (crc(), trailer(""), "ab", wrong),
            (
                chunked(0, None, Some(CRC32)),
                empty("AAAAAA=="),
                "",
                Ok(None),
            ),
            (chunked(0, None, Some(CRC32)), empty("AAAAAQ=="), "", wrong),
            (chunked(0, None, None), "0\r\n\r\n".to_owned(), "", Ok(None)),
            (
                chunked(0, None, None),
                String::new(),
                "",
                Err(UploadError::TooShort),
            ),
            (
                chunked(2, None, Some(CRC32)),
                trailer("NSRBwg=="),
                "",
                Err(UploadError::TooLong),
            ),
            (
                chunked(4, None, Some(CRC32)),
                trailer("NSRBwg=="),
                "abc",
                Err(UploadError::TooShort),
            ),
            (
                plain(3, CRC32, "NSRBwg=="),
                "abc".to_owned(),
                "ab",
                Ok(Some(b'c')),
            ),
            (plain(3, CRC32, "NSRBww=="), "abc".to_owned(), "ab", wrong),
            (
                plain(3, sha1, abc_sha1),
                "abc".to_owned(),
                "ab",
                Ok(Some(b'c')),
            ),
            (
                plain(3, sha1, abc_sha1),
                "abd".to_owned(),
                "ab",
                Err(UploadError::Checksum(sha1)),
            ),
            (plain(0, CRC32, "AAAAAA=="), String::new(), "", Ok(None)),
            (plain(0, CRC32, "NSRBwg=="), String::new(), "", wrong),
            (
                plain(4, CRC32, "NSRBwg=="),
                "abc".to_owned(),
                "abc",
                Err(UploadError::TooShort),
            ),
        ] {
            let shown = format!("{body:?}, {bytes:?}");
            assert_eq!(
                upload(body, bytes.as_bytes(), &mut random),
                (forwarded.as_bytes().to_vec(), result),
                "{shown}"
            );
        }
    }

    #[test]
    fn a_plain_body_that_is_too_long_never_gets_past_its_declared_length() {
        for (pieces, forwarded) in [
            (&["abcd"][..], ""),
            (&["ab", "cd"], "ab"),
            (&["abc", "d"], "ab"),
        ] {
            let mut verifier = UploadVerifier::new(plain(3, CRC32, "NSRBwg=="));
            let mut passed_on = Vec::new();
            let last = pieces.iter().map(|piece| {
                verifier.push(piece.as_bytes(), |content| {
                    passed_on.extend_from_slice(content);
                    Ok::<(), ()>(())
                })
            });
            let too_long = Err(PushError::Upload(UploadError::TooLong));
            assert_eq!(last.last(), Some(too_long), "{pieces:?}");
            assert_eq!(passed_on, forwarded.as_bytes(), "{pieces:?}");
            assert_eq!(verifier.finish(), Err(UploadError::TooLong), "{pieces:?}");
        }
    }

    #[test]
    fn after_a_failure_of_the_receiver_no_last_byte_is_returned() {
        for (body, bytes) in [
            (plain(3, CRC32, "NSRBwg=="), "abc"),
            (chunked(3, None, None), "3\r\nabc\r\n0\r\n\r\n"),
        ] {
            let mut verifier = UploadVerifier::new(body);
            let pushed = verifier.push(bytes.as_bytes(), |_| Err("closed"));
            assert_eq!(pushed, Err(PushError::Forward("closed")), "{bytes:?}");
            assert_eq!(verifier.finish(), Err(UploadError::TooShort), "{bytes:?}");
        }
    }

    #[test]
    fn whatever_is_changed_the_origin_gets_exactly_the_right_bytes_or_not_the_last_one() {
        let mut random = fastrand::Rng::with_seed(1);
        for round in 0..60 {
            let content: Vec<u8> = (0..random.usize(0..40)).map(|_| random.u8(..)).collect();
            let length = content.len() as u64;
            let checksum = crc32_of(&content);
            let seed = random.bool().then_some(SEED);
            let mut chunks = Vec::new();
            let mut rest = &content[..];
            while !rest.is_empty() {
                let (chunk, after) = rest.split_at(random.usize(1..=rest.len()));
                chunks.push(chunk);
                rest = after;
            }
            let (bytes, body) = if random.u8(..4) == 0 {
                (content.clone(), plain(length, CRC32, &checksum))
            } else {
                let bytes = encode(&chunks, seed, Some((CRC32, &checksum)));
                (bytes, chunked(length, seed, Some(CRC32)))
            };
            let (mut stored, result) = upload(body.clone(), &bytes, &mut random);
            stored.extend(result.expect("valid"));
            assert_eq!(stored, content, "round {round}");

            for at in 0..bytes.len() {
                let mut changed = bytes.clone();
                match random.u8(..4) {
                    0 => drop(changed.remove(at)),
                    1 => changed.insert(at, random.u8(..)),
                    2 => changed.truncate(at),
                    _ => changed[at] ^= random.u8(1..),
                }
                let shown = changed.escape_ascii();
                let (forwarded, result) = upload(body.clone(), &changed, &mut random);
                match result {
                    Ok(last) => {
                        let stored: Vec<u8> = forwarded.into_iter().chain(last).collect();
                        assert_eq!(stored, content, "{shown}");
                    }
                    Err(_) => assert!(
                        forwarded.is_empty() || (forwarded.len() as u64) < length,
                        "{shown}"
                    ),
                }
            }
        }
    }
}

//! Decodes a body in the encoding `aws-chunked`, piece by piece and without copying the content
//! (<https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>):
//!
//! ```text
//! 10000;chunk-signature=<64 hexadecimal digits>\r\n      the signature only if chunks are signed
//! <content>\r\n
//! 0;chunk-signature=<64 hexadecimal digits>\r\n
//! x-amz-checksum-crc32c:<base64>\r\n                     only if declared
//! x-amz-trailer-signature:<64 hexadecimal digits>\r\n    only after a trailer of signed chunks
//! \r\n
//! ```
//!
//! Everything else is refused. One variation is accepted, because the Go client `minio-go` sends it: a
//! line feed before the line end of the checksum.

use sha2::{Digest as _, Sha256};

use crate::s3::checksum::ChecksumAlgorithm;
use crate::s3::chunk_signatures::ChunkSignatures;
use crate::s3::upload_error::{PushError, UploadError};

const SIGNATURE_EXTENSION: &str = "chunk-signature=";
const TRAILER_SIGNATURE: &str = "x-amz-trailer-signature";

/// The longest line in bytes, without its line feed. The longest valid ones have about 100.
const MAX_LINE_BYTES: usize = 128;

/// The number of digits of the largest chunk size, 2⁶⁴ − 1.
const MAX_SIZE_DIGITS: usize = 16;

/// A decoder of one body.
#[derive(Debug)]
pub struct AwsChunked {
    state: State,
    /// The beginning of a line that an earlier piece ended in.
    line: Vec<u8>,
    /// What is missing of the declared length.
    remaining: u64,
    signed: Option<Signed>,
    trailer: Option<ChecksumAlgorithm>,
    checksum: Option<String>,
    trailer_signature: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before or in the line with the size of a chunk.
    Size,
    /// In a chunk, with this number of bytes left.
    Content(u64),
    /// Before the line end after a chunk.
    ContentEnd,
    /// In the lines after the last chunk.
    Trailer,
    /// In the line end after a trailer that ended in a line feed.
    TrailerEnd,
    /// After the end.
    Complete,
    /// After an error.
    Failed(UploadError),
}

/// The chunk that is being read, and the signatures up to it.
#[derive(Debug)]
struct Signed {
    signatures: ChunkSignatures,
    content: Sha256,
    signature: String,
}

impl AwsChunked {
    /// A decoder of a body with `length` bytes of content (`x-amz-decoded-content-length`). `signatures` if the chunks
    /// are signed; `trailer` if `x-amz-trailer` declares a checksum.
    #[must_use]
    pub fn new(
        length: u64,
        signatures: Option<ChunkSignatures>,
        trailer: Option<ChecksumAlgorithm>,
    ) -> Self {
        Self {
            state: State::Size,
            line: Vec::new(),
            remaining: length,
            signed: signatures.map(|signatures| Signed {
                signatures,
                content: Sha256::new(),
                signature: String::new(),
            }),
            trailer,
            checksum: None,
            trailer_signature: None,
        }
    }

    /// Decodes the next piece of the body, and passes on its content, at most as many bytes as declared. Content is
    /// passed on before the signature of its chunk can be verified, and must not count as valid before [`Self::finish`].
    ///
    /// # Errors
    ///
    /// The body is refused, or `forward` failed. All later calls then fail as well.
    pub fn push<E>(
        &mut self,
        piece: &[u8],
        forward: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), PushError<E>> {
        let result = self.decode(piece, forward);
        match result {
            Ok(()) => {}
            Err(PushError::Upload(error)) => self.state = State::Failed(error),
            // Content is missing.
            Err(PushError::Forward(_)) => self.state = State::Failed(UploadError::TooShort),
        }
        result
    }

    /// Ends the body. Returns the value of the declared trailer, which is still to be compared with the content. All
    /// signatures have been verified then.
    ///
    /// # Errors
    ///
    /// The body is incomplete, or was refused before.
    pub fn finish(self) -> Result<Option<String>, UploadError> {
        match self.state {
            State::Complete => Ok(self.checksum),
            State::Failed(error) => Err(error),
            _ => Err(UploadError::TooShort),
        }
    }

    fn decode<E>(
        &mut self,
        mut piece: &[u8],
        mut forward: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), PushError<E>> {
        while !piece.is_empty() {
            piece = match self.state {
                State::Failed(error) => return Err(error.into()),
                State::Complete => return Err(UploadError::Framing.into()),
                State::Content(left) => {
                    let length = usize::try_from(left).map_or(piece.len(), |n| n.min(piece.len()));
                    let (content, rest) = piece.split_at(length);
                    self.take_content(content, left)?;
                    forward(content).map_err(PushError::Forward)?;
                    rest
                }
                _ => self.take_line(piece)?,
            };
        }
        Ok(())
    }

    /// Accounts for content of a chunk with `left` bytes to come. At its end, the signature is verified.
    fn take_content(&mut self, content: &[u8], left: u64) -> Result<(), UploadError> {
        let length = content.len() as u64;
        self.remaining = self.remaining.saturating_sub(length);
        if let Some(signed) = &mut self.signed {
            signed.content.update(content);
        }
        if length < left {
            self.state = State::Content(left - length);
            return Ok(());
        }
        self.state = State::ContentEnd;
        self.verify_chunk()
    }

    fn verify_chunk(&mut self) -> Result<(), UploadError> {
        let Some(signed) = &mut self.signed else {
            return Ok(());
        };
        let content = std::mem::take(&mut signed.content);
        if signed.signatures.verify_chunk(content, &signed.signature) {
            Ok(())
        } else {
            Err(UploadError::ChunkSignature)
        }
    }

    /// Reads up to the end of a line, and returns what follows it.
    fn take_line<'p>(&mut self, piece: &'p [u8]) -> Result<&'p [u8], UploadError> {
        let end = piece.iter().position(|&byte| byte == b'\n');
        let (part, rest) = match end {
            Some(end) => (piece.split_at(end).0, piece.get(end + 1..)),
            None => (piece, None),
        };
        if self.line.len() + part.len() > MAX_LINE_BYTES {
            return Err(UploadError::Framing);
        }
        self.line.extend_from_slice(part);
        let Some(rest) = rest else {
            return Ok(&[]);
        };
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| UploadError::Framing)?;
        match line.strip_suffix('\r') {
            Some(line) if !line.contains('\r') => self.line(line)?,
            None if self.state == State::Trailer && !line.contains('\r') => {
                self.trailer_line(line)?;
                if self.trailer_signature.is_some() {
                    return Err(UploadError::Framing);
                }
                self.state = State::TrailerEnd;
            }
            _ => return Err(UploadError::Framing),
        }
        Ok(rest)
    }

    /// A line without its line end.
    fn line(&mut self, line: &str) -> Result<(), UploadError> {
        match self.state {
            State::Size => self.size_line(line),
            State::ContentEnd if line.is_empty() => {
                self.state = State::Size;
                Ok(())
            }
            State::TrailerEnd if line.is_empty() => {
                self.state = State::Trailer;
                Ok(())
            }
            State::Trailer if line.is_empty() => self.verify_trailer(),
            State::Trailer => self.trailer_line(line),
            _ => Err(UploadError::Framing),
        }
    }

    fn size_line(&mut self, line: &str) -> Result<(), UploadError> {
        let (digits, extension) = match line.split_once(';') {
            Some((digits, extension)) => (digits, Some(extension)),
            None => (line, None),
        };
        // `from_str_radix` accepts a sign.
        let is_size = (1..=MAX_SIZE_DIGITS).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let size = u64::from_str_radix(digits, 16).ok().filter(|_| is_size);
        let size = size.ok_or(UploadError::Framing)?;
        match (&mut self.signed, extension) {
            (None, None) => {}
            (Some(signed), Some(extension)) => {
                let signature = extension
                    .strip_prefix(SIGNATURE_EXTENSION)
                    .filter(|value| is_signature(value))
                    .ok_or(UploadError::Framing)?;
                signature.clone_into(&mut signed.signature);
            }
            (None, Some(_)) | (Some(_), None) => return Err(UploadError::Framing),
        }
        if size > self.remaining {
            return Err(UploadError::TooLong);
        }
        if size > 0 {
            self.state = State::Content(size);
            return Ok(());
        }
        self.verify_chunk()?;
        if self.remaining > 0 {
            return Err(UploadError::TooShort);
        }
        self.state = State::Trailer;
        Ok(())
    }

    fn trailer_line(&mut self, line: &str) -> Result<(), UploadError> {
        let (name, value) = line.split_once(':').ok_or(UploadError::Framing)?;
        let name = name.to_ascii_lowercase();
        let value = value.trim_matches([' ', '\t']);
        let declared = self.trailer.ok_or(UploadError::Framing)?;
        if name == declared.header() && self.checksum.is_none() && self.trailer_signature.is_none()
        {
            self.checksum = Some(value.to_owned());
            return Ok(());
        }
        let is_first_signature = name == TRAILER_SIGNATURE && self.trailer_signature.is_none();
        if is_first_signature && self.signed.is_some() && is_signature(value) {
            self.trailer_signature = Some(value.to_owned());
            return Ok(());
        }
        Err(UploadError::Framing)
    }

    fn verify_trailer(&mut self) -> Result<(), UploadError> {
        if let Some(declared) = self.trailer {
            let checksum = self
                .checksum
                .as_deref()
                .ok_or(UploadError::TrailerMissing)?;
            if let Some(signed) = &mut self.signed {
                let signature = self.trailer_signature.as_deref().unwrap_or_default();
                let name = declared.header();
                if !signed.signatures.verify_trailer(name, checksum, signature) {
                    return Err(UploadError::TrailerSignature);
                }
            }
        }
        self.state = State::Complete;
        Ok(())
    }
}

fn is_signature(value: &str) -> bool {
    value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Encodes bodies, for the tests of this room.
#[cfg(test)]
pub(crate) mod encoder {
    use std::fmt::Write as _;

    use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
    use time::macros::datetime;

    use super::*;

    /// The signature of the request in AWS's example of a trailer.
    pub(crate) const TRAILER_SEED: &str =
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
    const TIMESTAMP: &str = "20130524T000000Z";
    const SCOPE: &str = "20130524/us-east-1/s3/aws4_request";

    fn signing_key() -> impl AsRef<[u8]> {
        generate_signing_key(
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            datetime!(2013-05-24 00:00 UTC).into(),
            "us-east-1",
            "s3",
        )
    }

    /// The signatures of AWS's examples, after a request with the signature `seed`.
    pub(crate) fn signatures(seed: &str) -> ChunkSignatures {
        ChunkSignatures::new(signing_key(), TIMESTAMP, SCOPE, seed)
    }

    fn digest(content: &[u8]) -> String {
        Sha256::digest(content)
            .iter()
            .fold(String::new(), |mut hex, byte| {
                write!(hex, "{byte:02x}").expect("a string");
                hex
            })
    }

    /// The bodies that AWS publishes: 65 KiB of `a` in chunks of 64 KiB.
    pub(crate) fn published(chunks: [&str; 3], trailer: &str) -> Vec<u8> {
        let [one, two, three] = chunks;
        let content = |length| "a".repeat(length);
        format!(
            "10000;chunk-signature={one}\r\n{}\r\n400;chunk-signature={two}\r\n{}\r\n\
             0;chunk-signature={three}\r\n{trailer}\r\n",
            content(65536),
            content(1024)
        )
        .into_bytes()
    }

    /// AWS's example of a trailer; its seed is [`TRAILER_SEED`].
    pub(crate) fn published_trailer() -> Vec<u8> {
        published(
            [
                "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
                "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
            ],
            "x-amz-checksum-crc32c:sOO8/Q==\r\n\
             x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
        )
    }

    /// A body of these chunks and the last, empty one; signed with AWS's example key if there is a seed.
    pub(crate) fn encode(
        chunks: &[&[u8]],
        seed: Option<&str>,
        trailer: Option<(ChecksumAlgorithm, &str)>,
    ) -> Vec<u8> {
        let mut previous = seed.map(str::to_owned);
        let mut sign = |kind: &str, digests: &str| {
            let before = previous.take()?;
            let to_sign =
                format!("AWS4-HMAC-SHA256-{kind}\n{TIMESTAMP}\n{SCOPE}\n{before}\n{digests}");
            previous = Some(calculate_signature(signing_key(), to_sign.as_bytes()));
            previous.clone()
        };
        let mut body = Vec::new();
        for chunk in chunks.iter().copied().chain([&[][..]]) {
            body.extend(format!("{:x}", chunk.len()).bytes());
            let digests = format!("{}\n{}", digest(b""), digest(chunk));
            if let Some(signature) = sign("PAYLOAD", &digests) {
                body.extend(format!(";chunk-signature={signature}").bytes());
            }
            body.extend(b"\r\n");
            if !chunk.is_empty() {
                body.extend([chunk, b"\r\n"].concat());
            }
        }
        if let Some((algorithm, value)) = trailer {
            let line = format!("{}:{value}", algorithm.header());
            body.extend(format!("{line}\r\n").bytes());
            if let Some(signature) = sign("TRAILER", &digest(format!("{line}\n").as_bytes())) {
                body.extend(format!("x-amz-trailer-signature:{signature}\r\n").bytes());
            }
        }
        body.extend(b"\r\n");
        body
    }
}

#[cfg(test)]
mod tests {
    use super::encoder::{TRAILER_SEED, encode, published, published_trailer, signatures};
    use super::*;

    const SEED: &str = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
    const CRC32C: ChecksumAlgorithm = ChecksumAlgorithm::Crc32c;

    type Decoded = Result<(Vec<u8>, Option<String>), UploadError>;

    /// Decodes a body in pieces of this length.
    fn decode(mut decoder: AwsChunked, body: &[u8], piece: usize) -> Decoded {
        let mut content = Vec::new();
        for piece in body.chunks(piece) {
            let pushed = decoder.push(piece, |bytes| {
                content.extend_from_slice(bytes);
                Ok::<(), ()>(())
            });
            match pushed {
                Ok(()) => {}
                Err(PushError::Upload(error)) => {
                    assert_eq!(decoder.finish(), Err(error), "an error is final");
                    return Err(error);
                }
                Err(PushError::Forward(())) => unreachable!("it never fails"),
            }
        }
        decoder.finish().map(|trailer| (content, trailer))
    }

    /// Decodes a body of unsigned chunks whole, and byte by byte with the same result.
    fn decode_unsigned(
        body: &str,
        length: u64,
        trailer: Option<ChecksumAlgorithm>,
    ) -> Result<String, UploadError> {
        let decoder = || AwsChunked::new(length, None, trailer);
        let whole = decode(decoder(), body.as_bytes(), body.len().max(1));
        assert_eq!(whole, decode(decoder(), body.as_bytes(), 1), "{body:?}");
        whole.map(|(content, _)| String::from_utf8(content).expect("ASCII"))
    }

    fn published_chunks() -> Vec<u8> {
        published(
            [
                "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
                "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
                "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
            ],
            "",
        )
    }

    #[test]
    fn the_examples_that_aws_publishes_are_accepted_in_any_splitting() {
        for piece in [1, 7, 1000, 65536, 100_000] {
            let decoder = AwsChunked::new(66560, Some(signatures(SEED)), None);
            let (content, trailer) =
                decode(decoder, &published_chunks(), piece).expect("valid chunks");
            assert!(content.len() == 66560 && content.iter().all(|&byte| byte == b'a'));
            assert_eq!(trailer, None, "{piece}");

            let decoder = AwsChunked::new(66560, Some(signatures(TRAILER_SEED)), Some(CRC32C));
            let (content, trailer) =
                decode(decoder, &published_trailer(), piece).expect("a valid trailer");
            assert!(content.len() == 66560 && content.iter().all(|&byte| byte == b'a'));
            assert_eq!(trailer.as_deref(), Some("sOO8/Q=="), "{piece}");
        }
    }

    #[test]
    fn a_line_feed_after_the_checksum_is_accepted_in_a_signed_trailer_too() {
        let text = String::from_utf8(published_trailer()).expect("ASCII");
        let body = text.replace("sOO8/Q==\r\n", "sOO8/Q==\n\r\n");
        let decoder = AwsChunked::new(66560, Some(signatures(TRAILER_SEED)), Some(CRC32C));
        let result = decode(decoder, body.as_bytes(), 1000);
        assert!(result.is_ok_and(|(_, trailer)| trailer.as_deref() == Some("sOO8/Q==")));
    }

    #[test]
    fn a_changed_byte_of_a_signed_body_is_refused() {
        let reference = published_trailer();
        let positions = (0..reference.len())
            .filter(|at| !(200..65_000).contains(at) && !(66_000..66_500).contains(at));
        for at in positions.step_by(3) {
            let mut body = reference.clone();
            body[at] ^= 1;
            let decoder = AwsChunked::new(66560, Some(signatures(TRAILER_SEED)), Some(CRC32C));
            let result = decode(decoder, &body, body.len());
            assert!(result.is_err(), "byte {at}");
        }
    }

    #[test]
    fn the_error_says_which_signature_is_wrong() {
        let text = String::from_utf8(published_trailer()).expect("ASCII");
        let zeros = "0".repeat(64);
        for (from, to, error) in [
            (
                "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
                zeros.as_str(),
                UploadError::ChunkSignature,
            ),
            (
                "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
                &zeros,
                UploadError::ChunkSignature,
            ),
            ("sOO8/Q==", "sOO8/A==", UploadError::TrailerSignature),
            (
                "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n",
                "",
                UploadError::TrailerSignature,
            ),
            (
                "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
                &zeros,
                UploadError::TrailerSignature,
            ),
            (
                "x-amz-checksum-crc32c:sOO8/Q==\r\n",
                "",
                UploadError::TrailerMissing,
            ),
            (
                ";chunk-signature=1c13",
                ";chunk-signature=1c1",
                UploadError::Framing,
            ),
            (
                ";chunk-signature=1c13",
                ";chunk-signature=1c1g",
                UploadError::Framing,
            ),
            (
                ";chunk-signature=1c13",
                ";chunk-signature=1c133",
                UploadError::Framing,
            ),
            (
                ";chunk-signature=1c13",
                ";signature=1c13",
                UploadError::Framing,
            ),
            (
                ";chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
                "",
                UploadError::Framing,
            ),
        ] {
            assert!(text.contains(from), "{from}");
            let body = text.replace(from, to);
            let decoder = AwsChunked::new(66560, Some(signatures(TRAILER_SEED)), Some(CRC32C));
            let result = decode(decoder, body.as_bytes(), 4096);
            assert_eq!(result.map(|_| ()), Err(error), "{from} -> {to}");
        }
    }

    #[test]
    fn a_signature_of_another_seed_or_another_order_is_refused() {
        let body = encode(&[b"one", b"two"], Some(SEED), None);
        let decoder = |seed| AwsChunked::new(6, Some(signatures(seed)), None);
        assert_eq!(
            decode(decoder(SEED), &body, 5),
            Ok((b"onetwo".to_vec(), None))
        );
        let swapped: Vec<u8> = [&body[89..178], &body[..89], &body[178..]].concat();
        assert!(swapped.starts_with(b"3;chunk-signature="));
        for (seed, body) in [(TRAILER_SEED, &body), (SEED, &swapped)] {
            assert_eq!(
                decode(decoder(seed), body, 5),
                Err(UploadError::ChunkSignature)
            );
        }
    }

    #[test]
    fn unsigned_chunks_are_decoded_or_refused() {
        let crc = Some(ChecksumAlgorithm::Crc32);
        let long_size = "0".repeat(1_000_000);
        let signed = format!("0;chunk-signature={SEED}\r\n\r\n");
        let framing = Err(UploadError::Framing);
        for (body, length, trailer, result) in [
            ("3\r\nabc\r\n0\r\n\r\n", 3, None, Ok("abc")),
            ("0\r\n\r\n", 0, None, Ok("")),
            ("00\r\n\r\n", 0, None, Ok("")),
            (
                "A\r\n0123456789\r\n1\r\na\r\n0\r\n\r\n",
                11,
                None,
                Ok("0123456789a"),
            ),
            (
                "a\r\n\r\n\r\n\r\n\r\n\r\n\r\n0\r\n\r\n",
                10,
                None,
                Ok("\r\n\r\n\r\n\r\n\r\n"),
            ),
            ("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 0, crc, Ok("")),
            (
                "0\r\nX-Amz-Checksum-CRC32: AAAAAA== \r\n\r\n",
                0,
                crc,
                Ok(""),
            ),
            // As minio-go sends it.
            (
                "0\r\nx-amz-checksum-crc32:AAAAAA==\n\r\n\r\n",
                0,
                crc,
                Ok(""),
            ),
            // Sizes.
            ("+3\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("-0\r\n\r\n", 0, None, framing),
            ("0x3\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            (" 3\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("3 \r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("3_0\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("٣\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("00000000000000003\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("0000000000000003\r\nabc\r\n0\r\n\r\n", 3, None, Ok("abc")),
            (&long_size, 3, None, framing),
            ("3;\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("3;a=b\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            (&signed, 0, None, framing),
            // Line ends.
            ("3\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("3\r\nabc\n0\r\n\r\n", 3, None, framing),
            ("3\r\nabc0\r\n\r\n", 3, None, framing),
            ("3\r\nabcd\r\n0\r\n\r\n", 3, None, framing),
            ("3\r\r\nabc\r\n0\r\n\r\n", 3, None, framing),
            ("0\r\n\n", 0, None, framing),
            ("0\r\n\r\r\n", 0, None, framing),
            ("0\r\nx-amz-checksum-crc32:AAAAAA==\n\n", 0, crc, framing),
            (
                "0\r\nx-amz-checksum-crc32:AAAAAA==\nx\r\n\r\n",
                0,
                crc,
                framing,
            ),
            ("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\n", 0, crc, framing),
            (
                "0\r\nx-amz-checksum-crc32:AAAA\rAA==\n\r\n\r\n",
                0,
                crc,
                framing,
            ),
            (
                "0\r\nx-amz-checksum-crc32:AAAAAA==\r\r\n\r\n",
                0,
                crc,
                framing,
            ),
            // After the end.
            ("0\r\n\r\n\r\n", 0, None, framing),
            ("0\r\n\r\n0\r\n\r\n", 0, None, framing),
            ("0\r\n\r\n\0", 0, None, framing),
        ] {
            let decoded = decode_unsigned(body, length, trailer);
            let shown = body.get(..80).unwrap_or(body);
            assert_eq!(decoded.as_deref(), result.as_deref(), "{shown:?}, {length}");
        }
    }

    #[test]
    fn only_the_declared_trailer_and_length_are_accepted() {
        let crc = Some(ChecksumAlgorithm::Crc32);
        let long_value = format!("0\r\nx-amz-checksum-crc32:{}\r\n\r\n", "A".repeat(200));
        let trailer_signature =
            format!("0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-trailer-signature:{SEED}\r\n\r\n");
        let framing: Result<&str, _> = Err(UploadError::Framing);
        for (body, length, trailer, result) in [
            (
                "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
                0,
                None,
                framing,
            ),
            (
                "0\r\nx-amz-checksum-crc32c:AAAAAA==\r\n\r\n",
                0,
                crc,
                framing,
            ),
            ("0\r\nx-amz-meta-a:b\r\n\r\n", 0, crc, framing),
            ("0\r\nx-amz-checksum-crc32\r\n\r\n", 0, crc, framing),
            (
                "0\r\nx-amz-checksum-crc32 :AAAAAA==\r\n\r\n",
                0,
                crc,
                framing,
            ),
            (
                "0\r\nx-amz-checksum-crc32:AAAAAA==\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
                0,
                crc,
                framing,
            ),
            (&trailer_signature, 0, crc, framing),
            (&long_value, 0, crc, framing),
            ("0\r\n\r\n", 0, crc, Err(UploadError::TrailerMissing)),
            ("3\r\nabc\r\n0\r\n\r\n", 2, None, Err(UploadError::TooLong)),
            (
                "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
                2,
                None,
                Err(UploadError::TooLong),
            ),
            ("ffffffffffffffff\r\nab", 2, None, Err(UploadError::TooLong)),
            (
                "1\r\na\r\nffffffffffffffff\r\nab",
                2,
                None,
                Err(UploadError::TooLong),
            ),
            ("3\r\nabc\r\n0\r\n\r\n", 4, None, Err(UploadError::TooShort)),
            ("0\r\n\r\n", 1, None, Err(UploadError::TooShort)),
        ] {
            let decoded = decode_unsigned(body, length, trailer);
            let shown = body.get(..80).unwrap_or(body);
            assert_eq!(decoded.as_deref(), result.as_deref(), "{shown:?}, {length}");
        }
    }

    #[test]
    fn a_body_that_ends_early_is_too_short_wherever_it_ends() {
        let seed = Some(TRAILER_SEED);
        for (chunks, algorithm) in [
            (encode(&[b"abc", b"d"], None, None), None),
            (encode(&[b"abc", b"d"], seed, None), None),
            (
                encode(&[b"abc", b"d"], seed, Some((CRC32C, "AAAAAA=="))),
                Some(CRC32C),
            ),
        ] {
            let is_signed = chunks.len() > 80;
            let decoder =
                || AwsChunked::new(4, is_signed.then(|| signatures(TRAILER_SEED)), algorithm);
            assert!(decode(decoder(), &chunks, 9).is_ok());
            for end in 0..chunks.len() {
                let result = decode(decoder(), &chunks[..end], 9);
                assert_eq!(result, Err(UploadError::TooShort), "{end} bytes");
            }
        }
    }

    #[test]
    fn after_a_failure_of_the_receiver_the_body_counts_as_incomplete() {
        let mut decoder = AwsChunked::new(3, None, None);
        let pushed = decoder.push(b"3\r\nab", |_| Err("closed"));
        assert_eq!(pushed, Err(PushError::Forward("closed")));
        let pushed = decoder.push(b"c\r\n0\r\n\r\n", |_| Ok::<(), ()>(()));
        assert_eq!(pushed, Err(PushError::Upload(UploadError::TooShort)));
        assert_eq!(decoder.finish(), Err(UploadError::TooShort));
    }

    #[test]
    fn content_is_passed_on_as_it_arrives() {
        let mut decoder = AwsChunked::new(6, None, None);
        let mut forwarded = Vec::new();
        for (piece, passed_on) in [
            (&b"6\r"[..], &b""[..]),
            (b"\nab", b"ab"),
            (b"cd", b"cd"),
            (b"ef\r\n0\r", b"ef"),
            (b"\n\r\n", b""),
        ] {
            forwarded.clear();
            let pushed = decoder.push(piece, |bytes| {
                forwarded.extend_from_slice(bytes);
                Ok::<(), ()>(())
            });
            assert_eq!(pushed, Ok(()));
            assert_eq!(forwarded, passed_on, "{}", piece.escape_ascii());
        }
        assert_eq!(decoder.finish(), Ok(None));
    }
}

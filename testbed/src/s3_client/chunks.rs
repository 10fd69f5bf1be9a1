//! The `aws-chunked` content coding, with and without signatures and trailers:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>.

use super::signature::ChunkKey;

/// How content is divided into chunks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunked {
    /// Whether each chunk is signed.
    pub signed: bool,
    /// The name and value of a trailer field.
    pub trailer: Option<(String, String)>,
    /// The size of all chunks but the last; AWS requires 8 KiB or more.
    pub size: usize,
}

impl Chunked {
    /// The value of `x-amz-content-sha256`.
    pub(super) fn declared(&self) -> &'static str {
        match (self.signed, self.trailer.is_some()) {
            (true, false) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            (true, true) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            (false, _) => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }

    /// The framed content. `seed` is the signature of the request's head.
    pub(super) fn frame(&self, content: &[u8], key: &ChunkKey, seed: &str) -> Vec<u8> {
        let mut framed = Vec::with_capacity(content.len() + 1024);
        let mut previous = seed.to_owned();
        for data in content.chunks(self.size.max(1)).chain([&[][..]]) {
            let mut head = format!("{:x}", data.len());
            if self.signed {
                previous = key.sign_chunk(&previous, data);
                head.push_str(";chunk-signature=");
                head.push_str(&previous);
            }
            framed.extend_from_slice(head.as_bytes());
            framed.extend_from_slice(b"\r\n");
            if !data.is_empty() {
                framed.extend_from_slice(data);
                framed.extend_from_slice(b"\r\n");
            }
        }
        if let Some((name, value)) = &self.trailer {
            framed.extend_from_slice(format!("{name}:{value}\r\n").as_bytes());
            if self.signed {
                let signature = key.sign_trailer(&previous, &format!("{name}:{value}\n"));
                let line = format!("x-amz-trailer-signature:{signature}\r\n");
                framed.extend_from_slice(line.as_bytes());
            }
        }
        framed.extend_from_slice(b"\r\n");
        framed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The content of AWS's examples, in chunks of 64 KiB, signed as there.
    fn example(trailer: Option<(&str, &str)>, seed: &str) -> String {
        let chunked = Chunked {
            signed: true,
            trailer: trailer.map(|(name, value)| (name.to_owned(), value.to_owned())),
            size: 64 * 1024,
        };
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let key = ChunkKey::derive(secret, "20130524T000000Z", "us-east-1", "s3");
        let framed = chunked.frame(&vec![b'a'; 66_560], &key, seed);
        let text = String::from_utf8(framed).expect("ASCII");
        text.replace(&"a".repeat(65_536), "...")
            .replace(&"a".repeat(1024), "..")
    }

    #[test]
    fn signed_chunks_are_those_of_the_published_example() {
        let seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
        assert_eq!(
            example(None, seed),
            "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n...\r\n\
             400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n..\r\n\
             0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
        );
    }

    #[test]
    fn a_signed_trailer_is_that_of_the_published_example() {
        let seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
        let trailer = Some(("x-amz-checksum-crc32c", "sOO8/Q=="));
        assert_eq!(
            example(trailer, seed),
            "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n...\r\n\
             400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n..\r\n\
             0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n\
             x-amz-checksum-crc32c:sOO8/Q==\r\n\
             x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
        );
    }

    #[test]
    fn unsigned_chunks_have_sizes_and_a_trailer_only() {
        let chunked = Chunked {
            signed: false,
            trailer: Some(("x-amz-checksum-crc32".to_owned(), "AAAAAA==".to_owned())),
            size: 4,
        };
        let key = ChunkKey::derive("s", "20130524T000000Z", "r", "s3");
        assert_eq!(
            String::from_utf8(chunked.frame(b"abcdefg", &key, "")).expect("ASCII"),
            "4\r\nabcd\r\n3\r\nefg\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        );
        assert_eq!(
            String::from_utf8(chunked.frame(b"", &key, "")).expect("ASCII"),
            "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
        );
    }
}

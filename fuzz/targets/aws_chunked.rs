//! The content of an upload does not depend on how its body is split, is never longer than declared, and its last byte
//! is not passed on before everything is verified.
//!
//! The first byte of the input selects the kind of body and the length of its pieces, the second is the declared
//! length; the rest is the body.

#![no_main]

use b2_edge_core::s3::checksum::ChecksumAlgorithm;
use b2_edge_core::s3::chunk_signatures::ChunkSignatures;
use b2_edge_core::s3::upload::{UploadBody, UploadVerifier};
use b2_edge_core::s3::upload_error::{PushError, UploadError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [kind, length, body @ ..] = data else {
        return;
    };
    let length = u64::from(*length);
    let trailer = match kind & 7 {
        0 | 1 => None,
        2 | 3 => Some(ChecksumAlgorithm::Crc32c),
        4 => Some(ChecksumAlgorithm::Crc32),
        5 => Some(ChecksumAlgorithm::Crc64Nvme),
        6 => Some(ChecksumAlgorithm::Sha1),
        _ => Some(ChecksumAlgorithm::Sha256),
    };
    let is_signed = kind & 8 != 0;
    let signatures = is_signed.then(|| ChunkSignatures::new([1; 32], "time", "scope", "seed"));
    let description = UploadBody::AwsChunked {
        decoded_length: length,
        signatures,
        trailer,
    };
    let whole = upload(description.clone(), body, body.len().max(1));
    let pieces = upload(description, body, usize::from(kind >> 4) + 1);
    match (&whole, &pieces) {
        (Ok(whole), Ok(pieces)) => {
            assert_eq!(whole, pieces);
            assert_eq!(whole.len() as u64, length);
        }
        (Err(whole), Err(pieces)) => assert_eq!(whole, pieces),
        _ => panic!("{whole:?} whole, {pieces:?} in pieces"),
    }
    // Nobody can sign without the key, and the seed was not this one's.
    assert!(!is_signed || whole.is_err());
});

/// What the origin stores of a body in pieces of this length.
fn upload(body: UploadBody, bytes: &[u8], piece: usize) -> Result<Vec<u8>, UploadError> {
    let (UploadBody::AwsChunked {
        decoded_length: length,
        ..
    }
    | UploadBody::Plain { length, .. }) = body;
    let mut verifier = UploadVerifier::new(body);
    let mut stored = Vec::new();
    for piece in bytes.chunks(piece) {
        let pushed = verifier.push(piece, |content| {
            assert!(!content.is_empty());
            stored.extend_from_slice(content);
            assert!((stored.len() as u64) < length, "the last byte is held back");
            Ok::<(), ()>(())
        });
        if let Err(PushError::Upload(error)) = pushed {
            assert_eq!(verifier.finish(), Err(error), "an error is final");
            return Err(error);
        }
    }
    let last = verifier.finish()?;
    assert_eq!(last.is_some(), length > 0);
    stored.extend(last);
    Ok(stored)
}

//! Every form of an upload stores exactly the client's bytes, or nothing.

use b2_edge_testbed::{Checksum, Chunked, Object, S3Request, SignedRequest};

use super::stage::{
    Answer, CHECKSUM_LIMIT, Form, SIGNED_CHUNK_LIMIT, assert_done, element, owner, shared,
};

const MISMATCH: &[Answer] = &[
    (400, "BadDigest"),
    (400, "XAmzContentChecksumMismatch"),
    (400, "XAmzContentSHA256Mismatch"),
];
const NO_MATCH: &[Answer] = &[(403, "SignatureDoesNotMatch")];
const BROKEN: &[Answer] = &[(400, "IncompleteBody"), (400, "InvalidRequest")];
const TOO_LARGE: &[Answer] = &[(400, "EntityTooLarge")];
const NO_LENGTH: &[Answer] = &[(411, "MissingContentLength")];

/// Around nothing, around the size of chunks, and around the size up to which a body is verified before the bucket is
/// asked.
const SIZES: [usize; 10] = [
    0, 1, 2, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 500_000,
];

fn put(key: &str, size: usize) -> S3Request {
    let object = Object::pseudo_random(size as u64, size);
    owner().put(&format!("/stage-us/{key}"), object.bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_upload_stores_its_bytes() {
    let s3 = shared().await;
    let forms: [Form; 9] = [
        ("digest", |put| put),
        ("unsigned", S3Request::unsigned_payload),
        ("signed-chunks", S3Request::signed_chunks),
        ("crc32", |put| put.unsigned_chunks(Checksum::Crc32)),
        ("crc32c", |put| put.unsigned_chunks(Checksum::Crc32c)),
        ("crc64", |put| put.unsigned_chunks(Checksum::Crc64Nvme)),
        ("sha1", |put| put.unsigned_chunks(Checksum::Sha1)),
        ("sha256", |put| put.unsigned_chunks(Checksum::Sha256)),
        ("signed-trailer", |put| {
            put.signed_chunks_and_trailer(Checksum::Crc64Nvme)
        }),
    ];
    for (form, make) in forms {
        for size in SIZES {
            let key = format!("forms/{form}-{size}");
            let request = make(put(&key, size));
            let bytes = request.content.clone();
            let response = s3.send(&request.sign()).await;
            assert_done(&response, &key);
            assert_eq!(
                response.header("etag"),
                s3.stage.us.etag_of(&key).as_deref(),
                "{key}"
            );
            assert!(
                s3.stored(&key).await.as_deref() == Some(&bytes[..]),
                "{key}"
            );
            let seen = s3.stage.us.seen_for(&key);
            let received: Vec<_> = seen.iter().map(|seen| seen.received).collect();
            assert_eq!(received, [size as u64], "{key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_checksum_stores_nothing_whatever_the_size() {
    let s3 = shared().await;
    for checksum in Checksum::ALL {
        for size in [0, 1, 2, 70_000, 262_145, 500_000] {
            for signed in [false, true] {
                let key = format!("wrong/{checksum:?}-{size}-{signed}");
                let request = put(&key, size);
                let wrong = checksum.of(b"something else");
                let request = if signed {
                    request.signed_chunks_and_trailer(checksum)
                } else {
                    request.unsigned_chunks(checksum)
                };
                let response = s3.send(&request.trailer_value(&wrong).sign()).await;
                super::stage::assert_error(&response, MISMATCH, &key);
                assert_eq!(s3.stored(&key).await, None, "{key}");
            }
        }
    }
    s3.assert_nothing_below("wrong/").await;
}

/// What is done to a signed request, with a name.
type Broken = (&'static str, fn(SignedRequest) -> SignedRequest);

#[tokio::test(flavor = "multi_thread")]
async fn a_trailer_that_is_missing_or_another_one_stores_nothing() {
    let s3 = shared().await;
    let cases: [Broken; 5] = [
        ("missing", |put| {
            replace(&put, "x-amz-checksum-crc32:", None)
        }),
        ("another", |put| {
            replace(
                &put,
                "x-amz-checksum-crc32:",
                Some("x-amz-checksum-sha1:AAAA\r\n"),
            )
        }),
        ("empty", |put| {
            replace(
                &put,
                "x-amz-checksum-crc32:",
                Some("x-amz-checksum-crc32:\r\n"),
            )
        }),
        ("not Base64", |put| {
            replace(
                &put,
                "x-amz-checksum-crc32:",
                Some("x-amz-checksum-crc32:????????\r\n"),
            )
        }),
        ("twice", |put| {
            let line = format!("x-amz-checksum-crc32:{}\r\n", Checksum::Crc32.of(b"right"));
            replace(&put, "x-amz-checksum-crc32:", Some(&line.repeat(2)))
        }),
    ];
    for (context, change) in cases {
        let key = format!("trailer/{context}").replace(' ', "-");
        let put = owner().put(&format!("/stage-us/{key}"), "right");
        let put = change(put.unsigned_chunks(Checksum::Crc32).sign());
        let response = s3.send(&put).await;
        let answers = [MISMATCH, BROKEN, &[(400, "MalformedTrailerError")]].concat();
        super::stage::assert_error(&response, &answers, context);
        assert_eq!(s3.stored(&key).await, None, "{context}");
    }
    s3.assert_nothing_below("trailer/").await;
}

/// Replaces the line that begins with `start`.
fn replace(put: &SignedRequest, start: &str, line: Option<&str>) -> SignedRequest {
    let body = String::from_utf8(put.body.clone()).expect("text");
    let (before, rest) = body.split_once(start).expect("the line");
    let (_, after) = rest.split_once("\r\n").expect("its end");
    let body = format!("{before}{}{after}", line.unwrap_or_default());
    put.clone().with_body(body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_signature_of_a_chunk_or_trailer_stores_nothing() {
    let s3 = shared().await;
    for size in [0, 1, 100, 70_000, 262_145, 500_000] {
        for (what, trailer) in [
            ("chunk-signature=", false),
            ("x-amz-trailer-signature:", true),
        ] {
            let key = format!("chunks/{size}-{trailer}");
            let request = put(&key, size);
            let request = if trailer {
                request.signed_chunks_and_trailer(Checksum::Crc32)
            } else {
                request.signed_chunks()
            };
            let mut signed = request.sign();
            // The last signature, of the empty chunk or of the trailer.
            let found = signed
                .body
                .windows(what.len())
                .rposition(|window| window == what.as_bytes());
            let digit = &mut signed.body[found.expect("a signature") + what.len()];
            *digit = if *digit == b'0' { b'1' } else { b'0' };
            let response = s3.send(&signed).await;
            super::stage::assert_error(&response, NO_MATCH, &key);
            assert_eq!(s3.stored(&key).await, None, "{key}");
        }
    }
    s3.assert_nothing_below("chunks/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decoded_length_that_lies_stores_nothing() {
    let s3 = shared().await;
    for size in [1, 2, 65_536, 262_144, 262_145, 400_000] {
        for signed in [false, true] {
            for (length, answers) in [
                ((size - 1).to_string(), BROKEN),
                ((size + 1).to_string(), BROKEN),
                ("0".to_owned(), BROKEN),
                (String::new(), NO_LENGTH),
                (
                    "-1".to_owned(),
                    &[BROKEN, NO_LENGTH, &[(400, "InvalidArgument")]].concat(),
                ),
                (
                    format!("+{size}"),
                    &[BROKEN, NO_LENGTH, &[(400, "InvalidArgument")]].concat(),
                ),
            ] {
                let key = format!("lies/{size}-{signed}-{length}");
                let request = put(&key.replace('+', "%2B"), size);
                let request = if signed {
                    request.signed_chunks()
                } else {
                    request.unsigned_chunks(Checksum::Crc32)
                };
                let response = s3.send(&request.decoded_length(&length).sign()).await;
                super::stage::assert_error(&response, answers, &key);
                assert_eq!(s3.stored(&key).await, None, "{key}");
            }
        }
    }
    s3.assert_nothing_below("lies/").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_to_verify_is_refused_before_an_origin_is_asked() {
    let s3 = shared().await;
    let over = |limit: usize, key: &str| put(key, limit + 1);
    for (key, request) in [
        (
            "large/crc",
            over(CHECKSUM_LIMIT, "large/crc").unsigned_chunks(Checksum::Crc64Nvme),
        ),
        (
            "large/sha",
            over(SIGNED_CHUNK_LIMIT, "large/sha").unsigned_chunks(Checksum::Sha256),
        ),
        (
            "large/signed",
            over(SIGNED_CHUNK_LIMIT, "large/signed").signed_chunks(),
        ),
        (
            "large/plain",
            over(CHECKSUM_LIMIT, "large/plain")
                .unsigned_payload()
                .header("x-amz-checksum-crc32", "AAAAAA=="),
        ),
    ] {
        let signed = request.sign();
        s3.assert_refused(key, &signed, key, TOO_LARGE).await;
        let message = element(&s3.send(&signed).await, "Message");
        for word in ["multipart", "when_required"] {
            assert!(message.contains(word), "{key}: {word} in {message}");
        }
    }
    // At the limits, and what is not verified here.
    for (key, request) in [
        (
            "fits/crc",
            put("fits/crc", CHECKSUM_LIMIT).unsigned_chunks(Checksum::Crc64Nvme),
        ),
        (
            "fits/signed",
            put("fits/signed", SIGNED_CHUNK_LIMIT).signed_chunks(),
        ),
        ("fits/digest", put("fits/digest", 3_000_000)),
        (
            "fits/unsigned",
            put("fits/unsigned", 3_000_000).unsigned_payload(),
        ),
    ] {
        let bytes = request.content.clone();
        assert_done(&s3.send(&request.sign()).await, key);
        assert!(s3.stored(key).await.as_deref() == Some(&bytes[..]), "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checksum_header_is_verified_here_or_by_the_digest() {
    let s3 = shared().await;
    for checksum in Checksum::ALL {
        let field = checksum.field();
        let right = checksum.of(b"some text");
        for (what, value, unsigned, is_stored) in [
            ("right", right.clone(), true, true),
            ("right-digest", right.clone(), false, true),
            ("wrong", checksum.of(b"other"), true, false),
        ] {
            let key = format!("header/{field}-{what}");
            let put = owner().put(&format!("/stage-us/{key}"), "some text");
            let put = put.header(field, &value);
            let put = if unsigned {
                put.unsigned_payload()
            } else {
                put
            };
            let response = s3.send(&put.sign()).await;
            if is_stored {
                assert_done(&response, &key);
                let stored = s3.stored(&key).await;
                assert_eq!(stored.as_deref(), Some(&b"some text"[..]), "{key}");
                let names = response.headers.keys();
                let mut names = names.map(http::HeaderName::as_str);
                assert!(
                    !names.any(|name| name.starts_with("x-amz-checksum")),
                    "{key}: {:?}",
                    response.headers
                );
            } else {
                super::stage::assert_error(&response, MISMATCH, &key);
                assert_eq!(s3.stored(&key).await, None, "{key}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn content_unlike_its_digest_is_refused_and_not_stored() {
    let s3 = shared().await;
    let put = owner().put("/stage-us/digest", "some text").sign();
    let response = s3.send(&put.with_body("same size")).await;
    assert!(response.status.is_client_error(), "{}", response.text());
    assert_eq!(s3.stored("digest").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_need_a_known_form() {
    let s3 = shared().await;
    let none = Chunked {
        signed: false,
        trailer: None,
        size: 64 * 1024,
    };
    let put = |key: &str| owner().put(&format!("/stage-us/{key}"), "some text");
    let cases = [
        (
            "form/ecdsa",
            put("form/ecdsa").declared("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"),
        ),
        (
            "form/unknown",
            put("form/unknown").declared("STREAMING-SOMETHING"),
        ),
        ("form/no-hash", put("form/no-hash").declared("0123456789")),
    ];
    for (key, request) in cases {
        let answers = &[
            (400, "InvalidRequest"),
            (400, "InvalidArgument"),
            (501, "NotImplemented"),
        ];
        s3.assert_refused(key, &request.sign(), key, answers).await;
    }
    // A trailer that is not announced: nothing verifies the content, so nothing may be stored unless it is complete.
    let response = s3.send(&put("form/none").chunked(none).sign()).await;
    let stored = s3.stored("form/none").await;
    assert_eq!(
        stored.is_some(),
        response.status == 200,
        "{}",
        response.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_unknown_length_is_refused() {
    let s3 = shared().await;
    let put = owner().put("/stage-us/unknown-length", "some text");
    let put = put.unsigned_payload().sign().without_length();
    let put = put
        .unsigned_header("Transfer-Encoding", "chunked")
        .with_body("9\r\nsome text\r\n0\r\n\r\n");
    s3.assert_refused("chunked", &put, "unknown-length", NO_LENGTH)
        .await;
    // Neither length nor coding: an empty body, by RFC 9112.
    let empty = owner().put("/stage-us/no-length", "").sign();
    let response = s3.send(&empty.without_length()).await;
    assert_done(&response, "no length");
    assert_eq!(s3.stored("no-length").await.as_deref(), Some(&b""[..]));
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_may_come_in_a_message_of_unknown_length() {
    let s3 = shared().await;
    for size in [0, 1, 100_000, 400_000] {
        for signed in [false, true] {
            let key = format!("coding/{size}-{signed}");
            let put = put(&key, size);
            let bytes = put.content.clone();
            let put = if signed {
                put.signed_chunks_and_trailer(Checksum::Crc32)
            } else {
                put.unsigned_chunks(Checksum::Crc32)
            };
            let response = s3.send(&put.sign().transfer_chunked()).await;
            assert_done(&response, &key);
            assert!(
                s3.stored(&key).await.as_deref() == Some(&bytes[..]),
                "{key}"
            );
            let seen = s3.stage.us.seen_for(&key).pop().expect("a request");
            let length = size.to_string();
            assert_eq!(seen.header("content-length"), Some(length.as_str()));
        }
    }
}

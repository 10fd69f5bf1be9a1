//! A body in `aws-chunked` that is broken anywhere stores nothing.

use std::time::Duration;

use b2_edge_testbed::{Checksum, SignedRequest};

use super::stage::{S3Stage, element, owner, shared};

/// Asserts that a broken upload is refused and stores nothing.
async fn assert_broken(s3: &S3Stage, context: &str, key: &str, put: &SignedRequest) {
    let response = s3.send(put).await;
    let (status, code) = (response.status.as_u16(), element(&response, "Code"));
    assert!(
        matches!(status, 400 | 403) && !code.is_empty(),
        "{context}: {status} {code} {}",
        response.text()
    );
    assert_eq!(s3.stored(key).await, None, "{context}");
}

fn forms(key: &str) -> [(&'static str, SignedRequest); 3] {
    let put = || owner().put(&format!("/stage-us/{key}"), "0123456789abcdef");
    [
        ("unsigned", {
            let put = put().unsigned_chunks(Checksum::Crc32);
            put.chunk_size(9).sign()
        }),
        ("signed", put().signed_chunks().chunk_size(9).sign()),
        ("signed trailer", {
            let put = put().signed_chunks_and_trailer(Checksum::Crc32c);
            put.chunk_size(9).sign()
        }),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_in_any_byte_is_noticed() {
    let s3 = shared().await;
    for (form, put) in forms("flipped") {
        for index in 0..put.body.len() {
            // 0x20 would only change the case of a letter.
            let mut body = put.body.clone();
            body[index] ^= 0x01;
            let context = format!("{form}: byte {index} of {}", put.body.escape_ascii());
            let put = put.clone().with_body(body);
            assert_broken(s3, &context, "flipped", &put).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_ends_at_any_byte_is_noticed() {
    let s3 = shared().await;
    for (form, put) in forms("ended") {
        for length in 0..put.body.len() {
            let context = format!("{form}: {length} bytes of {}", put.body.escape_ascii());
            let body = put.body[..length].to_vec();
            let put = put.clone().with_body(body);
            assert_broken(s3, &context, "ended", &put).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_more_at_any_place_is_noticed() {
    let s3 = shared().await;
    for (form, put) in forms("longer") {
        for index in 0..=put.body.len() {
            for byte in [b'0', b' ', b'\n'] {
                let mut body = put.body.clone();
                body.insert(index, byte);
                let context = format!("{form}: {byte} at {index} of {}", put.body.escape_ascii());
                let response = s3.send(&put.clone().with_body(body)).await;
                // These say the same: a zero more before a size, a space before a checksum, and the line feed after the
                // last trailer field that AWS's example has.
                let is_same = response.status == 200;
                let stored = s3.stored("longer").await;
                if is_same {
                    let is_end = put.body[index..].starts_with(b"\r\n");
                    assert!(matches!(byte, b'0' | b' ') || is_end, "{context}: accepted");
                    assert_eq!(
                        stored.as_deref(),
                        Some(&b"0123456789abcdef"[..]),
                        "{context}"
                    );
                    s3.stage.us.delete("longer").await.expect("deleted");
                } else {
                    assert!(matches!(response.status.as_u16(), 400 | 403), "{context}");
                    assert_eq!(stored, None, "{context}");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_in_another_form_is_no_size() {
    let s3 = shared().await;
    let crc = Checksum::Crc32.of(b"text");
    let put = || {
        let put = owner().put("/stage-us/sizes", "text");
        put.unsigned_chunks(Checksum::Crc32).sign()
    };
    let right = format!("4\r\ntext\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n");
    assert_eq!(String::from_utf8(put().body).expect("text"), right);
    for size in [
        "+4",
        "-4",
        "0x4",
        " 4",
        "4 ",
        "\t4",
        "4h",
        "",
        "4,",
        "4;x=y",
        "4\n",
        "4\r",
        "\r\n4",
        "00000000000000000000000000000004",
        "10000000000000004",
        "ffffffffffffffff",
        "8000000000000000",
        "5",
        "3",
    ] {
        let body = right.replacen('4', size, 1);
        let put = put().with_body(body);
        let response = s3.send(&put).await;
        assert_eq!(
            (response.status.as_u16(), s3.stored("sizes").await),
            (400, None),
            "{size:?}: {}",
            response.text()
        );
    }
    for (what, body) in [
        ("line feeds alone", right.replace("\r\n", "\n")),
        ("no last chunk", right.replace("0\r\n", "")),
        ("bytes after the end", format!("{right}x")),
        ("a second body after the end", right.repeat(2)),
        (
            "data after the last chunk",
            right.replace("0\r\n", "0\r\ntext\r\n"),
        ),
        ("no chunks", "text".to_owned()),
        ("a long line", format!("{}\r\n{right}", "1".repeat(100_000))),
        (
            "a long trailer",
            right.replace(
                "\r\n\r\n",
                &format!("\r\nx-amz-meta-a:{}\r\n\r\n", "a".repeat(100_000)),
            ),
        ),
        (
            "many trailers",
            right.replace("\r\n\r\n", &format!("\r\n{}\r\n", "a:b\r\n".repeat(10_000))),
        ),
    ] {
        assert_broken(s3, what, "sizes", &put().with_body(body)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_do_not_change_places() {
    let s3 = shared().await;
    let put = owner().put("/stage-us/places", "0123456789abcdef");
    let put = put.signed_chunks().chunk_size(8).sign();
    let body = String::from_utf8(put.body.clone()).expect("text");
    let lines: Vec<_> = body.split_inclusive("\r\n").collect();
    let [head_1, data_1, head_2, data_2, last, end] = lines[..] else {
        panic!("{lines:?}")
    };
    for (what, lines) in [
        (
            "swapped",
            [head_2, data_2, head_1, data_1, last, end].concat(),
        ),
        (
            "data swapped",
            [head_1, data_2, head_2, data_1, last, end].concat(),
        ),
        (
            "twice the first",
            [head_1, data_1, head_1, data_1, last, end].concat(),
        ),
        (
            "no signature",
            body.replace(";chunk-signature=", ";signature="),
        ),
        (
            "the last one left out",
            [head_1, data_1, head_2, data_2, end].concat(),
        ),
    ] {
        assert_broken(s3, what, "places", &put.clone().with_body(lines)).await;
    }
    let response = s3.send(&put).await;
    assert_eq!(response.status, 200, "{}", response.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_stores_nothing() {
    let s3 = shared().await;
    let put = || owner().put("/stage-us/broken-off", vec![b'x'; 400_000]);
    let with_length = |put: SignedRequest| {
        let length = put.body.len().to_string();
        put.without_length()
            .unsigned_header("Content-Length", &length)
    };
    let chunks = || put().unsigned_chunks(Checksum::Crc32).sign();
    for (form, put) in [
        ("digest", with_length(put().sign())),
        ("unsigned", with_length(put().unsigned_payload().sign())),
        ("chunks", with_length(chunks())),
        ("signed", with_length(put().signed_chunks().sign())),
        // Only of these, the application sees the beginning before the rest.
        ("transfer coding", chunks().transfer_chunked()),
        (
            "signed, transfer coding",
            put().signed_chunks().sign().transfer_chunked(),
        ),
    ] {
        for part in [put.body.len() / 2, put.body.len() - 5] {
            let broken = put.clone().with_body(put.body[..part].to_vec());
            let broken = broken.request().timeout(Duration::from_millis(300));
            let sent = s3.stage.try_send(broken).await;
            assert!(
                sent.is_err() || sent.is_ok_and(|response| response.status.is_client_error()),
                "{form}: {part}"
            );
            // The application and the origin notice the end of the connection in this time.
            tokio::time::sleep(Duration::from_millis(200)).await;
            assert_eq!(s3.stored("broken-off").await, None, "{form}: {part}");
        }
    }
}

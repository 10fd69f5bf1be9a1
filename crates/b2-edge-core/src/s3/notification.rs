//! What a webhook gets about a request of the S3 endpoint.

use aws_sigv4::sign::v4::calculate_signature;
use serde::Serialize;

/// The header with the event ID, which is the same for each attempt to deliver an event.
pub const EVENT_ID_HEADER: &str = "x-b2-edge-event-id";

/// The header with the signature of the body, as in B2's own event notifications
/// (<https://www.backblaze.com/docs/cloud-storage-event-notifications-reference-guide>).
pub const SIGNATURE_HEADER: &str = "x-bz-event-notification-signature";

/// One event. Serialises to the body of the webhook's request; absent values are `null`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Notification {
    /// The length in bytes of the request's content, decoded; of the response's if the request has none.
    pub content_length: Option<u64>,
    /// The `Content-Type` of the request; of the response if the request has no content.
    pub content_type: Option<String>,
    /// The method of the request.
    pub method: String,
    /// The time that the client signed: `x-amz-date`, `20130524T000000Z`.
    pub signature_timestamp: String,
    /// The status of the response.
    pub status: u16,
    /// The path-style URL of the object at B2, without parameters of a signature.
    pub url: String,
}

impl Notification {
    /// The body of the webhook's request.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Fails only for maps and for types that refuse; `Notification` has neither.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The value of [`SIGNATURE_HEADER`]: `v1=` and HMAC-SHA256 of the body in hexadecimal digits. The key is `secret` as
/// it is.
#[must_use]
pub fn signature(body: &[u8], secret: &[u8]) -> String {
    format!("v1={}", calculate_signature(secret, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload() -> Notification {
        Notification {
            content_length: Some(8_388_608),
            content_type: Some("image/png".to_owned()),
            method: "PUT".to_owned(),
            signature_timestamp: "20261126T080000Z".to_owned(),
            status: 200,
            url: "https://s3.us-west-004.backblazeb2.com/media/in/a%20%22b%22.png".to_owned(),
        }
    }

    #[test]
    fn an_event_has_exactly_its_six_fields() {
        assert_eq!(
            upload().to_json(),
            "{\"contentLength\":8388608,\"contentType\":\"image/png\",\"method\":\"PUT\",\
             \"signatureTimestamp\":\"20261126T080000Z\",\"status\":200,\
             \"url\":\"https://s3.us-west-004.backblazeb2.com/media/in/a%20%22b%22.png\"}"
        );
    }

    #[test]
    fn what_is_absent_is_null_and_text_is_escaped() {
        let event = Notification {
            content_length: None,
            content_type: None,
            ..upload()
        };
        let json = event.to_json();
        assert!(
            json.starts_with("{\"contentLength\":null,\"contentType\":null,\"method\""),
            "{json}"
        );
        let event = Notification {
            content_type: Some("a\"\\\n".to_owned()),
            ..upload()
        };
        let json = event.to_json();
        assert!(json.contains(r#""contentType":"a\"\\\n","#), "{json}");
    }

    #[test]
    fn the_signature_is_the_hmac_that_rfc_4231_publishes() {
        for (key, data, hmac) in [
            (
                &[0x0b; 20][..],
                &b"Hi There"[..],
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 20],
                &[0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ] {
            assert_eq!(signature(data, key), format!("v1={hmac}"));
        }
    }

    #[test]
    fn the_signature_of_an_event_is_that_of_a_second_implementation() {
        // Python: hmac.new("geheim-ä".encode(), body, "sha256").hexdigest()
        assert_eq!(
            signature(upload().to_json().as_bytes(), "geheim-ä".as_bytes()),
            "v1=05c4b3f09d3fe22cf20da7e1f263d302ed11d66a61b3a7db122bf95363d9cb98"
        );
    }
}

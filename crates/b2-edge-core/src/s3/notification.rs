//! What a webhook gets about a request of the S3 endpoint, and which requests it gets.

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

/// What a request does, as far as `s3.webhook.for` selects by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It reads an object or its properties.
    Read,
    /// It lists a bucket.
    List,
    /// It stores an object, or a part of one.
    Write,
    /// It deletes objects.
    Delete,
    /// It changes the retention or the legal hold of an object.
    Lock,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::List,
        Self::Write,
        Self::Delete,
        Self::Lock,
    ];

    /// The word in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Write => "write",
            Self::Delete => "delete",
            Self::Lock => "lock",
        }
    }
}

/// Which requests a webhook gets: the value of `s3.webhook.for`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventFilter {
    /// `all`: each request with a valid signature, also one that was refused.
    All,
    /// The successful requests of these kinds.
    Kinds(Vec<EventKind>),
}

impl EventFilter {
    /// The word for [`EventFilter::All`].
    pub const ALL: &'static str = "all";

    /// The filter of these words; `None` if one of them is not `all` or the name of an [`EventKind`].
    #[must_use]
    pub fn of_words<'w>(words: impl IntoIterator<Item = &'w str>) -> Option<Self> {
        let mut kinds = Vec::new();
        let mut is_all = false;
        for word in words {
            if word == Self::ALL {
                is_all = true;
            } else {
                let kind = EventKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == word)?;
                if !kinds.contains(&kind) {
                    kinds.push(kind);
                }
            }
        }
        Some(if is_all {
            Self::All
        } else {
            Self::Kinds(kinds)
        })
    }

    /// Whether the webhook gets a request with a valid signature. `kind` is `None` for a request of another kind,
    /// `status` is that of its response.
    #[must_use]
    pub fn selects(&self, kind: Option<EventKind>, status: u16) -> bool {
        match self {
            Self::All => true,
            Self::Kinds(kinds) => {
                (200..300).contains(&status) && kind.is_some_and(|kind| kinds.contains(&kind))
            }
        }
    }
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

    #[test]
    fn a_filter_selects_successful_requests_of_its_kinds() {
        let filter = EventFilter::of_words(["write", "delete", "write"]).expect("a filter");
        for (kind, status, is_selected) in [
            (Some(EventKind::Write), 200, true),
            (Some(EventKind::Delete), 204, true),
            (Some(EventKind::Write), 199, false),
            (Some(EventKind::Write), 300, false),
            (Some(EventKind::Write), 403, false),
            (Some(EventKind::Delete), 500, false),
            (Some(EventKind::Read), 200, false),
            (Some(EventKind::List), 200, false),
            (Some(EventKind::Lock), 200, false),
            (None, 200, false),
        ] {
            assert_eq!(
                filter.selects(kind, status),
                is_selected,
                "{kind:?}, {status}"
            );
        }
    }

    #[test]
    fn all_selects_every_request_with_and_without_other_words() {
        for words in [&["all"][..], &["write", "all"]] {
            let filter = EventFilter::of_words(words.iter().copied()).expect("a filter");
            for (kind, status) in [
                (None, 403),
                (Some(EventKind::Read), 304),
                (Some(EventKind::Write), 500),
            ] {
                assert!(filter.selects(kind, status), "{words:?}, {kind:?}");
            }
        }
    }

    #[test]
    fn each_kind_has_its_word_and_other_words_are_refused() {
        for (word, kind) in [
            ("read", EventKind::Read),
            ("list", EventKind::List),
            ("write", EventKind::Write),
            ("delete", EventKind::Delete),
            ("lock", EventKind::Lock),
        ] {
            let filter = EventFilter::of_words([word]);
            assert_eq!(filter, Some(EventFilter::Kinds(vec![kind])), "{word}");
        }
        for word in ["", "Write", "writes", "*", "ALL"] {
            assert_eq!(EventFilter::of_words(["write", word]), None, "{word:?}");
        }
    }
}

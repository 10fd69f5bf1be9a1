//! What a POP remembers for its status page: the last write, and the last notification that was not delivered. Each is a
//! cache entry of the POP, so the newest of any sandbox wins, and none is complete.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The cache key of the last write.
pub const LAST_WRITE: &str = "b2-edge s3 last write";

/// The cache key of the last notification that was not delivered.
pub const LAST_FAILED_NOTIFICATION: &str = "b2-edge s3 last failed notification";

/// How long either is remembered.
pub const RETENTION: Duration = Duration::from_hours(24);

/// A request that changed, or was to change, something in a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWrite {
    /// When, in RFC 3339.
    pub time: String,
    /// The client's name.
    pub client: String,
    /// The operation, by its name in S3's API.
    pub operation: String,
    /// The bucket.
    pub bucket: String,
    /// The key; absent for a list of them.
    pub key: Option<String>,
    /// The status of the response.
    pub status: u16,
}

/// A notification that was not delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedNotification {
    /// When, in RFC 3339.
    pub time: String,
    /// Why, as the log says it.
    pub outcome: String,
    /// The status of the receiver's last response.
    pub status: Option<u16>,
    /// The ID of the event.
    pub event_id: String,
    /// How often it was sent.
    pub attempts: u64,
}

/// A record as bytes.
#[must_use]
pub fn to_bytes(record: &impl Serialize) -> Vec<u8> {
    // Strings and numbers can always be written.
    serde_json::to_vec(record).unwrap_or_default()
}

/// A record from bytes; `None` for one of another version of the program.
#[must_use]
pub fn from_bytes<T: for<'b> Deserialize<'b>>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_and_another_is_none() {
        let write = LastWrite {
            time: "2026-11-26T08:00:00Z".to_owned(),
            client: "uploader".to_owned(),
            operation: "PutObject".to_owned(),
            bucket: "media".to_owned(),
            key: Some("a \"b\"".to_owned()),
            status: 200,
        };
        let bytes = to_bytes(&write);
        assert_eq!(from_bytes(&bytes), Some(write));
        assert_eq!(from_bytes::<FailedNotification>(&bytes), None);
        assert_eq!(from_bytes::<LastWrite>(b"\xff"), None);
    }
}

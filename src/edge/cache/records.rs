//! What the POP remembers of the S3 endpoint for its status page, in the Core Cache.

use b2_edge_core::s3_endpoint::record::{
    FailedNotification, LAST_FAILED_NOTIFICATION, LAST_WRITE, LastWrite, RETENTION, from_bytes,
    to_bytes,
};
use bytes::Bytes;
use fastly::cache::core::{self, CacheKey};

/// Remembers a write.
pub(crate) fn store_write(write: &LastWrite) {
    store(LAST_WRITE, to_bytes(write));
}

/// Remembers a notification that was not delivered.
pub(crate) fn store_failed_notification(failed: &FailedNotification) {
    store(LAST_FAILED_NOTIFICATION, to_bytes(failed));
}

/// The last write.
pub(crate) fn last_write() -> Option<LastWrite> {
    from_bytes(&load(LAST_WRITE)?)
}

/// The last notification that was not delivered.
pub(crate) fn last_failed_notification() -> Option<FailedNotification> {
    from_bytes(&load(LAST_FAILED_NOTIFICATION)?)
}

/// Without the record, a page shows less.
fn store(key: &'static str, record: Vec<u8>) {
    let insert = core::insert(CacheKey::from(key), RETENTION);
    if let Ok(body) = insert.user_metadata(Bytes::from(record)).execute() {
        let _ = body.finish();
    }
}

fn load(key: &'static str) -> Option<Bytes> {
    let found = core::lookup(CacheKey::from(key)).execute().ok()??;
    Some(found.user_metadata())
}

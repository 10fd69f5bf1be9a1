//! What the POP remembers in the Core Cache: of the S3 endpoint for its status page, which origins refuse to store
//! variants, and that the render service does not respond.

use std::time::Duration;

use b2_edge_core::images::store_record::{self, RefusedStore};
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

/// Remembers that an origin refuses to store variants.
pub(crate) fn remember_refused_store(origin: &str, refused: &RefusedStore) {
    let key = CacheKey::from(store_record::cache_key(origin).into_bytes());
    insert(key, to_bytes(refused), store_record::RETENTION);
}

/// Whether an origin refused to store a variant a moment ago.
pub(crate) fn refused_store(origin: &str) -> Option<RefusedStore> {
    let key = CacheKey::from(store_record::cache_key(origin).into_bytes());
    from_bytes(&load(key)?)
}

/// Remembers that the render service could not be reached, or did not respond in time.
pub(crate) fn remember_failed_render_service() {
    let key = CacheKey::from(store_record::RENDER_SERVICE_FAILED);
    insert(key, Vec::new(), store_record::RENDER_SERVICE_RETENTION);
}

/// Whether that was so a moment ago.
pub(crate) fn render_service_failed() -> bool {
    load(CacheKey::from(store_record::RENDER_SERVICE_FAILED)).is_some()
}

/// The last write.
pub(crate) fn last_write() -> Option<LastWrite> {
    from_bytes(&load(CacheKey::from(LAST_WRITE))?)
}

/// The last notification that was not delivered.
pub(crate) fn last_failed_notification() -> Option<FailedNotification> {
    from_bytes(&load(CacheKey::from(LAST_FAILED_NOTIFICATION))?)
}

/// Without the record, a page shows less.
fn store(key: &'static str, record: Vec<u8>) {
    insert(CacheKey::from(key), record, RETENTION);
}

fn insert(key: CacheKey, record: Vec<u8>, retention: Duration) {
    let insert = core::insert(key, retention);
    if let Ok(body) = insert.user_metadata(Bytes::from(record)).execute() {
        let _ = body.finish();
    }
}

fn load(key: CacheKey) -> Option<Bytes> {
    let found = core::lookup(key).execute().ok()??;
    Some(found.user_metadata())
}

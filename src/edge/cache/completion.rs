//! Watches what streams into the cache on the host's side, where nothing else would notice that it broke
//! off.

use b2_edge_core::cache::entry::Entry;

use crate::edge::cache::store;
use crate::edge::origins::circuit_breaker;
use crate::edge::read::object::ObjectRead;

/// Waits until an entry that is being stored is complete. One that breaks off is dropped, and its origin
/// has failed; false then.
pub(crate) fn until_complete(read: &ObjectRead<'_>, key: Vec<u8>, entry: &Entry) -> bool {
    match store::find(key) {
        Some(hit) if hit.entry.id == entry.id => {
            let is_complete = hit.is_complete();
            if !is_complete {
                broke_off(read, entry);
            }
            is_complete
        }
        // Purged or replaced meanwhile, which says nothing about it.
        Some(_) | None => true,
    }
}

/// Drops an entry whose bytes have not come, and notes that its origin has failed.
pub(crate) fn broke_off(read: &ObjectRead<'_>, entry: &Entry) {
    store::purge_entry(entry);
    let mut origins = read.settings.origins().unwrap_or_default().iter();
    let resolved = origins.find(|resolved| resolved.backend == entry.origin);
    if let Some(Ok(origin)) = resolved.map(|resolved| &resolved.origin) {
        circuit_breaker::of(origin).failed(origin, None);
    }
}

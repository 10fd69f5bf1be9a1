//! Watches what streams into the cache on the host's side, where nothing else would notice that it broke
//! off.

use b2_edge_core::cache::entry::Entry;

use crate::edge::cache::store as cache;
use crate::edge::origins::circuit_breaker as standing;
use crate::edge::read::object::Read;

/// Waits until an entry that is being stored is complete. One that breaks off is dropped, and its origin
/// has failed; false then.
pub(crate) fn until_complete(read: &Read<'_>, key: Vec<u8>, entry: &Entry) -> bool {
    match cache::find(key) {
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
pub(crate) fn broke_off(read: &Read<'_>, entry: &Entry) {
    cache::purge_entry(entry);
    let mut slots = read.settings.origins().unwrap_or_default().iter();
    let slot = slots.find(|slot| slot.backend == entry.origin);
    if let Some(Ok(origin)) = slot.map(|slot| &slot.origin) {
        standing::of(origin).failed(origin, None);
    }
}

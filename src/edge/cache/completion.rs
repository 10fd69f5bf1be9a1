//! Checks that a body which the host streams into the cache arrives completely. Nothing else would notice a transfer
//! that breaks off.

use b2_edge_core::cache::entry::Entry;
use b2_edge_core::origins::outcome::Failure;

use crate::edge::cache::store;
use crate::edge::context::ObjectRead;
use crate::edge::origins::circuit_breaker;

/// Waits until an entry that is being inserted is complete. If it breaks off it is purged, its origin has failed,
/// and the result is false.
pub(crate) fn until_complete(read: &ObjectRead<'_>, key: &[u8], entry: &Entry) -> bool {
    match store::find(key) {
        Some(hit) if hit.entry.id == entry.id => {
            let is_complete = hit.is_complete();
            if !is_complete {
                broke_off(read, entry);
            }
            is_complete
        }
        // Purged or replaced meanwhile, which tells nothing about the transfer.
        Some(_) | None => true,
    }
}

/// Purges an entry whose transfer broke off, and trips the circuit breaker of its origin.
pub(crate) fn broke_off(read: &ObjectRead<'_>, entry: &Entry) {
    store::purge_entry(entry);
    let origins = read.context.settings.origins().unwrap_or_default();
    let resolved = origins.iter().find(|origin| origin.backend == entry.origin);
    if let Some(Ok(origin)) = resolved.map(|resolved| &resolved.origin) {
        circuit_breaker::of(origin).trip(origin, Failure::Incomplete, None);
    }
}

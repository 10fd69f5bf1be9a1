//! Reads and writes the Core Cache: entries of objects, their segments and locks.
//!
//! What may be stored, for how long, and what an entry is good for is decided in the core; this looks entries up,
//! runs transactions, inserts, updates and purges. Large bodies pass through on the host's side.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::lifetime::Freshness;
use b2_edge_core::cache::surrogate_key;
use b2_edge_core::http::range::Span;
use bytes::Bytes;
use fastly::Body;
use fastly::cache::core::{self, CacheError, CacheKey};
use fastly::http::purge::purge_surrogate_key;

use crate::edge::cache::found::Found;
use crate::edge::context::ObjectRead;
use crate::edge::origins::content::Content;

/// Lookup timeout for transactions that are expected to be uncontended.
pub(crate) const UNCONTENDED: Duration = Duration::from_millis(10);

/// An entry, with its bytes.
pub(crate) struct CachedEntry {
    pub(crate) entry: Entry,
    pub(crate) age: Duration,
    pub(crate) freshness: Freshness,
    bytes: Stored,
}

enum Stored {
    Cached(Found),
    /// What a transaction found, which the SDK has.
    Transaction(core::Found),
    /// What was just inserted, and is in memory still.
    InMemory(Vec<u8>),
}

/// What a transactional lookup found.
pub(crate) enum Transaction {
    /// An entry, which another request may just have inserted.
    Hit(CachedEntry),
    /// No fresh entry, and the obligation to provide one. Other requests for it wait until it was inserted, or
    /// given up by dropping this.
    Obligation(Obligation),
    /// Another request has the obligation, and did not provide an entry in time.
    TimedOut,
    /// The cache failed.
    Unavailable,
}

/// The obligation to insert or update an entry.
pub(crate) struct Obligation(core::Transaction);

/// Looks an entry up without waiting for another request.
pub(crate) fn lookup(read: &ObjectRead<'_>, key: EntryKey<'_>) -> Option<CachedEntry> {
    let key = cache_key(read, key);
    find(&key).filter(|hit| hit.is_usable(read, &key))
}

/// Looks an entry up by its cache key, usable or not.
pub(crate) fn find(key: &[u8]) -> Option<CachedEntry> {
    let found = Found::lookup(key)?;
    let (metadata, age) = (found.metadata()?, found.age()?);
    CachedEntry::new(metadata.into(), age, found.is_stale, Stored::Cached(found))
}

/// Waits until there is an entry that another request inserted, or an obligation to insert it.
pub(crate) fn transact(read: &ObjectRead<'_>, key: EntryKey<'_>, timeout: Duration) -> Transaction {
    let key = cache_key(read, key);
    transact_at(&key, timeout, |hit| hit.is_usable(read, &key))
}

/// The same for a cache key. An entry that is not usable has been purged.
pub(crate) fn transact_at(
    key: &[u8],
    timeout: Duration,
    is_usable: impl Fn(&CachedEntry) -> bool,
) -> Transaction {
    // Further rounds are for entries that were found broken, and purged: by then their origin is tried last.
    for _ in 0..4 {
        let lookup = core::Transaction::lookup(CacheKey::from(key.to_vec()))
            .always_use_requested_range()
            .timeout(timeout);
        let transaction = match lookup.execute() {
            Ok(transaction) => transaction,
            Err(CacheError::Timeout) => return Transaction::TimedOut,
            Err(_) => return Transaction::Unavailable,
        };
        if transaction.must_insert_or_update() {
            return Transaction::Obligation(Obligation(transaction));
        }
        match transaction.found().and_then(CachedEntry::of) {
            Some(hit) if is_usable(&hit) => return Transaction::Hit(hit),
            Some(_) => {}
            None => return Transaction::Unavailable,
        }
    }
    Transaction::Unavailable
}

/// Whether another request has the obligation to fill an entry. Waits for it, unless there is a stale entry.
pub(crate) fn is_being_filled(key: Vec<u8>, timeout: Duration) -> bool {
    let lookup = core::Transaction::lookup(CacheKey::from(key)).timeout(timeout);
    match lookup.execute() {
        Ok(transaction) => {
            let is_stale = transaction.found().is_some_and(|found| found.is_stale());
            is_stale && !transaction.must_insert_or_update()
        }
        Err(error) => matches!(error, CacheError::Timeout),
    }
}

/// The cache key of an entry of the object.
pub(crate) fn cache_key(read: &ObjectRead<'_>, key: EntryKey<'_>) -> Vec<u8> {
    key.to_bytes(read.preferred(), read.key.as_str())
}

impl CachedEntry {
    fn of(found: core::Found) -> Option<Self> {
        let (metadata, age) = (found.user_metadata(), found.age());
        let is_stale = found.is_stale();
        Self::new(metadata, age, is_stale, Stored::Transaction(found))
    }

    fn new(metadata: Bytes, age: Duration, is_stale: bool, bytes: Stored) -> Option<Self> {
        let entry = Entry::from_bytes(metadata)?;
        let is_soft_purged = is_stale && age < entry.lifetime.fresh();
        Some(Self {
            freshness: entry.lifetime.freshness_at(age, is_soft_purged),
            entry,
            age,
            bytes,
        })
    }

    /// An entry of this age that was not read from the cache.
    pub(crate) const fn in_memory(entry: Entry, age: Duration, bytes: Vec<u8>) -> Self {
        Self {
            entry,
            age,
            freshness: Freshness::Fresh,
            bytes: Stored::InMemory(bytes),
        }
    }

    /// Its bytes, or a part of them. Of an entry that was found, only one body can be open at a time.
    pub(crate) fn body(&self, part: Option<Span>) -> Option<Body> {
        match &self.bytes {
            Stored::Cached(found) => found.body(part),
            Stored::Transaction(found) => match part {
                None => found.to_stream(),
                Some(Span { first, last }) => found.to_stream_from_range(Some(first), Some(last)),
            }
            .ok(),
            Stored::InMemory(bytes) => {
                let bytes = match part {
                    None => bytes.as_slice(),
                    Some(Span { first, last }) => {
                        let (first, last) = (usize::try_from(first), usize::try_from(last));
                        bytes.get(first.ok()?..=last.ok()?)?
                    }
                };
                Some(Body::from(bytes))
            }
        }
    }

    /// The same, if the program has the bytes already.
    pub(crate) fn bytes(&self, part: Option<Span>) -> Option<Vec<u8>> {
        self.entry.small_body(part).map(ToOwned::to_owned)
    }

    /// Whether its bytes are there or arriving. An entry whose transfer broke off has none; it is purged here, if
    /// the request that inserted it has not done so yet. A small one was complete when it was inserted.
    fn is_usable(&self, read: &ObjectRead<'_>, key: &[u8]) -> bool {
        let is_usable = match self.entry.kind {
            // Looked up again, because only one body of it can be open at a time.
            EntryKind::Body => {
                read.is_read_whole(self.entry.length)
                    || find(key).is_some_and(|found| found.has(Span { first: 0, last: 0 }))
            }
            EntryKind::HeadersOnly
            | EntryKind::NotFound(_)
            | EntryKind::Unrendered(_)
            | EntryKind::Exhausted(_)
            | EntryKind::Released
            | EntryKind::HitForPass(_) => true,
        };
        if !is_usable {
            self.purge();
        }
        is_usable
    }

    /// Waits for its last byte. False if the transfer broke off before it.
    pub(crate) fn is_complete(&self) -> bool {
        let last = self.entry.length.saturating_sub(1);
        matches!(self.bytes, Stored::InMemory(_))
            || self.entry.length == 0
            || self.has(Span { first: last, last })
    }

    fn has(&self, byte: Span) -> bool {
        // Not to the body's end, which arrives with the end of the whole entry.
        let body = self.body(Some(byte));
        body.is_some_and(|mut body| body.read_exact(&mut [0]).is_ok())
    }

    /// Purges this entry and no other.
    pub(crate) fn purge(&self) {
        purge_entry(&self.entry);
    }
}

impl Obligation {
    /// The stale entry, if there is one.
    pub(crate) fn stale(&self) -> Option<Entry> {
        Entry::from_bytes(self.0.found()?.user_metadata())
    }

    /// The stale entry, if it may still be served.
    pub(crate) fn held(&self) -> Option<Entry> {
        let stale = CachedEntry::of(self.0.found()?)?;
        (stale.freshness != Freshness::Expired).then_some(stale.entry)
    }

    /// Inserts an entry with its bytes.
    pub(crate) fn insert(
        self,
        read: &ObjectRead<'_>,
        entry: Entry,
        initial_age: Duration,
        content: Content,
    ) -> Option<CachedEntry> {
        let keys = surrogate_keys(read, &entry);
        self.insert_at(&keys, entry, initial_age, content)
    }

    /// The same with these surrogate keys.
    pub(crate) fn insert_at(
        self,
        keys: &[String],
        entry: Entry,
        initial_age: Duration,
        content: Content,
    ) -> Option<CachedEntry> {
        let entry = match &content {
            Content::Bytes(bytes) => entry.with_body(bytes),
            Content::Stream(..) => entry,
        };
        let insert = self
            .0
            .insert(entry.lifetime.fresh())
            .stale_while_revalidate(entry.retention())
            .initial_age(initial_age)
            .surrogate_keys(keys.iter().map(String::as_str))
            .user_metadata(Bytes::from(entry.to_bytes()));
        match content {
            Content::Bytes(bytes) => {
                let mut writer = insert.known_length(bytes.len() as u64).execute().ok()?;
                writer.write_all(&bytes).ok()?;
                writer.finish().ok()?;
                Some(CachedEntry::in_memory(entry, initial_age, bytes))
            }
            Content::Stream(body, _) => {
                let (mut writer, found) = insert
                    .known_length(entry.length)
                    .execute_and_stream_back()
                    .ok()?;
                writer.append(body.into());
                writer.finish().ok()?;
                CachedEntry::of(found)
            }
        }
    }

    /// Inserts an empty entry for `ttl`, with what the waiting requests are to know. It wakes them, and keeps others from
    /// revalidating meanwhile.
    pub(crate) fn release(self, read: &ObjectRead<'_>, outcome: &Entry, ttl: Duration) {
        let keys = surrogate_key::all(&read.path, read.preferred(), None);
        let insert = self.0.insert(ttl);
        let insert = insert.surrogate_keys(keys.iter().map(String::as_str));
        let insert = insert.user_metadata(Bytes::from(outcome.to_bytes()));
        if let Ok(writer) = insert.execute() {
            let _ = writer.finish();
        }
    }

    /// Updates a stale entry after a 304 (RFC 9111, section 4.3.4). Its bytes stay.
    pub(crate) fn update(self, read: &ObjectRead<'_>, entry: &Entry) {
        let keys = surrogate_keys(read, entry);
        // What is not set again would be lost (documentation of `Transaction::update`).
        let _ = self
            .0
            .update(entry.lifetime.fresh())
            .stale_while_revalidate(entry.retention())
            .surrogate_keys(keys.iter().map(String::as_str))
            .user_metadata(Bytes::from(entry.to_bytes()))
            .execute();
    }
}

fn surrogate_keys(read: &ObjectRead<'_>, entry: &Entry) -> Vec<String> {
    let id = Some(entry.id.as_str());
    match &read.variant {
        None => surrogate_key::all(&read.path, &entry.origin, id),
        Some(variant) => surrogate_key::all_of_variant(
            &read.path,
            &variant.encoded_path,
            variant.preset_name,
            &entry.origin,
            id,
        ),
    }
}

/// Purges one entry and no other.
pub(crate) fn purge_entry(entry: &Entry) {
    purge_id(&entry.id);
}

/// Purges the entry with this ID.
pub(crate) fn purge_id(id: &str) {
    let _ = purge_surrogate_key(id);
}

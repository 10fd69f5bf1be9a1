//! The cache: Fastly's Core Cache, one entry for each object and preferred origin.
//!
//! What may be stored, for how long, and what an entry answers is decided elsewhere; this looks
//! entries up, takes turns, stores, renews and purges. Large bodies pass through it on the host's side.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use b2_edge_core::cache::entry::{Entry, EntryKey, EntryKind};
use b2_edge_core::cache::policy::Freshness;
use b2_edge_core::cache::surrogate_key;
use b2_edge_core::http::range::Span;
use bytes::Bytes;
use fastly::Body;
use fastly::cache::core::{self, CacheError, CacheKey, Found};
use fastly::http::purge::purge_surrogate_key;

use crate::edge::origins::attempt::Content;
use crate::edge::read::object::ObjectRead;

/// An entry, with its bytes.
pub(crate) struct Hit {
    pub(crate) entry: Entry,
    pub(crate) age: Duration,
    pub(crate) freshness: Freshness,
    bytes: Stored,
}

enum Stored {
    Cached(Found),
    /// What has just been stored, and is at hand.
    InMemory(Vec<u8>),
}

/// Whose transaction it is to ask the origins.
pub(crate) enum Transaction {
    /// Nobody's: somebody has just done it.
    Hit(Hit),
    /// Ours. Others wait until it has been stored, or given up by dropping this.
    Obligation(Obligation),
    /// Somebody else's, and it takes too long.
    TimedOut,
    /// The cache does not work.
    Unavailable,
}

/// Our turn to ask the origins, and to store what they say.
pub(crate) struct Obligation(core::Transaction);

/// Looks an entry up without waiting for anybody.
pub(crate) fn lookup(read: &ObjectRead<'_>, key: EntryKey<'_>) -> Option<Hit> {
    let key = cache_key(read, key);
    find(key.clone()).filter(|hit| hit.is_usable(read, key))
}

/// Looks an entry up by its key in the cache, whatever is the matter with it.
pub(crate) fn find(key: Vec<u8>) -> Option<Hit> {
    let lookup = core::lookup(CacheKey::from(key)).always_use_requested_range();
    Hit::of(lookup.execute().ok()??)
}

/// Waits until there is an entry that somebody else has made, or until it is our turn to make one.
pub(crate) fn transact(
    read: &ObjectRead<'_>,
    key: EntryKey<'_>,
    patience: Duration,
) -> Transaction {
    let key = cache_key(read, key);
    // The second round is for an entry that was found broken, and purged.
    for _ in 0..2 {
        let lookup = core::Transaction::lookup(CacheKey::from(key.clone()))
            .always_use_requested_range()
            .timeout(patience);
        let transaction = match lookup.execute() {
            Ok(transaction) => transaction,
            Err(CacheError::Timeout) => return Transaction::TimedOut,
            Err(_) => return Transaction::Unavailable,
        };
        if transaction.must_insert_or_update() {
            return Transaction::Obligation(Obligation(transaction));
        }
        match transaction.found().and_then(Hit::of) {
            Some(hit) if hit.is_usable(read, key.clone()) => return Transaction::Hit(hit),
            Some(_) => {}
            None => return Transaction::Unavailable,
        }
    }
    Transaction::Unavailable
}

/// The key of an entry in the cache.
pub(crate) fn cache_key(read: &ObjectRead<'_>, key: EntryKey<'_>) -> Vec<u8> {
    key.to_bytes(read.preferred(), read.key.as_str())
}

impl Hit {
    fn of(found: Found) -> Option<Self> {
        let entry = Entry::from_bytes(&found.user_metadata())?;
        let age = found.age();
        let is_soft_purged = found.is_stale() && age < entry.lifetime.fresh();
        Some(Self {
            freshness: entry.lifetime.at(age, is_soft_purged),
            entry,
            age,
            bytes: Stored::Cached(found),
        })
    }

    /// An entry that has not been through the cache.
    pub(crate) const fn in_memory(entry: Entry, bytes: Vec<u8>) -> Self {
        Self {
            entry,
            age: Duration::ZERO,
            freshness: Freshness::Fresh,
            bytes: Stored::InMemory(bytes),
        }
    }

    /// Its bytes, or a part of them. The bytes of an entry can be had once at a time.
    pub(crate) fn body(&self, part: Option<Span>) -> Option<Body> {
        match &self.bytes {
            Stored::Cached(found) => match part {
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

    /// Whether its bytes are there, or coming. One whose fetch broke off has none; it is purged here if
    /// the request that made it has not come to that yet. What is small was complete when it was
    /// stored.
    fn is_usable(&self, read: &ObjectRead<'_>, key: Vec<u8>) -> bool {
        let is_small = self.entry.length <= read.service.failover.whole_body_bytes;
        let is_usable = match self.entry.kind {
            // Looked up anew: the bytes of an entry that was found can be had once at a time.
            EntryKind::Body => {
                is_small || find(key).is_some_and(|found| found.has(Span { first: 0, last: 0 }))
            }
            EntryKind::HeadersOnly | EntryKind::NotFound(_) | EntryKind::HitForPass => true,
        };
        if !is_usable {
            self.purge();
        }
        is_usable
    }

    /// Waits for the last of its bytes, which tells whether all have come.
    pub(crate) fn is_complete(&self) -> bool {
        let last = self.entry.length.saturating_sub(1);
        matches!(self.bytes, Stored::InMemory(_))
            || self.entry.length == 0
            || self.has(Span { first: last, last })
    }

    fn has(&self, byte: Span) -> bool {
        // Not to its end, which comes with that of the whole entry.
        let body = self.body(Some(byte));
        body.is_some_and(|mut body| body.read_exact(&mut [0]).is_ok())
    }

    /// Drops it from the cache, and nothing else.
    pub(crate) fn purge(&self) {
        purge_entry(&self.entry);
    }
}

impl Obligation {
    /// The entry that it is our turn to renew or replace.
    pub(crate) fn stale(&self) -> Option<Entry> {
        Entry::from_bytes(&self.0.found()?.user_metadata())
    }

    /// Stores an entry with its bytes.
    pub(crate) fn store(
        self,
        read: &ObjectRead<'_>,
        entry: Entry,
        initial_age: Duration,
        content: Content,
    ) -> Option<Hit> {
        let keys = surrogate_keys(read, &entry);
        let insert = self
            .0
            .insert(entry.lifetime.fresh())
            .stale_while_revalidate(entry.lifetime.stale_window())
            .initial_age(initial_age)
            .surrogate_keys(keys.iter().map(String::as_str))
            .user_metadata(Bytes::from(entry.to_bytes()));
        match content {
            Content::Bytes(bytes) => {
                let mut writer = insert.known_length(bytes.len() as u64).execute().ok()?;
                writer.write_all(&bytes).ok()?;
                writer.finish().ok()?;
                Some(Hit::in_memory(entry, bytes))
            }
            Content::Stream(body, _) => {
                let (mut writer, found) = insert
                    .known_length(entry.length)
                    .execute_and_stream_back()
                    .ok()?;
                writer.append(body.into());
                writer.finish().ok()?;
                Hit::of(found)
            }
        }
    }

    /// Ends the transaction with a mark that lasts so long, and says nothing else.
    pub(crate) fn mark(self, read: &ObjectRead<'_>, lasts: Duration) {
        let keys = surrogate_key::all(&read.path, read.preferred(), None);
        let insert = self.0.insert(lasts);
        let mark = insert.surrogate_keys(keys.iter().map(String::as_str));
        if let Ok(writer) = mark.execute() {
            let _ = writer.finish();
        }
    }

    /// Gives a stale entry a new life, with the bytes that it has.
    pub(crate) fn update(self, read: &ObjectRead<'_>, entry: &Entry) {
        let keys = surrogate_keys(read, entry);
        // What is not said anew would be lost (documentation of `Transaction::update`).
        let _ = self
            .0
            .update(entry.lifetime.fresh())
            .stale_while_revalidate(entry.lifetime.stale_window())
            .surrogate_keys(keys.iter().map(String::as_str))
            .user_metadata(Bytes::from(entry.to_bytes()))
            .execute();
    }
}

fn surrogate_keys(read: &ObjectRead<'_>, entry: &Entry) -> Vec<String> {
    surrogate_key::all(&read.path, &entry.origin, Some(&entry.id))
}

/// Drops one entry from the cache, and nothing else.
pub(crate) fn purge_entry(entry: &Entry) {
    let _ = purge_surrogate_key(&entry.id);
}

//! Sends a reply, and does what remains after it.

use std::time::{Duration, Instant};

use b2_edge_core::cache::entry::EntryKey;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::image::LoggedStore;

use crate::edge::cache::completion;
use crate::edge::context::ObjectRead;
use crate::edge::read::object;
use crate::edge::read::send_segments::{Sent, send_segments};
use crate::edge::read::variant;
use crate::edge::response::reply::{Delivery, Reply, UnstoredVariant};

/// What became of a reply.
pub(crate) struct Delivered {
    /// From the arrival of the request until the platform had the whole response.
    pub(crate) duration: Duration,
    /// Whether the client was sent all of the content that the head promised.
    pub(crate) is_complete: bool,
    /// What became of storing a variant in the bucket.
    pub(crate) store: Option<LoggedStore>,
}

/// Sends the reply to a request that arrived at `received`. `read` is the read that it came from, for what follows
/// the response.
pub(crate) fn deliver(
    reply: Reply,
    read: Option<ObjectRead<'_>>,
    received: Instant,
    attempts: &mut Vec<LoggedAttempt>,
) -> Delivered {
    let Reply {
        response,
        delivery,
        revalidates,
        purges,
        stores,
        ..
    } = reply;
    let sent = match (delivery, &read) {
        (Delivery::Segments(plan), Some(read)) => send_segments(*plan, response, read, attempts),
        (Delivery::BodyOfNewEntry(key, entry), Some(read)) => {
            response.send();
            let at = Instant::now();
            Sent {
                is_complete: completion::until_complete(read, &key, &entry),
                at,
            }
        }
        (Delivery::Pending(pending), _) => {
            pending.send_to_client();
            Sent {
                is_complete: true,
                at: Instant::now(),
            }
        }
        (delivery, _) => {
            response.send();
            Sent {
                // Only a read has a reply that is delivered otherwise.
                is_complete: matches!(delivery, Delivery::Body),
                at: Instant::now(),
            }
        }
    };
    let store = read.and_then(|read| {
        let revalidated = revalidates.and_then(|key| revalidate(&read, key, attempts));
        let unstored = stores.or(revalidated)?;
        let timeout = read.context.service.failover.total_timeout;
        Some(variant::store(read.context, &unstored, timeout))
    });
    if let Some(purge) = purges {
        purge.again();
    }
    Delivered {
        duration: sent.at.saturating_duration_since(received),
        is_complete: sent.is_complete,
        store,
    }
}

/// Revalidates what was served stale. Returns a variant that is to be stored in the bucket.
fn revalidate(
    read: &ObjectRead<'_>,
    key: EntryKey<'static>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Option<Box<UnstoredVariant>> {
    if let Some(variant) = &read.variant {
        variant::revalidate(read.clone(), variant, attempts)
    } else {
        object::revalidate(read.clone(), key, attempts);
        None
    }
}

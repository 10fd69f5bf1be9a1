//! What limits the work in progress: a bounded queue, workers, decoded pixels and bytes of originals.
//!
//! A request takes its shares in this order, and so two requests never wait for each other: a place in the queue, the
//! bytes of its original, its decoded pixels, a worker. All but the first are waited for, in order of arrival.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::failure::Failure;

/// A semaphore counts in 32 bits: pixels are counted in units of 1,024, and so are bytes.
const UNIT: u64 = 1024;

/// The bytes of originals in memory that were fetched from sources.
const SOURCE_BYTES: u64 = 256 << 20;

/// The bytes of originals in memory that came as the body of a request. They are not the same share, because a body is
/// received before it can be verified: whoever sends many without a valid MAC cannot stop what is fetched from sources.
const BODY_BYTES: u64 = 128 << 20;

/// The shares of one process.
#[derive(Debug)]
pub(crate) struct Capacity {
    places: Share,
    workers: Share,
    pixels: Share,
    sources: Share,
    bodies: Share,
    /// The most decoded pixels of one image.
    max_pixels: u64,
}

/// What is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Requests that were admitted.
    pub(crate) admitted: u64,
    /// Requests that were admitted, and that no worker renders at the moment.
    pub(crate) queued: u64,
    /// Images that are rendered at the moment.
    pub(crate) rendering: u64,
    /// Decoded pixels, rounded up to units of 1,024 for each image.
    pub(crate) pixels: u64,
    /// Bytes of originals, rounded up to units of 1,024 for each.
    pub(crate) source_bytes: u64,
}

#[derive(Debug)]
struct Share {
    semaphore: Arc<Semaphore>,
    total: usize,
}

impl Share {
    fn new(total: usize) -> Self {
        let total = total.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            semaphore: Arc::new(Semaphore::new(total)),
            total,
        }
    }

    fn of_units(amount: u64) -> Self {
        Self::new(usize::try_from(amount.div_ceil(UNIT)).unwrap_or(usize::MAX))
    }

    fn used(&self) -> u64 {
        self.total
            .saturating_sub(self.semaphore.available_permits()) as u64
    }

    /// Waits for a part. More than there is counts as all that there is.
    async fn take(&self, amount: usize) -> Result<OwnedSemaphorePermit, Failure> {
        let amount = u32::try_from(amount.clamp(1, self.total)).unwrap_or(u32::MAX);
        let semaphore = Arc::clone(&self.semaphore);
        // The semaphores are never closed.
        semaphore
            .acquire_many_owned(amount)
            .await
            .map_err(|_| Failure::queue_full())
    }

    async fn take_units(&self, amount: u64) -> Result<OwnedSemaphorePermit, Failure> {
        let units = usize::try_from(amount.div_ceil(UNIT)).unwrap_or(usize::MAX);
        self.take(units).await
    }
}

impl Capacity {
    pub(crate) fn new(workers: usize, queue: usize, max_pixels: u64) -> Self {
        Self {
            places: Share::new(workers.saturating_add(queue)),
            workers: Share::new(workers),
            pixels: Share::of_units(max_pixels),
            sources: Share::of_units(SOURCE_BYTES),
            bodies: Share::of_units(BODY_BYTES),
            max_pixels,
        }
    }

    /// A place in the queue.
    ///
    /// # Errors
    ///
    /// 503 if it is full.
    pub(crate) fn admit(&self) -> Result<OwnedSemaphorePermit, Failure> {
        let semaphore = Arc::clone(&self.places.semaphore);
        semaphore
            .try_acquire_owned()
            .map_err(|_| Failure::queue_full())
    }

    /// The most decoded pixels that one image may have.
    pub(crate) const fn max_pixels(&self) -> u64 {
        self.max_pixels
    }

    /// Waits until an original of this length may be fetched.
    pub(crate) async fn source(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Failure> {
        self.sources.take_units(bytes).await
    }

    /// Waits until a body of this length may be received.
    pub(crate) async fn body(&self, bytes: u64) -> Result<OwnedSemaphorePermit, Failure> {
        self.bodies.take_units(bytes).await
    }

    /// Waits until an image with this many decoded pixels may be rendered.
    pub(crate) async fn pixels(&self, pixels: u64) -> Result<OwnedSemaphorePermit, Failure> {
        self.pixels.take_units(pixels).await
    }

    /// Waits for a worker.
    pub(crate) async fn worker(&self) -> Result<OwnedSemaphorePermit, Failure> {
        self.workers.take(1).await
    }

    /// What is in use.
    pub(crate) fn usage(&self) -> Usage {
        let (admitted, rendering) = (self.places.used(), self.workers.used());
        Usage {
            admitted,
            queued: admitted.saturating_sub(rendering),
            rendering,
            pixels: self.pixels.used() * UNIT,
            source_bytes: (self.sources.used() + self.bodies.used()) * UNIT,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// The permit, if it is there at once.
    fn now<T>(future: impl Future<Output = Result<T, Failure>>) -> Option<T> {
        match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(permit) => Some(permit.expect("a permit")),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_request_is_admitted_if_a_worker_or_a_place_is_free() {
        let capacity = Capacity::new(2, 1, 1);
        let mut places: Vec<_> = (0..3).map(|_| capacity.admit().expect("a place")).collect();
        let refused = capacity.admit().expect_err("the queue is full");
        assert_eq!(refused, Failure::queue_full());
        places.pop();
        assert!(capacity.admit().is_ok());
    }

    #[test]
    fn pixels_of_all_images_together_are_bounded() {
        let capacity = Capacity::new(4, 0, 10_240);
        let one = now(capacity.pixels(6_000)).expect("free");
        let two = now(capacity.pixels(4_000)).expect("free");
        assert_eq!(capacity.usage().pixels, 10_240);
        assert!(now(capacity.pixels(1)).is_none(), "nothing is left");
        drop(one);
        let _three = now(capacity.pixels(6_000)).expect("given back");
        drop(two);
    }

    #[test]
    fn more_than_there_is_waits_for_all_of_it() {
        let capacity = Capacity::new(1, 0, 2_048);
        let one = now(capacity.pixels(1)).expect("free");
        assert!(now(capacity.pixels(1 << 40)).is_none());
        drop(one);
        assert!(now(capacity.pixels(1 << 40)).is_some());
    }

    #[test]
    fn bodies_and_sources_do_not_share() {
        let capacity = Capacity::new(1, 0, 1);
        let _bodies = now(capacity.body(BODY_BYTES)).expect("free");
        assert!(now(capacity.body(1)).is_none());
        let _sources = now(capacity.source(SOURCE_BYTES)).expect("free");
        assert!(now(capacity.source(1)).is_none());
        assert_eq!(capacity.usage().source_bytes, BODY_BYTES + SOURCE_BYTES);
    }

    #[test]
    fn what_is_in_use_is_counted() {
        let capacity = Capacity::new(2, 5, 100);
        let _places: Vec<_> = (0..3).map(|_| capacity.admit().expect("a place")).collect();
        let _worker = now(capacity.worker()).expect("free");
        let usage = capacity.usage();
        assert_eq!((usage.admitted, usage.queued, usage.rendering), (3, 2, 1));
    }
}

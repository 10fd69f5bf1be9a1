//! A body that counts its bytes as the connection accepts them.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::interrupted_body::{BoxError, ResponseBody};

/// Forwards `inner` and adds the length of each frame to `sent`.
pub(crate) struct CountedBody {
    inner: ResponseBody,
    sent: Arc<AtomicU64>,
}

impl CountedBody {
    pub(crate) fn new(inner: ResponseBody, sent: Arc<AtomicU64>) -> Self {
        Self { inner, sent }
    }
}

impl Body for CountedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.sent.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    /// hyper derives `Content-Length` from it if the response has none.
    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

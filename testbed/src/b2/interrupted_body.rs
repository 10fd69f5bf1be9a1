//! A body that breaks off or pauses in the middle.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::ConnectionControl;

/// The body of every response of an origin.
pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

/// The error of a body.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Time for the peer to receive what is in flight: after a reset the kernel discards unsent bytes.
const BEFORE_RESET: Duration = Duration::from_millis(30);

/// What happens where the body is interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interruption {
    Reset,
    Close,
    /// The body ends as if that was all.
    End,
    Pause(Duration),
}

/// Passes `left` bytes of `inner`, then interrupts.
pub(crate) struct InterruptedBody {
    inner: ResponseBody,
    left: usize,
    /// Bytes of the same frame that belong after the interruption.
    held: Bytes,
    stage: Stage,
    interruption: Interruption,
    control: Arc<ConnectionControl>,
}

enum Stage {
    Passing,
    /// Waiting until everything before the interruption is written to the socket.
    Flushing {
        mark: u64,
    },
    Waiting(Pin<Box<Sleep>>),
    Resumed,
}

impl InterruptedBody {
    pub(crate) fn new(
        inner: ResponseBody,
        after: usize,
        interruption: Interruption,
        control: Arc<ConnectionControl>,
    ) -> Self {
        Self {
            inner,
            left: after,
            held: Bytes::new(),
            stage: Stage::Passing,
            interruption,
            control,
        }
    }

    /// The part of `data` before the interruption; the rest is held back.
    fn pass(&mut self, mut data: Bytes) -> Bytes {
        self.held = data.split_off(self.left.min(data.len()));
        self.left -= data.len();
        data
    }

    fn wait(&self) -> Duration {
        match self.interruption {
            Interruption::Reset => BEFORE_RESET,
            Interruption::Close | Interruption::End => Duration::ZERO,
            Interruption::Pause(pause) => pause,
        }
    }
}

impl Body for InterruptedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        loop {
            match &mut this.stage {
                Stage::Passing if this.left == 0 => {
                    this.stage = Stage::Flushing {
                        mark: this.control.flushes(),
                    };
                }
                Stage::Passing => {
                    let Some(frame) = ready!(Pin::new(&mut this.inner).poll_frame(cx)?) else {
                        return Poll::Ready(None);
                    };
                    return Poll::Ready(Some(Ok(frame.map_data(|data| this.pass(data)))));
                }
                Stage::Flushing { mark } => {
                    let mark = *mark;
                    ready!(this.control.poll_flushed_since(mark, cx));
                    this.stage =
                        Stage::Waiting(Box::pin(sleep_until(Instant::now() + this.wait())));
                }
                Stage::Waiting(sleep) => {
                    ready!(sleep.as_mut().poll(cx));
                    if let Interruption::Reset = this.interruption {
                        this.control.reset_on_close();
                    }
                    if let Interruption::Reset | Interruption::Close = this.interruption {
                        return Poll::Ready(Some(Err(io::Error::other(
                            "the fault ends the body here",
                        )
                        .into())));
                    }
                    if let Interruption::End = this.interruption {
                        return Poll::Ready(None);
                    }
                    this.stage = Stage::Resumed;
                }
                Stage::Resumed if this.held.is_empty() => {
                    return Pin::new(&mut this.inner).poll_frame(cx);
                }
                Stage::Resumed => {
                    return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.held)))));
                }
            }
        }
    }
}

//! A body that stops or pauses in the middle.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::time::{Instant, Sleep, sleep_until};

use super::connection::Control;

/// The body of any answer of an origin.
pub(crate) type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// What a body may fail with.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Lets the peer take what is in flight: a reset makes the kernel forget unsent bytes.
const BEFORE_RESET: Duration = Duration::from_millis(30);

/// What happens where the body is interrupted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Interruption {
    Reset,
    Close,
    Pause(Duration),
}

/// Passes `left` bytes of `inner`, then interrupts.
pub(crate) struct InterruptedBody {
    inner: AnswerBody,
    left: usize,
    /// What came together with the last byte before the interruption.
    held: Bytes,
    stage: Stage,
    interruption: Interruption,
    control: Arc<Control>,
}

enum Stage {
    Passing,
    /// Waiting until everything before the interruption is out on the socket.
    Flushing {
        mark: u64,
    },
    Waiting(Pin<Box<Sleep>>),
    Resumed,
}

impl InterruptedBody {
    pub(crate) fn new(
        inner: AnswerBody,
        after: usize,
        interruption: Interruption,
        control: Arc<Control>,
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

    /// The first part of `data`, the rest of which is held back.
    fn pass(&mut self, mut data: Bytes) -> Bytes {
        self.held = data.split_off(self.left.min(data.len()));
        self.left -= data.len();
        data
    }

    fn wait(&self) -> Duration {
        match self.interruption {
            Interruption::Reset => BEFORE_RESET,
            Interruption::Close => Duration::ZERO,
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

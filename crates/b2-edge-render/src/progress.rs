//! What is done of a rendering, for who watches the time.

use std::ops::ControlFlow;

use crate::error::RenderError;
use crate::number::float;

/// How far a rendering is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The step that is about to start, or that is being done.
    pub step: Step,
    /// What is done of the step, of `total`: rows of pixels, or bytes of the source.
    pub done: usize,
    /// What the step consists of.
    pub total: usize,
    /// An estimate of the CPU time of what remains, in milliseconds in a Compute application, all steps included.
    pub remaining_vcpu_ms: f64,
}

/// A step of a rendering, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// The source is decoded.
    Decode,
    /// The pixels get their size.
    Resize,
    /// The pixels get their orientation, colours and background.
    Finish,
    /// The variant is encoded.
    Encode,
}

/// The costs of the steps, in milliseconds of CPU time in a Compute application.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Costs {
    pub(crate) decode: f64,
    pub(crate) resize: f64,
    pub(crate) finish: f64,
    pub(crate) encode: f64,
}

impl Costs {
    /// All of it.
    pub(crate) const fn total(&self) -> f64 {
        self.decode + self.resize + self.finish + self.encode
    }

    /// What remains when a part of a step is done.
    pub(crate) fn remaining(&self, step: Step, done: usize, total: usize) -> f64 {
        let (cost, after) = match step {
            Step::Decode => (self.decode, self.resize + self.finish + self.encode),
            Step::Resize => (self.resize, self.finish + self.encode),
            Step::Finish => (self.finish, self.encode),
            Step::Encode => (self.encode, 0.0),
        };
        let done = float(done as u64) / float(total.max(1) as u64);
        cost * (1.0 - done).max(0.0) + after
    }
}

/// Tells the caller of a rendering how far it is.
pub(crate) struct Watcher<'a> {
    /// Stops the rendering with [`ControlFlow::Break`].
    pub(crate) watch: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    /// What the steps cost.
    pub(crate) costs: Costs,
}

impl Watcher<'_> {
    /// Tells the caller how much of a step is done.
    ///
    /// # Errors
    ///
    /// [`RenderError::Stopped`] if the caller says so.
    pub(crate) fn tell(
        &mut self,
        step: Step,
        done: usize,
        total: usize,
    ) -> Result<(), RenderError> {
        let progress = Progress {
            step,
            done,
            total,
            remaining_vcpu_ms: self.costs.remaining(step, done, total),
        };
        match (self.watch)(progress) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RenderError::Stopped),
        }
    }
}

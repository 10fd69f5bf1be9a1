//! Renders an image on a worker: a thread of its own, once there is memory for the decoded pixels.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use b2_edge_core::images::format::Format;
use b2_edge_render::{
    Estimate, Limits, RenderError, Rendered, Request, can_encode, estimate, inspect, render,
};
use bytes::Bytes;
use http::StatusCode;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;

use crate::app::App;
use crate::failure::Failure;
use crate::log::{Record, millis};
use crate::render::order::Variant;

/// The bytes of memory that one of `MAX_PIXELS` stands for: red, green, blue and alpha, and the copy that resizing makes
/// of them. An image that takes more for a pixel counts as more pixels.
const BYTES_PER_PIXEL: u64 = 8;

/// The copy, which the estimate does not have: with alpha, resizing multiplies the colours by it first.
const COPY_BYTES_PER_PIXEL: u64 = 4;

/// Renders an original. The share of the memory that its bytes are counted in is returned with the variant, whose bytes
/// are sent under it.
///
/// If the future is dropped, the rendering stops at the next row or step, and until then its worker and its memory stay
/// in use.
///
/// # Errors
///
/// 400 for a format that is not written; 413, 415 and 422 for an image that cannot be rendered; 500 if the rendering
/// panics.
pub(crate) async fn variant(
    app: &App,
    source: Bytes,
    share: OwnedSemaphorePermit,
    variant: Variant,
    record: &mut Record,
) -> Result<(Rendered, OwnedSemaphorePermit), Failure> {
    if let Some(format) = variant.format
        && !can_encode(format)
    {
        return Err(not_written(format));
    }
    let info = inspect(&source)?;
    let estimate = estimate(&info, source.len(), &variant.preset);
    let pixels = counted(&estimate);
    record.details.pixels = Some(pixels);
    if pixels > app.capacity.max_pixels() {
        return Err(Failure::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many_pixels",
            "The source has more pixels than this service decodes",
        ));
    }
    let waiting = Instant::now();
    let held = (
        app.capacity.pixels(pixels).await?,
        app.capacity.worker().await?,
    );
    record.details.wait_ms = Some(millis(waiting));

    let stop = StopOnDrop::default();
    let flag = Arc::clone(&stop.0);
    let metrics = Arc::clone(&app.metrics);
    let started = Instant::now();
    let rendering = spawn_blocking(move || {
        let request = Request {
            source: &source,
            preset: &variant.preset,
            format: variant.format,
            limits: &Limits::service(),
        };
        let rendered = render(&request, &mut |_| {
            if flag.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        metrics.rendered(pixels, started.elapsed());
        if matches!(rendered, Err(RenderError::Stopped)) {
            metrics.stopped();
        }
        drop((held, source));
        (rendered, share)
    });
    let outcome = rendering.await;
    record.details.render_ms = Some(millis(started));
    let (rendered, share) = outcome.map_err(|_| panicked())?;
    let rendered = rendered?;
    record.details.width = Some(rendered.width);
    record.details.height = Some(rendered.height);
    record.details.bytes = Some(rendered.bytes.len());
    Ok((rendered, share))
}

/// The pixels that an image counts as.
fn counted(estimate: &Estimate) -> u64 {
    let copy = estimate.pixels.saturating_mul(COPY_BYTES_PER_PIXEL);
    let memory = (estimate.memory_bytes as u64).saturating_add(copy);
    estimate.pixels.max(memory / BYTES_PER_PIXEL)
}

/// Stops the rendering when the request does not wait for it any more.
#[derive(Default)]
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn not_written(format: Format) -> Failure {
    let message = format!("The format {} is not written here", format.as_str());
    Failure::bad_request("format_not_written", message)
}

fn panicked() -> Failure {
    Failure::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "render_panicked",
        "The image could not be rendered",
    )
}

impl From<RenderError> for Failure {
    fn from(error: RenderError) -> Self {
        let status = match error {
            RenderError::Unsupported(..) | RenderError::NotHere(..) => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            RenderError::Broken(..) => StatusCode::UNPROCESSABLE_ENTITY,
            RenderError::TooLarge(..) => StatusCode::PAYLOAD_TOO_LARGE,
            RenderError::Stopped => return Self::out_of_time(),
        };
        Self::new(status, error.reason(), error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_counts_by_its_pixels_or_its_memory() {
        for (pixels, memory_bytes, expected) in [
            (1000, 0, 1000),
            (1000, 4000, 1000),
            (1000, 12_000, 2000),
            (u64::MAX, usize::MAX, u64::MAX),
        ] {
            let estimate = Estimate {
                vcpu_ms: 0.0,
                memory_bytes,
                pixels,
            };
            assert_eq!(counted(&estimate), expected, "{estimate:?}");
        }
    }
}

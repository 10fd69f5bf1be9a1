//! Rendering and looking at variants.

use std::io::Cursor;
use std::ops::ControlFlow;

use b2_edge_core::images::preset::Fit;
use b2_edge_render::{Format, Limits, MediaType, Preset, RenderError, Rendered, Request, render};

use crate::corpus::Picture;

/// A preset for the whole picture within a width.
pub(crate) fn inside(width: u32) -> Preset {
    Preset::new(Fit::Inside {
        width: Some(width),
        height: None,
    })
}

/// Renders with the limits of the service.
pub(crate) fn rendered(
    source: &[u8],
    preset: &Preset,
    format: Option<Format>,
) -> Result<Rendered, RenderError> {
    with_limits(source, preset, format, &Limits::service())
}

pub(crate) fn with_limits(
    source: &[u8],
    preset: &Preset,
    format: Option<Format>,
    limits: &Limits,
) -> Result<Rendered, RenderError> {
    let request = Request {
        source,
        preset,
        format,
        limits,
    };
    render(&request, &mut |_| ControlFlow::Continue(()))
}

/// The pixels of a variant in JPEG or PNG.
pub(crate) fn decoded(rendered: &Rendered) -> Picture {
    match rendered.format {
        MediaType::Jpeg => {
            let limits = b2_edge_jpeg::Limits {
                pixels: 1 << 30,
                scans: 100,
                memory: 1 << 30,
            };
            let decoded = b2_edge_jpeg::decode(
                &rendered.bytes,
                b2_edge_jpeg::Scale::Full,
                &limits,
                &mut |_| ControlFlow::Continue(()),
            )
            .expect("a JPEG");
            Picture {
                width: decoded.width,
                height: decoded.height,
                channels: decoded.channels,
                data: decoded.pixels,
            }
        }
        MediaType::Png => png(&rendered.bytes),
        other => panic!("{other:?} is not decoded here"),
    }
}

/// The pixels of a PNG with 8 bits a sample.
fn png(file: &[u8]) -> Picture {
    let mut reader = png::Decoder::new(Cursor::new(file))
        .read_info()
        .expect("a PNG");
    let mut data = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut data).expect("pixels");
    Picture {
        width: info.width as usize,
        height: info.height as usize,
        channels: info.color_type.samples(),
        data,
    }
}

/// Asserts that the colour of a place, in hundredths of the sides, is about the one that is expected.
#[track_caller]
pub(crate) fn assert_color(picture: &Picture, at: (usize, usize), expected: [u8; 4], name: &str) {
    let actual = picture.color(at);
    let is_close = actual
        .iter()
        .zip(expected)
        .all(|(&actual, expected)| actual.abs_diff(expected) <= 10);
    assert!(
        is_close,
        "{name}: {actual:?} instead of {expected:?} at {at:?}"
    );
}

//! The steps of a rendering.

use std::ops::ControlFlow;

use b2_edge_core::images::format::Format;
use b2_edge_core::images::preset::{Animated, Preset};

use crate::background::{drop_opaque_alpha, put_on};
use crate::decode::decode;
use crate::encode::{can_encode, encode};
use crate::error::{Excess, Lack, RenderError};
use crate::estimate::costs;
use crate::geometry::{Plan, Size};
use crate::inspect::{Info, inspect};
use crate::limits::Limits;
use crate::media_type::MediaType;
use crate::orient::orient;
use crate::progress::{Progress, Step, Watcher};
use crate::resize::resize;
use crate::strip::strip;

/// What is to be rendered.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The bytes of the source.
    pub source: &'a [u8],
    /// How the variant is made. Its `formats` are not looked at.
    pub preset: &'a Preset,
    /// The format of the variant. `None`: JPEG, and PNG if a pixel is not opaque.
    pub format: Option<Format>,
    /// The limits of the engine.
    pub limits: &'a Limits,
}

/// A variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its type.
    pub format: MediaType,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether the file is the source without its metadata.
    pub is_original: bool,
}

/// Renders a variant.
///
/// `watch` is called for each row, or row of blocks, that is decoded from a JPEG or PNG, and before each further step.
/// It stops the rendering with [`ControlFlow::Break`].
///
/// The source itself, without its metadata, is the result for an animated source whose preset says so, whatever the
/// format, and if the variant would have the same size and format, and not fewer bytes than that.
///
/// # Errors
///
/// As described for each [`RenderError`].
pub fn render(
    request: &Request<'_>,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Rendered, RenderError> {
    let Request {
        source,
        preset,
        limits,
        ..
    } = *request;
    limits.check_bytes(source.len())?;
    let info = inspect(source)?;
    if info.is_animated && preset.animated == Animated::Original {
        return original(source, &info);
    }
    if request.format.is_some_and(|format| !can_encode(format)) {
        return Err(RenderError::NotHere(Lack::Format));
    }
    limits.check_source(&info)?;
    let plan = Plan::new(info.upright_size(), preset);
    limits.check_decoded(plan.part.size.pixels())?;
    limits.check_decoded(plan.size().pixels())?;

    let costs = costs(&info, source.len(), &plan);
    let mut watcher = Watcher { watch, costs };
    watcher.tell(Step::Decode, 0, 1)?;
    let decoded = decode(source, &info, &plan, limits, &mut watcher)?.without_inks();
    let profile = decoded.profile.clone();

    watcher.tell(Step::Resize, 0, 1)?;
    let part = plan.part_of_stored(info.orientation);
    let (width, height) = info
        .orientation
        .turn(plan.part.size.width, plan.part.size.height);
    let pixels = resize(decoded, part, Size { width, height })
        .ok_or(RenderError::TooLarge(Excess::Memory))?;

    watcher.tell(Step::Finish, 0, 1)?;
    let pixels = drop_opaque_alpha(profile.apply(orient(pixels, info.orientation)));
    let pixels = match &plan.canvas {
        Some(canvas) => put_on(pixels, canvas),
        None => pixels,
    };

    watcher.tell(Step::Encode, 0, 1)?;
    let format = request.format.unwrap_or(if pixels.is_translucent() {
        Format::Png
    } else {
        Format::Jpeg
    });
    let Size { width, height } = plan.size();
    let bytes = encode(pixels, format, preset.quality, &profile)?;
    let media_type = MediaType::from(format);
    if is_needless(&info, &plan, media_type)
        && let Ok(original) = original(source, &info)
        && bytes.len() >= original.bytes.len()
    {
        return Ok(original);
    }
    Ok(Rendered {
        bytes,
        format: media_type,
        width,
        height,
        is_original: false,
    })
}

/// Whether the variant shows nothing else than the source, in the same format.
fn is_needless(info: &Info, plan: &Plan, format: MediaType) -> bool {
    let is_cmyk = format == MediaType::Jpeg && info.channels == 4;
    info.orientation.is_upright()
        && plan.is_identity(info.upright_size())
        && info.kind.media_type() == format
        && !info.is_animated
        && !is_cmyk
}

/// The source without its metadata.
fn original(source: &[u8], info: &Info) -> Result<Rendered, RenderError> {
    let bytes = strip(info.kind, source)
        .map_err(|_| RenderError::Broken(info.kind, "it ends too early".to_owned()))?;
    let (width, height) = info.upright();
    Ok(Rendered {
        bytes,
        format: info.kind.media_type(),
        width,
        height,
        is_original: true,
    })
}

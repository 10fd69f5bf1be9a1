//! Decoding a file: its segments one after the other, then its pixels.

use std::ops::ControlFlow;

use crate::adobe::Application;
use crate::coefficients::Coefficients;
use crate::color::{Color, Converter};
use crate::error::Error;
use crate::frame::{self, Frame};
use crate::huffman::Codes;
use crate::layout::Layout;
use crate::limits::{Limits, Progress};
use crate::plane::Plane;
use crate::quantization::{self, Steps};
use crate::scale::Scale;
use crate::scan::Scan;
use crate::segments::{Segment, Segments, marker};
use crate::upsample::Upsampler;
use crate::walk::{Source, Watch};
use crate::{progressive, sequential};

/// Bytes after the last block of a scan that are passed over. Some cameras align the end of a scan; more bytes are a
/// sign that codes were read wrongly.
const MAX_PADDING: usize = 3;

/// A decoded picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// In pixels: the width in the header times the scale, rounded up.
    pub width: usize,
    /// In pixels: the height in the header times the scale, rounded up.
    pub height: usize,
    /// 1 for greyscale, 3 for RGB, 4 for CMYK.
    pub channels: usize,
    /// The rows from the top, without padding. In CMYK, 0 is no ink and 255 is full ink; the inversion of Adobe's
    /// applications is undone.
    pub pixels: Vec<u8>,
    /// The width in the header times the scale. The last column of pixels can be partly outside of it.
    pub true_width: f64,
    /// The height in the header times the scale. The last row of pixels can be partly outside of it.
    pub true_height: f64,
}

/// Decodes a file at a scale.
///
/// `watch` is called after each row of blocks of each scan, and stops the decoder by breaking.
///
/// # Errors
///
/// See [`Error`]. No picture is returned if a part of it is missing.
pub fn decode(
    data: &[u8],
    scale: Scale,
    limits: &Limits,
    watch: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Decoded, Error> {
    let mut segments = Segments::new(data)?;
    let mut decoder = Decoder {
        data,
        scale,
        limits,
        application: Application::default(),
        codes: Codes::default(),
        quantization: quantization::Tables::default(),
        restart_interval: 0,
        scans: 0,
        picture: None,
    };
    loop {
        match segments.next() {
            Ok(Some(segment)) => decoder.segment(&segment, &mut segments, watch)?,
            Ok(None) => break,
            Err(error) => return Err(error),
        }
        if decoder.picture.as_ref().is_some_and(Picture::is_done) {
            break;
        }
    }
    let picture = decoder.picture.ok_or(Error::Corrupt("there is no frame"))?;
    picture.finish(decoder.application, data.len(), watch)
}

/// The state between segments.
struct Decoder<'a> {
    data: &'a [u8],
    scale: Scale,
    limits: &'a Limits,
    application: Application,
    codes: Codes,
    quantization: quantization::Tables,
    restart_interval: usize,
    scans: u32,
    picture: Option<Picture>,
}

impl Decoder<'_> {
    fn segment(
        &mut self,
        segment: &Segment<'_>,
        segments: &mut Segments<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        self.application.read(segment);
        match segment.marker {
            marker::DQT => quantization::read(segment.payload, &mut self.quantization),
            marker::DHT => self.codes.read(segment.payload),
            marker::DRI => {
                let interval = segment.payload.first_chunk();
                let interval = interval.ok_or(Error::Corrupt("a restart interval is too short"))?;
                self.restart_interval = usize::from(u16::from_be_bytes(*interval));
                Ok(())
            }
            marker::DHP => Err(Error::Unsupported("hierarchical JPEG")),
            marker::SOS => self.scan(segment.payload, segments, watch),
            start if frame::is_start(start) => self.frame(segment),
            _ => Ok(()),
        }
    }

    fn frame(&mut self, segment: &Segment<'_>) -> Result<(), Error> {
        if self.picture.is_some() {
            return Err(Error::Corrupt("there is more than one frame"));
        }
        let frame = Frame::read(segment)?;
        if u64::from(frame.width) * u64::from(frame.height) > self.limits.pixels {
            return Err(Error::Limit("pixels"));
        }
        let layout = Layout::new(&frame, self.scale);
        let memory = layout.memory(frame.is_progressive);
        if usize::try_from(memory).map_or(true, |memory| memory > self.limits.memory) {
            return Err(Error::Limit("memory"));
        }
        self.picture = Some(Picture::new(frame, layout, self.scale));
        Ok(())
    }

    fn scan(
        &mut self,
        payload: &[u8],
        segments: &mut Segments<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Error> {
        let picture = self.picture.as_mut();
        let picture = picture.ok_or(Error::Corrupt("a scan comes before the frame"))?;
        self.scans += 1;
        if self.scans > self.limits.scans {
            return Err(Error::Limit("scans"));
        }
        let scan = Scan::read(payload, &picture.frame)?;
        let source = Source {
            data: self.data,
            position: segments.position(),
            restart_interval: self.restart_interval,
        };
        picture.begin(&scan, &self.quantization)?;
        let end = picture.decode(&scan, source, &self.codes, watch)?;
        if let Some(end) = end {
            segments.seek(end);
        }
        // The data of a sequential scan can be the end of the file.
        let skipped = match segments.skip_scan() {
            Err(Error::Truncated) if picture.is_done() => Ok(0),
            skipped => skipped,
        }?;
        if end.is_some() && skipped > MAX_PADDING {
            return Err(Error::Corrupt("a scan continues after its last block"));
        }
        Ok(())
    }
}

/// A frame while its scans are decoded.
struct Picture {
    frame: Frame,
    layout: Layout,
    scale: Scale,
    planes: Vec<Plane>,
    /// Of a progressive frame; empty for a sequential one.
    coefficients: Vec<Coefficients>,
    /// The quantization table of each component, as its first scan found it.
    steps: Vec<Option<Steps>>,
    /// Whether a scan of each component had DC coefficients.
    has_dc: Vec<bool>,
}

impl Picture {
    fn new(frame: Frame, layout: Layout, scale: Scale) -> Self {
        let count = frame.components.len();
        let coefficients = if frame.is_progressive {
            layout.grids.iter().map(Coefficients::new).collect()
        } else {
            Vec::new()
        };
        Self {
            planes: layout.grids.iter().map(Plane::new).collect(),
            coefficients,
            steps: vec![None; count],
            has_dc: vec![false; count],
            frame,
            layout,
            scale,
        }
    }

    /// Whether later segments cannot change the picture.
    fn is_done(&self) -> bool {
        !self.frame.is_progressive && self.has_dc.iter().all(|&has_dc| has_dc)
    }

    /// Takes the quantization tables that are valid for the components of a scan.
    fn begin(&mut self, scan: &Scan, tables: &quantization::Tables) -> Result<(), Error> {
        for member in &scan.members {
            let component = self.frame.components.get(member.component);
            let steps = self.steps.get_mut(member.component);
            if let (Some(component), Some(steps @ None)) = (component, steps) {
                let table = tables.get(usize::from(component.table)).copied().flatten();
                *steps = Some(table.ok_or(Error::Corrupt("a quantization table is missing"))?);
            }
        }
        Ok(())
    }

    fn decode(
        &mut self,
        scan: &Scan,
        source: Source<'_>,
        codes: &Codes,
        watch: &mut Watch<'_>,
    ) -> Result<Option<usize>, Error> {
        let end = if self.frame.is_progressive {
            progressive::decode(
                scan,
                &self.layout,
                source,
                codes,
                &mut self.coefficients,
                watch,
            )?
        } else {
            Some(sequential::decode(
                scan,
                &self.layout,
                source,
                codes,
                &self.steps,
                &mut self.planes,
                watch,
            )?)
        };
        if scan.first == 0 && !scan.is_refinement {
            for member in &scan.members {
                if let Some(has_dc) = self.has_dc.get_mut(member.component) {
                    *has_dc = true;
                }
            }
        }
        Ok(end)
    }

    /// Computes the pixels.
    fn finish(
        mut self,
        application: Application,
        total: usize,
        watch: &mut Watch<'_>,
    ) -> Result<Decoded, Error> {
        if !self.has_dc.iter().all(|&has_dc| has_dc) {
            return Err(Error::Corrupt("a component has no scan"));
        }
        let all = Progress { done: total, total };
        let mut stopped = || match watch(all) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Error::Stopped),
        };
        let components = self.coefficients.drain(..).zip(&mut self.planes);
        for ((coefficients, plane), (grid, steps)) in
            components.zip(self.layout.grids.iter().zip(&self.steps))
        {
            let steps = steps
                .as_ref()
                .ok_or(Error::Corrupt("a component has no scan"))?;
            for y in 0..grid.blocks_y {
                coefficients.transform(y, steps, plane, grid.size);
                stopped()?;
            }
        }
        let color = Color::of(&self.frame, application);
        let converter = Converter {
            color,
            is_inverted: application.adobe_transform.is_some(),
        };
        let (width, height, channels) = (self.layout.width, self.layout.height, color.channels());
        let mut pixels = vec![0; width * height * channels];
        let grids = self.layout.grids.iter();
        let mut upsamplers: Vec<_> = grids
            .map(|grid| Upsampler::new(&self.layout, grid))
            .collect();
        for (y, output) in pixels.chunks_exact_mut(width * channels).enumerate() {
            let components = upsamplers.iter_mut().zip(&self.planes);
            let rows: Vec<_> = components
                .map(|(upsampler, plane)| upsampler.row(plane, y))
                .collect();
            converter.row(&rows, output);
            if y % 16 == 0 {
                stopped()?;
            }
        }
        let factor = f64::from(self.scale.block_size()) / 8.0;
        Ok(Decoded {
            width,
            height,
            channels,
            pixels,
            true_width: f64::from(self.frame.width) * factor,
            true_height: f64::from(self.frame.height) * factor,
        })
    }
}

#[cfg(test)]
mod tests;

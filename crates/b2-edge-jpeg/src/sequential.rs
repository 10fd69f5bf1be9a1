//! Scans of sequential frames (T.81, F.2): each block is complete, and is transformed at once.

use crate::bits::{Bits, TOO_MANY};
use crate::error::Error;
use crate::huffman::{AcHuffman, Codes, Huffman};
use crate::idct::{self, Block};
use crate::layout::Layout;
use crate::plane::Plane;
use crate::quantization::Steps;
use crate::scan::Scan;
use crate::selection::Selection;
use crate::walk::{Source, Watch, each_block};
use crate::zigzag::ZIGZAG;

/// What decodes the blocks of one component.
struct Decoder<'a> {
    dc: Huffman,
    ac: AcHuffman,
    steps: &'a Steps,
    selection: &'static Selection,
    size: usize,
    plane: &'a mut Plane,
}

/// Decodes a scan into the planes. Returns the position after it.
///
/// # Errors
///
/// As [`each_block`], and [`Error::Corrupt`] if a table is missing or impossible.
pub(crate) fn decode(
    scan: &Scan,
    layout: &Layout,
    source: Source<'_>,
    codes: &Codes,
    steps: &[Option<Steps>],
    planes: &mut [Plane],
    watch: &mut Watch<'_>,
) -> Result<usize, Error> {
    let mut planes: Vec<_> = planes.iter_mut().map(Some).collect();
    let mut decoders = Vec::with_capacity(scan.members.len());
    for member in &scan.members {
        const MISSING: Error = Error::Corrupt("a scan has a component that is not there");
        let grid = layout.grids.get(member.component).ok_or(MISSING)?;
        let plane = planes.get_mut(member.component).and_then(Option::take);
        decoders.push(Decoder {
            dc: Huffman::new(codes.dc(member.dc)?)?,
            ac: AcHuffman::new(codes.ac(member.ac)?)?,
            steps: steps
                .get(member.component)
                .and_then(Option::as_ref)
                .ok_or(MISSING)?,
            selection: Selection::of(grid.size),
            size: grid.size,
            plane: plane.ok_or(MISSING)?,
        });
    }
    each_block(scan, layout, source, watch, |bits, carry, place| {
        let decoder = decoders.get_mut(place.member);
        let prediction = carry.predictions.get_mut(place.member);
        match (decoder, prediction) {
            (Some(decoder), Some(prediction)) => decoder.block(bits, prediction, place.x, place.y),
            _ => Ok(()),
        }
    })
}

impl Decoder<'_> {
    #[inline]
    fn block(
        &mut self,
        bits: &mut Bits<'_>,
        prediction: &mut i32,
        x: usize,
        y: usize,
    ) -> Result<(), Error> {
        *prediction = prediction.wrapping_add(bits.difference(&self.dc)?);
        let mut block = [0; 64];
        let [dc, ..] = &mut block;
        let [step, ..] = self.steps;
        *dc = prediction.wrapping_mul(i32::from(*step));
        let is_flat = match self.selection.last {
            0 => {
                bits.skip_ac(&self.ac, 0)?;
                true
            }
            last => self.ac_coefficients(bits, &mut block, u32::from(last))?,
        };
        let stride = self.plane.stride();
        let output = self.plane.block(x, y);
        if is_flat {
            idct::flat(&block, self.size, output, stride);
        } else {
            idct::inverse(&block, self.size, output, stride);
        }
        Ok(())
    }

    /// Decodes the coefficients up to `wanted`, and skips the others. Returns whether all were 0.
    #[inline]
    fn ac_coefficients(
        &self,
        bits: &mut Bits<'_>,
        block: &mut Block,
        wanted: u32,
    ) -> Result<bool, Error> {
        let mut index = 0;
        let mut is_flat = true;
        while index < wanted {
            let Some((advance, value)) = bits.next_ac(&self.ac)? else {
                return Ok(is_flat);
            };
            index += advance;
            let place = ZIGZAG.get(index as usize);
            let step = self.steps.get(index as usize);
            let (Some(&place), Some(&step)) = (place, step) else {
                return Err(TOO_MANY);
            };
            if let Some(coefficient) = block.get_mut(usize::from(place)) {
                *coefficient = value * i32::from(step);
            }
            is_flat = false;
        }
        bits.skip_ac(&self.ac, index)?;
        Ok(is_flat)
    }
}

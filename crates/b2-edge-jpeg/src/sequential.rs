//! Scans of sequential frames (T.81, F.2): each block is complete, and is transformed at once.

use crate::bits::Bits;
use crate::error::Error;
use crate::huffman::{AcHuffman, Codes, Huffman};
use crate::idct;
use crate::layout::Layout;
use crate::plane::Plane;
use crate::quantization::{Dequantized, Steps};
use crate::scan::Scan;
use crate::two_by_two::{Sums, Weights};
use crate::walk::{Source, Watch, each_block};

/// What decodes the blocks of one component.
struct Decoder<'a> {
    dc: Huffman,
    ac: AcHuffman,
    /// The samples on each side of a block.
    size: usize,
    step_of_dc: u16,
    dequantized: Dequantized,
    weights: Weights,
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
    const MISSING: Error = Error::Corrupt("a scan has a component that is not there");
    let mut planes: Vec<_> = planes.iter_mut().map(Some).collect();
    let mut decoders = Vec::with_capacity(scan.members.len());
    for member in &scan.members {
        let grid = layout.grids.get(member.component).ok_or(MISSING)?;
        let steps = steps.get(member.component).and_then(Option::as_ref);
        let steps @ [step, ..] = steps.ok_or(MISSING)?;
        let plane = planes.get_mut(member.component).and_then(Option::take);
        decoders.push(Decoder {
            dc: Huffman::new(codes.dc(member.dc)?)?,
            ac: AcHuffman::new(codes.ac(member.ac)?)?,
            size: grid.size,
            step_of_dc: *step,
            dequantized: Dequantized::new(steps),
            weights: Weights::new(steps),
            plane: plane.ok_or(MISSING)?,
        });
    }
    each_block(scan, layout, source, watch, |bits, carry, place| {
        let decoder = decoders.get_mut(place.member);
        let prediction = carry.predictions.get_mut(place.member);
        let (Some(decoder), Some(prediction)) = (decoder, prediction) else {
            return Ok(());
        };
        *prediction = prediction.wrapping_add(bits.difference(&decoder.dc)?);
        // A copy that nothing refers to, so that it is in registers.
        let mut copy = *bits;
        let outcome = match decoder.size {
            1 => decoder.one_sample(&mut copy, *prediction, place.x, place.y),
            2 => decoder.two_by_two(&mut copy, *prediction, place.x, place.y),
            _ => decoder.block(&mut copy, *prediction, place.x, place.y),
        };
        *bits = copy;
        outcome
    })
}

#[expect(clippy::inline_always, reason = "a call would need the bits in memory")]
impl Decoder<'_> {
    /// A block of one sample, which needs no AC coefficients.
    #[inline(always)]
    fn one_sample(
        &mut self,
        bits: &mut Bits<'_>,
        dc: i32,
        x: usize,
        y: usize,
    ) -> Result<(), Error> {
        bits.skip_ac(&self.ac)?;
        if let Some(sample) = self.plane.block(x, y).first_mut() {
            *sample = idct::mean(dc.wrapping_mul(self.step_of_dc.into()));
        }
        Ok(())
    }

    #[inline(always)]
    fn two_by_two(
        &mut self,
        bits: &mut Bits<'_>,
        dc: i32,
        x: usize,
        y: usize,
    ) -> Result<(), Error> {
        let mut sums = Sums::default();
        sums.add(&self.weights, 0, dc);
        bits.each_ac(&self.ac, |index, value| {
            sums.add(&self.weights, index, value);
        })?;
        let stride = self.plane.stride();
        sums.write(self.plane.block(x, y), stride);
        Ok(())
    }

    #[inline(always)]
    fn block(&mut self, bits: &mut Bits<'_>, dc: i32, x: usize, y: usize) -> Result<(), Error> {
        let mut block = [0; 64];
        self.dequantized.put(&mut block, 0, dc);
        let mut is_flat = true;
        bits.each_ac(&self.ac, |index, value| {
            self.dequantized.put(&mut block, index, value);
            is_flat = false;
        })?;
        let stride = self.plane.stride();
        let output = self.plane.block(x, y);
        if is_flat {
            idct::flat(&block, self.size, output, stride);
        } else {
            idct::inverse(&block, self.size, output, stride);
        }
        Ok(())
    }
}

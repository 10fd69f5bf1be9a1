//! Scans of sequential frames (T.81, F.2): each block is complete, and is transformed at once.

use crate::bits::{Bits, TOO_MANY};
use crate::error::Error;
use crate::huffman::{AcHuffman, Codes, Huffman, Value};
use crate::idct;
use crate::layout::Layout;
use crate::plane::Plane;
use crate::quantization::Steps;
use crate::scan::Scan;
use crate::two_by_two::{Sums, Weights};
use crate::walk::{Source, Watch, each_block};
use crate::zigzag::ZIGZAG;

/// What decodes the blocks of one component.
struct Decoder<'a> {
    dc: Huffman,
    ac: AcHuffman,
    /// The samples on each side of a block.
    size: usize,
    /// For each coefficient in the order of the file: its place in a block, and its quantization step.
    dequantized: [(u8, u16); 64],
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
        let steps = steps.ok_or(MISSING)?;
        let plane = planes.get_mut(member.component).and_then(Option::take);
        let mut dequantized = [(0, 0); 64];
        for (place, of_index) in dequantized.iter_mut().zip(ZIGZAG.iter().zip(steps)) {
            *place = (*of_index.0, *of_index.1);
        }
        decoders.push(Decoder {
            dc: Huffman::new(codes.dc(member.dc)?)?,
            ac: AcHuffman::new(codes.ac(member.ac)?)?,
            size: grid.size,
            dequantized,
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
        match decoder.size {
            1 => decoder.one_sample(bits, *prediction, place.x, place.y),
            2 => decoder.two_by_two(bits, *prediction, place.x, place.y),
            _ => decoder.block(bits, *prediction, place.x, place.y),
        }
    })
}

impl Decoder<'_> {
    /// A block of one sample, which needs no AC coefficients.
    #[inline]
    fn one_sample(
        &mut self,
        bits: &mut Bits<'_>,
        dc: i32,
        x: usize,
        y: usize,
    ) -> Result<(), Error> {
        bits.skip_ac(&self.ac, 0)?;
        let [(_, step), ..] = self.dequantized;
        if let Some(sample) = self.plane.block(x, y).first_mut() {
            *sample = idct::mean(dc.wrapping_mul(step.into()));
        }
        Ok(())
    }

    #[inline]
    fn two_by_two(
        &mut self,
        bits: &mut Bits<'_>,
        dc: i32,
        x: usize,
        y: usize,
    ) -> Result<(), Error> {
        let mut sums = Sums::default();
        sums.add(&self.weights, 0, dc);
        let mut index = 0;
        while index < 63 {
            let (advance, value) = bits.next_ac(&self.ac)?;
            index += advance;
            if !sums.add(&self.weights, index as usize, value) {
                if index >= Value::END {
                    break;
                }
                return Err(TOO_MANY);
            }
        }
        let stride = self.plane.stride();
        let output = self.plane.block(x, y).chunks_mut(stride);
        for (row, output) in sums.samples().iter().zip(output) {
            if let Some(output) = output.first_chunk_mut() {
                *output = *row;
            }
        }
        Ok(())
    }

    #[inline]
    fn block(&mut self, bits: &mut Bits<'_>, dc: i32, x: usize, y: usize) -> Result<(), Error> {
        let mut block = [0; 64];
        let mut index = 0;
        let mut is_flat = true;
        while index < 63 {
            let (advance, value) = bits.next_ac(&self.ac)?;
            index += advance;
            let Some(&(place, step)) = self.dequantized.get(index as usize) else {
                if index >= Value::END {
                    break;
                }
                return Err(TOO_MANY);
            };
            if let Some(coefficient) = block.get_mut(usize::from(place)) {
                *coefficient = value * i32::from(step);
            }
            is_flat = false;
        }
        let ([first, ..], [(_, step), ..]) = (&mut block, self.dequantized);
        *first = dc.wrapping_mul(step.into());
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

//! Scans of sequential frames (T.81, F.2): each block is complete, and is transformed at once.

use crate::bits::Bits;
use crate::error::Error;
use crate::huffman::{Code, Codes, Huffman, Skips, Values};
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
    transform: Transform,
    /// The samples on each side of a block.
    size: usize,
    plane: &'a mut Plane,
}

/// From coefficients to samples.
enum Transform {
    /// One sample, which needs no AC coefficients.
    One { ac: Skips, step: u16 },
    /// 2 × 2 samples.
    TwoByTwo { ac: Values, weights: Weights },
    /// 4 × 4 or 8 × 8 samples.
    Block {
        ac: Values,
        dequantized: Dequantized,
    },
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
        let plane = planes.get_mut(member.component).and_then(Option::take);
        let code = codes.ac(member.ac)?;
        decoders.push(Decoder {
            dc: Huffman::new(codes.dc(member.dc)?)?,
            transform: Transform::new(grid.size, code, steps.ok_or(MISSING)?)?,
            size: grid.size,
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
        let outcome = decoder.block(&mut copy, *prediction, place.x, place.y);
        *bits = copy;
        outcome
    })
}

impl Transform {
    fn new(size: usize, code: &Code, steps: &Steps) -> Result<Self, Error> {
        let [step, ..] = *steps;
        Ok(match size {
            1 => Self::One {
                ac: Skips::new(code)?,
                step,
            },
            2 => Self::TwoByTwo {
                ac: Values::new(code)?,
                weights: Weights::new(steps),
            },
            _ => Self::Block {
                ac: Values::new(code)?,
                dequantized: Dequantized::new(steps),
            },
        })
    }
}

impl Decoder<'_> {
    /// Decodes the AC coefficients of a block and writes its samples.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call would need the bits in memory")]
    fn block(&mut self, bits: &mut Bits<'_>, dc: i32, x: usize, y: usize) -> Result<(), Error> {
        let stride = self.plane.stride();
        match &self.transform {
            Transform::One { ac, step } => {
                bits.skip_ac(ac)?;
                if let Some(sample) = self.plane.block(x, y).first_mut() {
                    *sample = idct::mean(dc.wrapping_mul(i32::from(*step)));
                }
            }
            Transform::TwoByTwo { ac, weights } => {
                let mut sums = Sums::default();
                sums.add(weights, 0, dc);
                bits.each_ac(ac, |index, value| sums.add(weights, index, value))?;
                sums.write(self.plane.block(x, y), stride);
            }
            Transform::Block { ac, dequantized } => {
                let mut block = [0; 64];
                dequantized.put(&mut block, 0, dc);
                let mut is_flat = true;
                bits.each_ac(ac, |index, value| {
                    dequantized.put(&mut block, index, value);
                    is_flat = false;
                })?;
                let output = self.plane.block(x, y);
                if is_flat {
                    idct::flat(&block, self.size, output, stride);
                } else {
                    idct::inverse(&block, self.size, output, stride);
                }
            }
        }
        Ok(())
    }
}

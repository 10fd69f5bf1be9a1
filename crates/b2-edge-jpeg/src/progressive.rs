//! Scans of progressive frames (T.81, annex G): each adds some coefficients of all blocks, or a bit to them.

use crate::bits::{Bits, TOO_MANY};
use crate::coefficients::Coefficients;
use crate::error::Error;
use crate::huffman::{Codes, Huffman};
use crate::layout::Layout;
use crate::scan::Scan;
use crate::selection::Selection;
use crate::walk::{Source, Watch, each_block};

/// Decodes a scan into the coefficients. Returns the position after it, or `None` for a scan that has no influence at
/// the scale, which is not read.
///
/// # Errors
///
/// As [`each_block`], and [`Error::Corrupt`] if a table is missing or impossible.
pub(crate) fn decode(
    scan: &Scan,
    layout: &Layout,
    source: Source<'_>,
    codes: &Codes,
    coefficients: &mut [Coefficients],
    watch: &mut Watch<'_>,
) -> Result<Option<usize>, Error> {
    let position = if scan.first == 0 {
        if scan.is_refinement {
            refine_dc(scan, layout, source, coefficients, watch)?
        } else {
            first_dc(scan, layout, source, codes, coefficients, watch)?
        }
    } else {
        let [member] = scan.members.as_slice() else {
            return Ok(None);
        };
        let Some(component) = coefficients.get_mut(member.component) else {
            return Ok(None);
        };
        // A later refinement can have bits for any coefficient, so a scan without a selected one is read too.
        if component.selection.last == 0 {
            return Ok(None);
        }
        let band = Band {
            table: Huffman::new(codes.ac(member.ac)?)?,
            first: u32::from(scan.first),
            last: u32::from(scan.last),
            shift: scan.shift,
        };
        each_block(scan, layout, source, watch, |bits, carry, place| {
            let run = &mut carry.blocks_to_end;
            // A copy that nothing refers to, so that it is in registers.
            let mut copy = *bits;
            let outcome = if scan.is_refinement {
                band.refine(&mut copy, run, component, (place.x, place.y))
            } else {
                band.first(&mut copy, run, component, (place.x, place.y))
            };
            *bits = copy;
            outcome
        })?
    };
    Ok(Some(position))
}

fn first_dc(
    scan: &Scan,
    layout: &Layout,
    source: Source<'_>,
    codes: &Codes,
    coefficients: &mut [Coefficients],
    watch: &mut Watch<'_>,
) -> Result<usize, Error> {
    let tables: Result<Vec<_>, _> = scan
        .members
        .iter()
        .map(|member| Huffman::new(codes.dc(member.dc)?))
        .collect();
    let tables = tables?;
    each_block(scan, layout, source, watch, |bits, carry, place| {
        let table = tables.get(place.member);
        let prediction = carry.predictions.get_mut(place.member);
        let component = scan.members.get(place.member);
        let component = component.and_then(|member| coefficients.get_mut(member.component));
        if let (Some(table), Some(prediction), Some(component)) = (table, prediction, component) {
            *prediction = prediction.wrapping_add(bits.difference(table)?);
            if let ([dc, ..], _) = component.block(place.x, place.y) {
                *dc = low_bits(prediction.wrapping_shl(scan.shift.into()));
            }
        }
        Ok(())
    })
}

fn refine_dc(
    scan: &Scan,
    layout: &Layout,
    source: Source<'_>,
    coefficients: &mut [Coefficients],
    watch: &mut Watch<'_>,
) -> Result<usize, Error> {
    each_block(scan, layout, source, watch, |bits, _, place| {
        let component = scan.members.get(place.member);
        let component = component.and_then(|member| coefficients.get_mut(member.component));
        if let Some(component) = component
            && bits.bit()
            && let ([dc, ..], _) = component.block(place.x, place.y)
        {
            *dc |= 1 << scan.shift;
        }
        Ok(())
    })
}

/// The AC coefficients of a scan.
struct Band {
    table: Huffman,
    first: u32,
    last: u32,
    shift: u8,
}

#[expect(clippy::inline_always, reason = "a call would need the bits in memory")]
impl Band {
    /// T.81, G.1.2.2. `blocks_to_end` are the blocks, from this one, that have no further coefficient in the band.
    #[inline(always)]
    fn first(
        &self,
        bits: &mut Bits<'_>,
        blocks_to_end: &mut u32,
        component: &mut Coefficients,
        (x, y): (usize, usize),
    ) -> Result<(), Error> {
        if *blocks_to_end > 0 {
            *blocks_to_end -= 1;
            return Ok(());
        }
        let selection = component.selection;
        let (values, present) = component.block(x, y);
        let mut found = 0_u64;
        let mut index = self.first;
        while index <= self.last {
            bits.ensure();
            let symbol = u32::from(bits.symbol(&self.table)?);
            let (run, size) = (symbol >> 4, symbol & 15);
            match (run, size) {
                (15, 0) => index += 16,
                (_, 0) => {
                    // This block is one of them.
                    *blocks_to_end = (1 << run) - 1 + bits.number(run);
                    break;
                }
                _ => {
                    index += run;
                    let value = bits.coefficient(size);
                    if index > self.last {
                        return Err(TOO_MANY);
                    }
                    found |= 1 << index;
                    let slot = selection.slot(index as usize);
                    if let Some(place) = slot.and_then(|slot| values.get_mut(slot)) {
                        *place = low_bits(value.wrapping_shl(self.shift.into()));
                    }
                    index += 1;
                }
            }
        }
        if let Some(present) = present {
            *present |= found;
        }
        Ok(())
    }

    /// T.81, G.1.2.3: new coefficients are 1 or -1 times the bit of the scan; between them, each coefficient that is
    /// not 0 has a bit that says whether to increase its magnitude.
    #[inline(always)]
    fn refine(
        &self,
        bits: &mut Bits<'_>,
        blocks_to_end: &mut u32,
        component: &mut Coefficients,
        (x, y): (usize, usize),
    ) -> Result<(), Error> {
        let selection = component.selection;
        let (values, Some(present)) = component.block(x, y) else {
            return Ok(());
        };
        let one = 1_i16 << self.shift;
        // The coefficients of the band that are not 0, without those that were passed.
        let mut ahead = *present & (u64::MAX >> (63 - self.last)) & (u64::MAX << self.first);
        let mut index = self.first;
        while *blocks_to_end == 0 && index <= self.last {
            bits.ensure();
            let symbol = u32::from(bits.symbol(&self.table)?);
            let (mut run, size) = (symbol >> 4, symbol & 15);
            let new = match (run, size) {
                (15, 0) => None,
                (_, 0) => {
                    *blocks_to_end = (1 << run) + bits.number(run);
                    break;
                }
                (_, 1) => Some(if bits.bit() { one } else { -one }),
                _ => return Err(Error::Corrupt("a refinement of more than one bit")),
            };
            // To the coefficient after `run` that are 0.
            loop {
                let next = ahead.trailing_zeros();
                if ahead == 0 || index + run < next {
                    index += run;
                    break;
                }
                run -= next - index;
                increase(bits, selection, values, next, one);
                ahead &= ahead - 1;
                index = next + 1;
            }
            if let Some(new) = new {
                if index > self.last {
                    return Err(TOO_MANY);
                }
                *present |= 1 << index;
                let slot = selection.slot(index as usize);
                if let Some(value) = slot.and_then(|slot| values.get_mut(slot)) {
                    *value = new;
                }
            }
            index += 1;
        }
        if *blocks_to_end > 0 {
            *blocks_to_end -= 1;
            while ahead != 0 {
                increase(bits, selection, values, ahead.trailing_zeros(), one);
                ahead &= ahead - 1;
            }
        }
        Ok(())
    }
}

/// Reads whether to increase the magnitude of a coefficient, and does it.
#[inline]
fn increase(bits: &mut Bits<'_>, selection: &Selection, values: &mut [i16], index: u32, one: i16) {
    let slot = selection.slot(index as usize);
    if bits.bit()
        && let Some(value) = slot.and_then(|slot| values.get_mut(slot))
        && *value & one == 0
    {
        *value = value.wrapping_add(if *value < 0 { -one } else { one });
    }
}

/// Coefficients of valid files fit.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "others can have any value")]
fn low_bits(value: i32) -> i16 {
    value as i16
}

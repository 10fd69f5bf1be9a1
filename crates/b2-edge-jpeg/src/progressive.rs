//! Scans of progressive frames (T.81, annex G): each adds some coefficients of all blocks, or a bit to them.

use crate::bits::{Bits, TOO_MANY};
use crate::coefficients::Coefficients;
use crate::error::Error;
use crate::huffman::{Codes, Huffman};
use crate::layout::Layout;
use crate::scan::Scan;
use crate::walk::{Carry, Source, Watch, each_block};

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
            if scan.is_refinement {
                band.refine(bits, carry, component, (place.x, place.y))
            } else {
                band.first(bits, carry, component, (place.x, place.y))
            }
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

impl Band {
    /// T.81, G.1.2.2.
    #[inline]
    fn first(
        &self,
        bits: &mut Bits<'_>,
        carry: &mut Carry,
        component: &mut Coefficients,
        (x, y): (usize, usize),
    ) -> Result<(), Error> {
        if carry.blocks_to_end > 0 {
            carry.blocks_to_end -= 1;
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
                    carry.blocks_to_end = (1 << run) - 1 + bits.number(run);
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
    #[inline]
    fn refine(
        &self,
        bits: &mut Bits<'_>,
        carry: &mut Carry,
        component: &mut Coefficients,
        (x, y): (usize, usize),
    ) -> Result<(), Error> {
        let selection = component.selection;
        let (values, Some(present)) = component.block(x, y) else {
            return Ok(());
        };
        let one = 1_i16 << self.shift;
        let before = *present;
        let mut index = self.first;
        let increase = |bits: &mut Bits<'_>, values: &mut [i16], index: u32| {
            let slot = selection.slot(index as usize);
            if bits.bit()
                && let Some(value) = slot.and_then(|slot| values.get_mut(slot))
                && *value & one == 0
            {
                *value = value.wrapping_add(if *value < 0 { -one } else { one });
            }
        };
        while carry.blocks_to_end == 0 && index <= self.last {
            bits.ensure();
            let symbol = u32::from(bits.symbol(&self.table)?);
            let (mut run, size) = (symbol >> 4, symbol & 15);
            let new = match (run, size) {
                (15, 0) => None,
                (_, 0) => {
                    carry.blocks_to_end = (1 << run) + bits.number(run);
                    break;
                }
                (_, 1) => Some(if bits.bit() { one } else { -one }),
                _ => return Err(Error::Corrupt("a refinement of more than one bit")),
            };
            while index <= self.last {
                if before >> index & 1 != 0 {
                    increase(bits, values, index);
                } else if run == 0 {
                    break;
                } else {
                    run -= 1;
                }
                index += 1;
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
        if carry.blocks_to_end > 0 {
            carry.blocks_to_end -= 1;
            while index <= self.last {
                if before >> index & 1 != 0 {
                    increase(bits, values, index);
                }
                index += 1;
            }
        }
        Ok(())
    }
}

/// Coefficients of valid files fit.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "others can have any value")]
fn low_bits(value: i32) -> i16 {
    value as i16
}

//! The order of the blocks in a scan, with its restart intervals (T.81, A.2 and E.2.4).

use std::ops::ControlFlow;

use crate::bits::Bits;
use crate::error::Error;
use crate::layout::Layout;
use crate::limits::Progress;
use crate::scan::Scan;

/// The caller's function that follows and stops decoding.
pub(crate) type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;

/// What decoders of blocks carry from block to block. Restart markers reset it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Carry {
    /// The last DC coefficient of each member of the scan.
    pub(crate) predictions: [i32; 4],
    /// The blocks that follow without a new coefficient, in a progressive scan.
    pub(crate) blocks_to_end: u32,
}

/// The place of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The index of the component among the members of the scan.
    pub(crate) member: usize,
    /// The index of the block in its row.
    pub(crate) x: usize,
    /// The index of the row of blocks.
    pub(crate) y: usize,
}

/// The entropy-coded data of a scan.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// The file.
    pub(crate) data: &'a [u8],
    /// Where the data of the scan begins.
    pub(crate) position: usize,
    /// The MCUs between two restart markers; 0 if there are none.
    pub(crate) restart_interval: usize,
}

/// Decodes each block of a scan. Returns the position after the last.
///
/// # Errors
///
/// Those of `decode`; [`Error::Truncated`] or [`Error::Corrupt`] if data or a restart marker is missing;
/// [`Error::Stopped`].
pub(crate) fn each_block(
    scan: &Scan,
    layout: &Layout,
    source: Source<'_>,
    watch: &mut Watch<'_>,
    mut decode: impl FnMut(&mut Bits<'_>, &mut Carry, Place) -> Result<(), Error>,
) -> Result<usize, Error> {
    let shape = Shape::of(scan, layout);
    let mut bits = Bits::new(source.data, source.position);
    let mut carry = Carry::default();
    let (mut mcu, mut restarts) = (0, 0);
    for mcu_y in 0..shape.mcus_y {
        for mcu_x in 0..shape.mcus_x {
            if mcu == source.restart_interval && source.restart_interval > 0 {
                bits.restart(restarts)?;
                carry = Carry::default();
                restarts += 1;
                mcu = 0;
            }
            mcu += 1;
            for (member, &(horizontal, vertical)) in shape.members.iter().enumerate() {
                for row in 0..vertical {
                    for column in 0..horizontal {
                        let place = Place {
                            member,
                            x: mcu_x * horizontal + column,
                            y: mcu_y * vertical + row,
                        };
                        // After the end of the data, nothing is expected to be valid.
                        decode(&mut bits, &mut carry, place)
                            .map_err(|error| bits.check().err().unwrap_or(error))?;
                    }
                }
            }
        }
        bits.check()?;
        let progress = Progress {
            done: bits.position(),
            total: source.data.len(),
        };
        if watch(progress).is_break() {
            return Err(Error::Stopped);
        }
    }
    Ok(bits.end())
}

/// The MCUs of a scan.
struct Shape {
    mcus_x: usize,
    mcus_y: usize,
    /// For each member, the blocks of an MCU, horizontally and vertically.
    members: Vec<(usize, usize)>,
}

impl Shape {
    fn of(scan: &Scan, layout: &Layout) -> Self {
        let grids = scan.members.iter();
        let grids: Vec<_> = grids
            .filter_map(|member| layout.grids.get(member.component))
            .collect();
        match grids.as_slice() {
            // A component alone has MCUs of one block, and no blocks that only complete an MCU.
            [only] => Self {
                mcus_x: only.own_blocks_x,
                mcus_y: only.own_blocks_y,
                members: vec![(1, 1)],
            },
            several => Self {
                mcus_x: layout.mcus_x,
                mcus_y: layout.mcus_y,
                members: several
                    .iter()
                    .map(|grid| (grid.horizontal, grid.vertical))
                    .collect(),
            },
        }
    }
}

//! The scan header (T.81, B.2.3).

use crate::error::Error;
use crate::frame::Frame;

/// A component in a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// The index of the component in the frame.
    pub(crate) component: usize,
    /// The destination of its table for DC coefficients.
    pub(crate) dc: u8,
    /// The destination of its table for AC coefficients.
    pub(crate) ac: u8,
}

/// A scan header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scan {
    /// 1 to 4 different components, in the order of their blocks.
    pub(crate) members: Vec<Member>,
    /// The first coefficient of a progressive scan, in the order of the file.
    pub(crate) first: u8,
    /// The last coefficient of a progressive scan, 63 at most.
    pub(crate) last: u8,
    /// Whether a progressive scan adds a bit to coefficients of earlier scans.
    pub(crate) is_refinement: bool,
    /// How many low bits of the coefficients are not in this scan, 13 at most.
    pub(crate) shift: u8,
}

impl Scan {
    /// Reads an SOS segment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] for values that the frame does not allow.
    pub(crate) fn read(payload: &[u8], frame: &Frame) -> Result<Self, Error> {
        const SHORT: Error = Error::Corrupt("a scan header is too short");
        let (&count, rest) = payload.split_first().ok_or(SHORT)?;
        if !matches!(count, 1..=4) {
            return Err(Error::Corrupt("a scan does not have 1 to 4 components"));
        }
        let (selectors, rest) = rest.split_at_checked(2 * usize::from(count)).ok_or(SHORT)?;
        let mut members = Vec::with_capacity(4);
        for &[id, tables] in selectors.as_chunks().0 {
            let member = Member {
                component: unused(frame, &members, id)?,
                dc: tables >> 4,
                ac: tables & 15,
            };
            if member.dc > 3 || member.ac > 3 {
                return Err(Error::Corrupt("a scan has no such Huffman table"));
            }
            members.push(member);
        }
        let &[first, last, approximation, ..] = rest else {
            return Err(SHORT);
        };
        let mut scan = Self {
            members,
            first,
            last,
            is_refinement: approximation >> 4 != 0,
            shift: approximation & 15,
        };
        if frame.is_progressive {
            scan.check_progression(approximation >> 4)?;
        } else {
            // Fixed by the standard; libjpeg ignores other values too.
            (scan.first, scan.last, scan.is_refinement, scan.shift) = (0, 63, false, 0);
        }
        scan.check_size(frame)?;
        Ok(scan)
    }

    /// Whether the blocks of several components alternate.
    pub(crate) fn is_interleaved(&self) -> bool {
        self.members.len() > 1
    }

    /// `high` is the position of the last bit of earlier scans, or 0 for the first scan.
    fn check_progression(&self, high: u8) -> Result<(), Error> {
        let is_possible = if self.first == 0 {
            self.last == 0
        } else {
            self.first <= self.last && self.last <= 63 && !self.is_interleaved()
        };
        let is_next_bit = high == 0 || high == self.shift + 1;
        if is_possible && is_next_bit && self.shift <= 13 {
            Ok(())
        } else {
            Err(Error::Corrupt("a scan has an impossible range"))
        }
    }

    /// T.81, B.2.3: at most 10 blocks in an interleaved MCU. libjpeg demands it too.
    fn check_size(&self, frame: &Frame) -> Result<(), Error> {
        let components = self.members.iter();
        let blocks: u32 = components
            .filter_map(|member| frame.components.get(member.component))
            .map(|component| u32::from(component.horizontal) * u32::from(component.vertical))
            .sum();
        if self.is_interleaved() && blocks > 10 {
            return Err(Error::Corrupt("a scan has more than 10 blocks in an MCU"));
        }
        Ok(())
    }
}

/// The index of the component with an identifier that is not yet in the scan.
fn unused(frame: &Frame, members: &[Member], id: u8) -> Result<usize, Error> {
    let components = frame.components.iter();
    components
        .enumerate()
        .filter(|(index, _)| members.iter().all(|member| member.component != *index))
        .find(|(_, component)| component.id == id)
        .map(|(index, _)| index)
        .ok_or(Error::Corrupt("a scan has a component that is not there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Component;

    fn frame(is_progressive: bool, factors: u8) -> Frame {
        let component = |id| Component {
            id,
            horizontal: factors,
            vertical: 1,
            table: 0,
        };
        Frame {
            width: 8,
            height: 8,
            is_progressive,
            components: [1, 2, 3].map(component).to_vec(),
        }
    }

    #[test]
    fn members_and_range_are_read() {
        let scan = Scan::read(&[1, 2, 0x13, 6, 63, 0x21], &frame(true, 1)).expect("a scan");
        let member = Member {
            component: 1,
            dc: 1,
            ac: 3,
        };
        let expected = Scan {
            members: vec![member],
            first: 6,
            last: 63,
            is_refinement: true,
            shift: 1,
        };
        assert_eq!(scan, expected);
    }

    #[test]
    fn a_sequential_scan_has_all_coefficients_whatever_it_says() {
        let scan = Scan::read(&[1, 1, 0, 6, 70, 0xff], &frame(false, 1)).expect("a scan");
        assert_eq!(
            (scan.first, scan.last, scan.is_refinement, scan.shift),
            (0, 63, false, 0)
        );
    }

    #[test]
    fn an_impossible_scan_is_corrupt() {
        let cases: [(&str, &[u8], u8); 13] = [
            ("no bytes", &[], 1),
            ("no components", &[0, 0, 0, 0], 1),
            ("five components", &[5; 20], 1),
            ("too short", &[1, 1, 0, 0, 0], 1),
            ("an unknown component", &[1, 9, 0, 0, 0, 0], 1),
            ("a component twice", &[2, 1, 0, 1, 0, 0, 0, 0], 1),
            ("a fifth table", &[1, 1, 0x40, 0, 0, 0], 1),
            ("DC and AC together", &[1, 1, 0, 0, 5, 0], 1),
            ("the last before the first", &[1, 1, 0, 6, 5, 0], 1),
            ("a 65th coefficient", &[1, 1, 0, 6, 64, 0], 1),
            ("AC of two components", &[2, 1, 0, 2, 0, 1, 5, 0], 1),
            ("a bit that is not the next", &[1, 1, 0, 1, 5, 0x31], 1),
            ("12 blocks in an MCU", &[3, 1, 0, 2, 0, 3, 0, 0, 0, 0], 4),
        ];
        for (name, payload, factors) in cases {
            let read = Scan::read(payload, &frame(true, factors));
            assert!(matches!(read, Err(Error::Corrupt(_))), "{name}: {read:?}");
        }
    }
}
